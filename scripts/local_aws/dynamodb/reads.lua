-- A page of items in the order of a table or an index: what Query and Scan have in common.
--
-- The database is read in small steps whose length follows the size of the items seen, until the page is full: a page's cost is
-- its own, whatever the table holds.

local capacity   = require "local_aws.dynamodb.capacity"
local codec      = require "local_aws.dynamodb.codec"
local evaluate   = require "local_aws.dynamodb.evaluate"
local items      = require "local_aws.dynamodb.items"
local json       = require "json"
local keys       = require "local_aws.dynamodb.keys"
local projection = require "local_aws.dynamodb.projection"
local size       = require "local_aws.dynamodb.size"
local sqlite     = require "sqlite"

local reads = {}

local FIRST_STEP = 16
local LONGEST_STEP = 1000

-- Each row source: columns, tables, and the columns that give its order.
local TABLE_SOURCE = {
  select = "SELECT i.id, i.item, i.size, i.size AS read_size, i.slot, i.hash, i.range "
    .. "FROM dynamodb_item i WHERE i.table_id = ?",
  order = { "i.slot", "i.hash", "i.range" },
}
local INDEX_SOURCE = {
  select = "SELECT i.id, i.item, i.size, e.size AS read_size, e.slot, e.hash, e.range, e.primary_key "
    .. "FROM dynamodb_index_entry e CROSS JOIN dynamodb_item i ON i.id = e.item_id WHERE e.index_id = ?",
  order = { "e.slot", "e.hash", "e.range", "e.primary_key" },
}

local function bound(parameter)
  return type(parameter) == "string" and sqlite.blob(parameter) or parameter
end

local function position(row, with_primary)
  return { row.slot, row.hash, row.range, with_primary and row.primary_key or nil }
end

-- The place of a start key in the order of a table or index.
function reads.position_of(table_, index, key)
  local place = keys.place(index or table_, key)
  return { place.slot, place.hash, place.range, index and keys.primary(table_, key) or nil }
end

-- One SELECT: the conditions, then what lies behind `after`, in order.
local function statement(source, request, after, limit)
  local sql, parameters = { source.select }, { (request.index or request.table).id }
  for _, condition in ipairs(request.conditions) do
    sql[#sql + 1] = "AND " .. source.order[1]:sub(1, 2) .. condition.sql
    for _, parameter in ipairs(condition) do
      parameters[#parameters + 1] = bound(parameter)
    end
  end
  local columns = table.concat(source.order, ", ")
  if after then
    sql[#sql + 1] = ("AND (%s) %s (%s)"):format(columns, request.backward and "<" or ">",
      ("?, "):rep(#source.order - 1) .. "?")
    for _, parameter in ipairs(after) do
      parameters[#parameters + 1] = bound(parameter)
    end
  end
  local direction = request.backward and " DESC" or ""
  sql[#sql + 1] = "ORDER BY " .. table.concat(source.order, direction .. ", ") .. direction .. " LIMIT ?"
  parameters[#parameters + 1] = limit
  return table.concat(sql, " "), parameters
end

local function next_step(read, bytes, remaining)
  local step = FIRST_STEP
  if read > 0 then
    step = (size.PAGE_LIMIT - bytes) // math.max(1, bytes // read) + 1
  end
  return math.max(1, math.min(step, remaining, LONGEST_STEP))
end

-- Reads until the page has `limit` rows or 1 MB -> rows, bytes read, the last row where the page was cut.
local function read_page(db, request)
  local source = request.index and INDEX_SOURCE or TABLE_SOURCE
  local rows, bytes, after = {}, 0, request.after
  local limit = request.limit or math.huge
  while true do
    local step = next_step(#rows, bytes, limit - #rows)
    step = math.tointeger(step) or LONGEST_STEP
    local sql, parameters = statement(source, request, after, step)
    local batch = db:all(sql, table.unpack(parameters))
    for _, row in ipairs(batch) do
      rows[#rows + 1] = row
      bytes = bytes + row.read_size
      if #rows >= limit or bytes >= size.PAGE_LIMIT then
        return rows, bytes, row
      end
    end
    if #batch < step then
      return rows, bytes, nil
    end
    after = position(batch[#batch], request.index ~= nil)
  end
end

-- Capacity units of a page: from the index what was read there, from the table what had to be fetched.
local function units_of(request, rows, bytes)
  if not request.index then
    return { table = size.read_units(bytes, request.consistent) }
  end
  local fetched = 0
  if request.fetch then
    for _, row in ipairs(rows) do
      fetched = fetched + size.read_units(row.size, request.consistent)
    end
  end
  return { table = fetched, indexes = { [request.index.name] = size.read_units(bytes, request.consistent) } }
end

-- request = {table=, index=|nil, conditions={{sql=, parameter...}...}, after= position|nil, backward=, limit=|nil,
--   filter= tree|nil, paths=|nil, count_only=, fetch= whole items though the index has less, consistent=,
--   capacity= ReturnConsumedCapacity}
-- -> the members of a Query's or Scan's answer
function reads.page(call, request)
  local rows, bytes, last = read_page(call.world.db, request)
  local found, count = json.array {}, 0
  local last_item
  for _, row in ipairs(rows) do
    local whole = codec.decode(row.item)
    last_item = whole
    local item = request.index and not request.fetch and items.project(request.index, whole) or whole
    if evaluate.condition(request.filter, item) then
      count = count + 1
      if not request.count_only then
        found[count] = request.paths and projection.apply(request.paths, item) or item
      end
    end
  end
  return {
    Items = not request.count_only and found or nil,
    Count = count,
    ScannedCount = #rows,
    LastEvaluatedKey = last and keys.extract(last_item, request.table, request.index) or nil,
    ConsumedCapacity = capacity.describe(request.capacity, request.table, units_of(request, rows, bytes)),
  }
end

return reads
