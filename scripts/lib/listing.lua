-- Executions newest first, over all pages.
--
-- The index is StatusStartTimeIndex: hash `status`, range `startTime`. Both are in every record, old ones too, so nothing has
-- to be filled in when the index is added, and no partition is written to by all: a change of status moves an item between
-- them. A page is a merge of the (15 at most) status words' streams. The place between two pages is (startTime, executionId)
-- of the last row and not a key of each stream: startTime never changes, so an execution that changes its status between two
-- pages is neither shown twice nor left out.

local accounts = require "lib.accounts"
local aws      = require "aws"
local json     = require "json"
local lists    = require "lib.lists"
local log      = require "log"
local status   = require "lib.status"
local store    = require "lib.store"
local task     = require "task"

local listing = {}

listing.INDEX = "StatusStartTimeIndex"
local TABLE = "EXECUTION_HISTORY_TABLE"

-- Newest first; within one second by id, so that the order is one and the same for every page.
local function before(a, b)
  if a.startTime ~= b.startTime then return a.startTime > b.startTime end
  return a.executionId < b.executionId
end

-- The filter of a query or scan, besides the status.
local function filter_of(question)
  local conditions, names, values = {}, {}, {}
  local function want(name, path, value)
    if not value then return end
    local parts = {}
    for part in path:gmatch("[^.]+") do
      names["#" .. part] = part
      parts[#parts + 1] = "#" .. part
    end
    conditions[#conditions + 1] = table.concat(parts, ".") .. " = :" .. name
    values[":" .. name] = value
  end
  want("plan", "planId", question.planId)
  want("kind", "executionType", question.executionType)
  want("account", "accountContext.accountId", question.accountId)
  if question.accountId and question.accountId == accounts.hub() then
    -- A record that names no account ran in ours.
    conditions[#conditions] = "(" .. conditions[#conditions] .. " OR attribute_not_exists(#accountContext.#accountId))"
  end
  if #conditions == 0 then return nil, names, values end
  return table.concat(conditions, " AND "), names, values
end

-- One status word's executions, newest first, read as far as they are asked for.
local function stream(word, question, place, limit)
  local filter, names, values = filter_of(question)
  names["#status"], values[":status"] = "status", word
  local condition = "#status = :status"
  if place then
    condition, names["#start"], values[":start"] = condition .. " AND #start <= :start", "startTime", place.startTime
  end
  local query = {
    TableName = store.table(TABLE), IndexName = listing.INDEX, ScanIndexForward = false, KeyConditionExpression = condition,
    FilterExpression = filter, ExpressionAttributeNames = names, ExpressionAttributeValues = values,
    -- With a filter DynamoDB counts what it threw away too; then a full page of 1 MB is the better question.
    Limit = not filter and limit or nil,
  }
  local rows, done = {}, false
  local self = {}

  local function read()
    local page = store.client():query(query)
    for _, item in ipairs(page.Items) do
      if not place or before(place, item) then rows[#rows + 1] = item end
    end
    query.ExclusiveStartKey = page.LastEvaluatedKey
    done = page.LastEvaluatedKey == nil
  end

  --- Reads until the first row is known for good: all of its second have been seen, so that they can be put in order.
  function self.fill()
    while not done and (#rows == 0 or rows[#rows].startTime == rows[1].startTime) do read() end
    table.sort(rows, before)
    return rows[1]
  end

  function self.next()
    local row = table.remove(rows, 1)
    self.fill()
    return row
  end

  return self
end

local function merged_page(question, place, limit)
  local words = question.status and status.stored_words(question.status) or status.all_words()
  local streams = task.map(words, function(word)
    local one = stream(word, question, place, limit + 1)
    one.fill()
    return one
  end)
  local page = json.array {}
  while #page <= limit do
    local newest, newest_row
    for _, one in ipairs(streams) do
      local row = one.fill()
      if row and (not newest_row or before(row, newest_row)) then newest, newest_row = one, row end
    end
    if not newest then break end
    page[#page + 1] = newest.next()
  end
  return page
end

-- A table of the old system without our index: all of it, sorted.
local function scanned_page(question, place, limit)
  local filter, names, values = filter_of(question)
  local words = lists.set(question.status and status.stored_words(question.status) or status.all_words())
  local scan = {
    TableName = store.table(TABLE), FilterExpression = filter,
    ExpressionAttributeNames = next(names) and names or nil, ExpressionAttributeValues = next(values) and values or nil,
  }
  local rows = json.array {}
  for item in store.client():items("scan", scan) do
    if words[item.status] and (not place or before(place, item)) then rows[#rows + 1] = item end
  end
  table.sort(rows, before)
  return json.array(table.move(rows, 1, math.min(#rows, limit + 1), 1, {}))
end

local function index_is_missing(problem)
  return aws.is_error(problem, "ValidationException", "ResourceNotFoundException")
    and tostring(problem.message):find("ndex", 1, true) ~= nil
end

--- One page: the executions, and the place after them (nil at the end).
function listing.page(question, place, limit)
  local ok, rows = pcall(merged_page, question, place, limit)
  if not ok then
    if not index_is_missing(rows) then error(rows, 0) end
    log.warn_once("the execution table has no " .. listing.INDEX .. "; the whole table is read and sorted for each page")
    rows = scanned_page(question, place, limit)
  end
  if #rows <= limit then return rows, nil end
  rows[#rows] = nil
  local last = rows[#rows]
  return rows, { startTime = last.startTime, executionId = last.executionId }
end

return listing
