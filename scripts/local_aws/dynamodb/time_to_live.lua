-- DescribeTimeToLive, UpdateTimeToLive, and the going of items whose time is over.
--
-- Nothing runs by itself: whoever uses a table with a time to live first removes from it what is overdue.

local codec  = require "local_aws.dynamodb.codec"
local fault  = require "local_aws.fault"
local items  = require "local_aws.dynamodb.items"
local tables = require "local_aws.dynamodb.tables"

local time_to_live = { operations = {} }

local DELAY = 600 -- AWS removes an item some minutes after its time, at times much later
local OLDEST = 5 * 365 * 86400 -- what says "more than five years ago" is left alone: it is hardly a time
local MOST_AT_ONCE = 500

local function refuse(message)
  fault.raise("ValidationException", message)
end

function time_to_live.operations.DescribeTimeToLive(call)
  local table_ = tables.describe(call, call.input.TableName)
  local name = table_.definition.TimeToLiveAttribute
  return {
    TimeToLiveDescription = { TimeToLiveStatus = name and "ENABLED" or "DISABLED", AttributeName = name },
  }
end

local function set_expiry_of_all(call, table_)
  local db = call.world.db
  db:run("UPDATE dynamodb_item SET expires = NULL WHERE table_id = ? AND expires IS NOT NULL", table_.id)
  if not table_.definition.TimeToLiveAttribute then
    return
  end
  for _, row in ipairs(db:all("SELECT id FROM dynamodb_item WHERE table_id = ?", table_.id)) do
    local item = codec.decode(db:first("SELECT item FROM dynamodb_item WHERE id = ?", row.id).item)
    db:run("UPDATE dynamodb_item SET expires = ? WHERE id = ?", items.expiry(table_, item), row.id)
  end
end

function time_to_live.operations.UpdateTimeToLive(call)
  local specification = call.input.TimeToLiveSpecification
  local table_ = tables.describe(call, call.input.TableName)
  local definition, name = tables.edit(table_), specification.AttributeName
  local current = definition.TimeToLiveAttribute
  if specification.Enabled and current == name then
    refuse "TimeToLive is already enabled"
  elseif current and current ~= name then
    refuse("TimeToLive is active on a different AttributeName: current AttributeName is " .. current)
  elseif not specification.Enabled and not current then
    refuse "TimeToLive is already disabled"
  end
  definition.TimeToLiveAttribute = specification.Enabled and name or nil
  set_expiry_of_all(call, tables.replace(call, table_, definition, true))
  return { TimeToLiveSpecification = specification }
end

-- Removes overdue items, as many as one call can bear.
function time_to_live.sweep(call, table_)
  if not table_.definition.TimeToLiveAttribute then
    return
  end
  local db, now = call.world.db, math.floor(tables.now())
  local rows = db:all([[SELECT id, item, size FROM dynamodb_item WHERE table_id = ? AND expires BETWEEN ? AND ?
    ORDER BY expires LIMIT ?]], table_.id, now - OLDEST, now - DELAY, MOST_AT_ONCE)
  for _, row in ipairs(rows) do
    items.write(db, table_, { id = row.id, item = codec.decode(row.item), size = row.size }, nil)
  end
end

return time_to_live
