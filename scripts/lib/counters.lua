-- Counting over all processes and executions, for policies: "no more than so many an hour".
--
-- A counter is an item in the execution table that keeps what was taken in the last span of time, so the limit holds for any
-- span and not only from full hour to full hour.

local aws   = require "aws"
local json  = require "json"
local lists = require "lib.lists"
local store = require "lib.store"
local time  = require "time"

local counters = {}

local TABLE = "EXECUTION_HISTORY_TABLE"
local ATTEMPTS = 10

local function key_of(name) return { executionId = "drsh-counter-" .. name, planId = "drsh" } end

-- Only if nobody else has taken something since `item` was read.
local function write(name, item, entries)
  local ok, problem = pcall(function()
    store.client():update_item {
      TableName = store.table(TABLE), Key = key_of(name), UpdateExpression = "SET #entries = :entries, #version = :next",
      ConditionExpression = item.version and "#version = :version" or "attribute_not_exists(#version)",
      ExpressionAttributeNames = { ["#entries"] = "entries", ["#version"] = "version" },
      ExpressionAttributeValues = { [":entries"] = entries, [":version"] = item.version, [":next"] = (item.version or 0) + 1 },
    }
  end)
  if ok then return true end
  if aws.is_error(problem, "ConditionalCheckFailedException") then return false end
  error(problem, 0)
end

--- Takes one of `limit` places in any `seconds` on end, for `id`: true; or false and the time at which a place is free. An id
-- keeps its place, so asking again costs none.
function counters.take(name, limit, seconds, id)
  for _ = 1, ATTEMPTS do
    local item, now = store.get(TABLE, key_of(name)) or {}, time.now()
    local entries = lists.filter(lists.of(item.entries), function(entry) return entry.at > now - seconds end)
    if lists.first(entries, function(entry) return entry.id == id end) then return true end
    if #entries >= limit then return false, entries[#entries - limit + 1].at + seconds end
    if write(name, item, lists.concat { entries, json.array { { id = id, at = now } } }) then return true end
  end
  error("the counter " .. name .. " changes faster than this request can count", 0)
end

return counters
