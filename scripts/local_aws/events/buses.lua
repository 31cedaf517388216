-- Event buses. The bus `default` is there without being made.

local fault = require "local_aws.fault"
local json = require "json"
local paging = require "local_aws.events.paging"
local tags = require "local_aws.events.tags"
local time = require "time"

local buses = {}

buses.schema = [[
CREATE TABLE IF NOT EXISTS events_buses (
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, made_us INTEGER NOT NULL, changed_us INTEGER NOT NULL,
  description TEXT, policy TEXT, PRIMARY KEY (account, region, name)
) WITHOUT ROWID;
]]

-- The ARN of a bus.
local function arn(call, name)
  return ("arn:aws:events:%s:%s:event-bus/%s"):format(call.region, call.account, name)
end

-- The default bus is as old as the account; it has a row only when something of it was changed.
local LONG_AGO = 1451606400000000

local function find(call, name)
  local row = call.world.db:first("SELECT * FROM events_buses WHERE account = ? AND region = ? AND name = ?", call.account,
    call.region, name)
  return row or name == "default" and { name = "default", made_us = LONG_AGO, changed_us = LONG_AGO } or nil
end

buses.find, buses.arn = find, arn

-- Keeps what was changed in a bus.
function buses.save(call, row)
  call.world.db:run([[INSERT OR REPLACE INTO events_buses (account, region, name, made_us, changed_us, description, policy)
    VALUES (?, ?, ?, ?, ?, ?, ?)]], call.account, call.region, row.name, row.made_us, time.now_us(), row.description,
      row.policy)
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
    Name = row.name, Arn = arn(call, row.name), Description = row.description, Policy = row.policy,
    CreationTime = row.made_us // 1000 / 1000, LastModifiedTime = row.changed_us // 1000 / 1000,
  }
end

local operations = {}

function operations.CreateEventBus(call)
  local name = call.input.Name
  if find(call, name) then
    fault.raise("ResourceAlreadyExistsException", ("Event bus %s already exists."):format(name))
  elseif name:find("^aws%.") then
    fault.raise("ResourceNotFoundException", ("Event source %s does not exist."):format(name))
  elseif name:find("/", 1, true) then
    fault.raise("ValidationException", "Event bus name must not contain '/'.")
  end
  buses.save(call, { name = name, made_us = time.now_us(), description = call.input.Description })
  tags.put(call, arn(call, name), call.input.Tags)
  return { EventBusArn = arn(call, name), Description = call.input.Description }
end

function operations.DescribeEventBus(call)
  return described(call, find(call, buses.name(call, call.input.Name)))
end

function operations.ListEventBuses(call)
  local prefix, found = call.input.NamePrefix or "", json.array {}
  local function add(row)
    found[#found + 1] = row.name:sub(1, #prefix) == prefix and described(call, row) or nil
  end
  add(find(call, "default"))
  for row in call.world.db:rows([[SELECT * FROM events_buses WHERE account = ? AND region = ? AND name <> 'default'
    ORDER BY name]], call.account, call.region) do
    add(row)
  end
  local items, token = paging.cut(found, call.input)
  return { EventBuses = items, NextToken = token }
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

function operations.UpdateEventBus(call)
  local row = find(call, buses.name(call, call.input.Name))
  row.description = call.input.Description or row.description
  buses.save(call, row)
  return { Arn = arn(call, row.name), Name = row.name, Description = row.description }
end

buses.operations = operations

return buses
