-- Event buses. The bus `default` is there without being made.

local fault = require "local_aws.fault"
local json = require "json"
local time = require "time"

local buses = {}

buses.schema = [[
CREATE TABLE IF NOT EXISTS events_buses (
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, made_us INTEGER NOT NULL, description TEXT,
  PRIMARY KEY (account, region, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events_tags (
  arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (arn, key)
) WITHOUT ROWID;
]]

local function arn(call, name)
  return ("arn:aws:events:%s:%s:event-bus/%s"):format(call.region, call.account, name)
end

local function find(call, name)
  if name == "default" then
    return { name = "default", made_us = 0 }
  end
  return call.world.db:first("SELECT * FROM events_buses WHERE account = ? AND region = ? AND name = ?", call.account,
    call.region, name)
end

-- The name of a bus given by name, ARN or not at all; raises when there is no such bus.
function buses.name(call, text)
  local name = (text or "default"):match("^arn:aws[%w-]*:events:[^:]*:%d*:event%-bus/(.+)$") or text or "default"
  if not find(call, name) then
    fault.raise("ResourceNotFoundException", ("Event bus %s does not exist."):format(name))
  end
  return name
end

function buses.exists(call, text)
  return (pcall(buses.name, call, text))
end

local function described(call, row)
  return {
    Name = row.name, Arn = arn(call, row.name), Description = row.description,
    CreationTime = row.made_us > 0 and row.made_us // 1000 / 1000 or nil,
  }
end

local operations = {}

function operations.CreateEventBus(call)
  local name = call.input.Name
  if find(call, name) then
    fault.raise("ResourceAlreadyExistsException", ("Event bus %s already exists."):format(name))
  elseif name:find("/", 1, true) then
    fault.raise("ValidationException", "Event bus name must not contain '/'.")
  end
  call.world.db:run("INSERT INTO events_buses (account, region, name, made_us, description) VALUES (?, ?, ?, ?, ?)",
    call.account,
    call.region, name, time.now_us(), call.input.Description)
  return { EventBusArn = arn(call, name), Description = call.input.Description }
end

function operations.DescribeEventBus(call)
  return described(call, find(call, buses.name(call, call.input.Name)))
end

function operations.ListEventBuses(call)
  local list = json.array { described(call, find(call, "default")) }
  for row in call.world.db:rows("SELECT * FROM events_buses WHERE account = ? AND region = ? ORDER BY name", call.account,
    call.region) do
    list[#list + 1] = described(call, row)
  end
  local prefix, found = call.input.NamePrefix or "", json.array {}
  for _, bus in ipairs(list) do
    if bus.Name:sub(1, #prefix) == prefix then
      found[#found + 1] = bus
    end
  end
  return { EventBuses = found }
end

function operations.DeleteEventBus(call)
  local name = call.input.Name
  if name == "default" then
    fault.raise("ValidationException", "Cannot delete event bus default.")
  elseif call.world.db:first("SELECT 1 AS one FROM events_rules WHERE account = ? AND region = ? AND bus = ? LIMIT 1",
    call.account, call.region, name) then
    fault.raise("ValidationException", "Event bus can't be deleted since it has rules.")
  end
  call.world.db:run("DELETE FROM events_buses WHERE account = ? AND region = ? AND name = ?", call.account, call.region, name)
end

function operations.TagResource(call)
  for _, tag in ipairs(call.input.Tags) do
    call.world.db:run("INSERT OR REPLACE INTO events_tags (arn, key, value) VALUES (?, ?, ?)", call.input.ResourceARN, tag.Key,
      tag.Value)
  end
end

function operations.UntagResource(call)
  for _, key in ipairs(call.input.TagKeys) do
    call.world.db:run("DELETE FROM events_tags WHERE arn = ? AND key = ?", call.input.ResourceARN, key)
  end
end

function operations.ListTagsForResource(call)
  local list = json.array {}
  for row in call.world.db:rows("SELECT key, value FROM events_tags WHERE arn = ? ORDER BY key", call.input.ResourceARN) do
    list[#list + 1] = { Key = row.key, Value = row.value }
  end
  return { Tags = list }
end

buses.operations = operations

return buses
