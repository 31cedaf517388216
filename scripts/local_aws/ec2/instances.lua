-- EC2 instances, as they are kept and found.

local fault = require "local_aws.fault"
local json = require "json"
local listing = require "local_aws.ec2.listing"
local state = require "local_aws.ec2.state"
local tags = require "local_aws.ec2.tags"
local time = require "time"

local instances = {}

instances.schema = [[
CREATE TABLE IF NOT EXISTS ec2_instances (
  number INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, launched_us INTEGER NOT NULL,
  states TEXT NOT NULL, definition TEXT NOT NULL, forgotten_us INTEGER, UNIQUE (account, region, id)
);
CREATE INDEX IF NOT EXISTS ec2_instances_forgotten ON ec2_instances (forgotten_us) WHERE forgotten_us IS NOT NULL;
CREATE INDEX IF NOT EXISTS ec2_instances_page ON ec2_instances (account, region, number);
]]

-- Keeps an instance; whoever makes one with all that belongs to it calls ec2/launch.lua.
function instances.insert(call, id, definition, tag_map, states)
  call.world.db:run([[INSERT INTO ec2_instances (account, region, id, launched_us, states, definition, forgotten_us)
    VALUES (?, ?, ?, ?, ?, ?, ?)]], call.account, call.region, id, states[1][1], json.encode(states), json.encode(definition),
    state.forgotten_at(states))
  tags.put(call.world.db, call.account, call.region, id, tag_map)
end

local function read_row(row, now)
  local instance = { id = row.id, number = row.number, launched_us = row.launched_us, states = json.decode(row.states) }
  instance.state, instance.since_us = state.at(instance.states, now)
  instance.definition = json.decode(row.definition)
  return instance
end

-- The instance with this id as it is now: {id=, state=, since_us=, launched_us=, states=, definition=}; nil when EC2 does not
-- show it.
function instances.find(db, account, region, id, now)
  local row = db:first("SELECT * FROM ec2_instances WHERE account = ? AND region = ? AND id = ?", account, region, id)
  local instance = row and read_row(row, now or time.now_us())
  return instance and instance.state and instance or nil
end

function instances.save_states(db, account, region, id, states)
  db:run("UPDATE ec2_instances SET states = ?, forgotten_us = ? WHERE account = ? AND region = ? AND id = ?",
    json.encode(states), state.forgotten_at(states), account, region, id)
end

function instances.save_definition(call, instance)
  call.world.db:run("UPDATE ec2_instances SET definition = ? WHERE number = ?", json.encode(json.object(instance.definition)),
    instance.number)
end

-- Where an instance stands in its life: "to come", "on" or "over".
function instances.life(call, id, now)
  local row = call.world.db:first("SELECT states FROM ec2_instances WHERE account = ? AND region = ? AND id = ?", call.account,
    call.region, id)
  local states = row and json.decode(row.states)
  if states and states[1][1] > now then
    return "to come"
  end
  local current = states and state.at(states, now)
  return current and current ~= "terminated" and "on" or "over"
end

-- Changes an instance's life from `at_us` on: what = "terminate" | "stop" | "start".
function instances.change(db, account, region, id, what, at_us)
  local row = db:first("SELECT * FROM ec2_instances WHERE account = ? AND region = ? AND id = ?", account, region, id)
  if row then
    local states = json.decode(row.states)
    state[what](states, at_us)
    instances.save_states(db, account, region, id, states)
  end
end

-- EC2 tells a malformed id from one that is not there, and names all that are not there.
local function check_ids(ids, found)
  local missing = {}
  for _, id in ipairs(ids) do
    if not id:find("^i%-%x+$") or (#id ~= 19 and #id ~= 10) then
      fault.raise("InvalidInstanceID.Malformed", ('Invalid id: "%s"'):format(id))
    end
  end
  for _, id in ipairs(ids) do
    if not found[id] then
      missing[#missing + 1] = id
    end
  end
  if #missing == 1 then
    fault.raise("InvalidInstanceID.NotFound", ("The instance ID '%s' does not exist"):format(missing[1]))
  elseif missing[1] then
    fault.raise("InvalidInstanceID.NotFound", ("The instance IDs '%s' do not exist"):format(table.concat(missing, ", ")))
  end
end

-- The instances of these ids, in their order; raises as EC2 does when one is not there.
function instances.by_ids(call, ids, now)
  local found, list = {}, {}
  for _, id in ipairs(ids) do
    if not found[id] then
      found[id] = instances.find(call.world.db, call.account, call.region, id, now)
      list[#list + 1] = found[id]
    end
  end
  check_ids(ids, found)
  return list
end

-- Deletes what EC2 shows no more: a history that pages would have to pass over.
local function forget(db, now)
  for _, row in ipairs(db:all("SELECT number, account, region, id FROM ec2_instances WHERE forgotten_us < ?", now)) do
    db:run("DELETE FROM ec2_instances WHERE number = ?", row.number)
    tags.remove_all(db, row.account, row.region, row.id)
  end
end

-- The instances that a describe call asks for, each as show(instance, tags) gives it, and the token of the next page.
-- call.input: InstanceIds, MaxResults, NextToken.
function instances.select(call, now, show)
  local wanted, db = call.input.InstanceIds, call.world.db
  if wanted and wanted[1] then
    local list, tag_lists = {}, tags.of(db, call.account, call.region, wanted)
    for _, instance in ipairs(instances.by_ids(call, wanted, now)) do
      list[#list + 1] = show(instance, tag_lists[instance.id])
    end
    return list
  end
  forget(db, now)
  return listing.of_table(call, "ec2_instances", call.input.MaxResults or 1000, function(rows)
    local shown, row_ids = {}, {}
    for index, row in ipairs(rows) do
      row_ids[index] = row.id
    end
    local tag_lists = tags.of(db, call.account, call.region, row_ids)
    for index, row in ipairs(rows) do
      local instance = read_row(row, now)
      shown[index] = instance.state and show(instance, tag_lists[row.id]) or false
    end
    return shown
  end)
end

return instances
