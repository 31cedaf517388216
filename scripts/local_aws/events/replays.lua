-- Replays: archived events, brought to the rules of their bus once more, with the replay's name in them. They run in the
-- background; one that a restart interrupted begins again.

local archives = require "local_aws.events.archives"
local buses = require "local_aws.events.buses"
local delivery = require "local_aws.events.delivery"
local fault = require "local_aws.fault"
local json = require "json"
local paging = require "local_aws.events.paging"
local task = require "task"
local time = require "time"

local replays = {}

replays.schema = [[
CREATE TABLE IF NOT EXISTS events_replays (
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, started_us INTEGER NOT NULL,
  ended_us INTEGER, definition TEXT NOT NULL, PRIMARY KEY (account, region, name)
) WITHOUT ROWID;
]]

-- Seconds from StartReplay to the first event.
local STARTING = 2

local function set_state(db, row, state)
  db:run("UPDATE events_replays SET state = ?, ended_us = ? WHERE account = ? AND region = ? AND name = ?", state,
    state ~= "RUNNING" and time.now_us() or nil, row.account, row.region, row.name)
end

local function reload(db, row)
  return db:first("SELECT * FROM events_replays WHERE account = ? AND region = ? AND name = ?", row.account, row.region,
    row.name)
end

-- Does a rule stand in the filter of the destination? Without one all do.
local function wanted_rules(definition)
  local wanted
  for _, arn in ipairs(definition.Destination.FilterArns or {}) do
    wanted = wanted or {}
    wanted[arn:match("([^/]+)$")] = true
  end
  return wanted
end

local function play(world, row)
  local definition = json.decode(row.definition)
  set_state(world.db, row, "RUNNING")
  local bus = definition.Destination.Arn:match("event%-bus/(.+)$")
  for _, kept in ipairs(world.db:all([[SELECT event FROM events_archived WHERE account = ? AND region = ? AND archive = ?
    AND at_us >= ? AND at_us < ? ORDER BY number]], row.account, row.region, definition.archive,
    math.floor(definition.EventStartTime * 1e6), math.floor(definition.EventEndTime * 1e6))) do
    local event = json.decode(kept.event)
    event["replay-name"] = row.name
    delivery.to_rules(world, { account = row.account, region = row.region }, bus, event, wanted_rules(definition))
  end
  set_state(world.db, row, "COMPLETED")
end

local function run(world, row)
  world.background(function()
    task.sleep(math.max(0, row.started_us / 1e6 + STARTING - time.now()))
    local now = reload(world.db, row)
    if now and now.state == "CANCELLING" then
      set_state(world.db, row, "CANCELLED")
    elseif now then
      world.db:transaction(play, world, now)
    end
  end)
end

function replays.begin(world)
  for _, row in ipairs(world.db:all "SELECT * FROM events_replays WHERE state IN ('STARTING', 'RUNNING', 'CANCELLING')") do
    run(world, row)
  end
end

local function arn(row)
  return ("arn:aws:events:%s:%s:replay/%s"):format(row.region, row.account, row.name)
end

local function get(call)
  local name = call.input.ReplayName
  return reload(call.world.db, { account = call.account, region = call.region, name = name })
    or fault.raise("ResourceNotFoundException", ("Replay %s does not exist."):format(name))
end

local function seconds(us)
  return us and us // 1000 / 1000
end

local function described(row)
  local definition = json.decode(row.definition)
  return {
    ReplayName = row.name, EventSourceArn = definition.EventSourceArn, State = row.state,
    EventStartTime = definition.EventStartTime, EventEndTime = definition.EventEndTime,
    ReplayStartTime = seconds(row.started_us),
    ReplayEndTime = seconds(row.ended_us), EventLastReplayedTime = row.state == "COMPLETED" and definition.EventEndTime or nil,
  }
end

local function check(call)
  local input = call.input
  local bus = input.Destination.Arn:match("event%-bus/(.+)$")
    or fault.raise("ValidationException", "Parameter Destination.Arn is not valid. Reason: Must contain an event bus ARN.")
  buses.name(call, bus)
  local name = input.EventSourceArn:match("archive/([^:/]+)")
    or fault.raise("ValidationException", "Parameter EventSourceArn is not valid. Reason: Must contain an archive ARN.")
  local archive = archives.find(call, name) or fault.raise("ValidationException",
    ("Parameter EventSourceArn is not valid. Reason: Archive %s does not exist."):format(name))
  if bus ~= archive.bus then
    fault.raise("ValidationException",
      "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.")
  elseif input.EventStartTime >= input.EventEndTime then
    fault.raise("ValidationException",
      "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.")
  end
  return name
end

local operations = {}

function operations.StartReplay(call)
  local input, db = call.input, call.world.db
  local archive = check(call)
  local row = { account = call.account, region = call.region, name = input.ReplayName, started_us = time.now_us() }
  if reload(db, row) then
    fault.raise("ResourceAlreadyExistsException", ("Replay %s already exists."):format(row.name))
  end
  db:run([[INSERT INTO events_replays (account, region, name, state, started_us, definition)
    VALUES (?, ?, ?, 'STARTING', ?, ?)]], row.account, row.region, row.name, row.started_us, json.encode {
      archive = archive, EventSourceArn = input.EventSourceArn, EventStartTime = input.EventStartTime,
      EventEndTime = input.EventEndTime, Destination = input.Destination, Description = input.Description,
    })
  run(call.world, row)
  return { ReplayArn = arn(row), State = "STARTING", ReplayStartTime = seconds(row.started_us) }
end

function operations.DescribeReplay(call)
  local row = get(call)
  local shown, definition = described(row), json.decode(row.definition)
  shown.ReplayArn, shown.Destination, shown.Description = arn(row), definition.Destination, definition.Description
  return shown
end

function operations.ListReplays(call)
  local input, list = call.input, {}
  if (input.NamePrefix and 1 or 0) + (input.State and 1 or 0) + (input.EventSourceArn and 1 or 0) > 1 then
    fault.raise("ValidationException", "At most one filter is allowed for ListReplays. Use either : State, EventSourceArn, or "
      .. "NamePrefix.")
  end
  for _, row in ipairs(call.world.db:all("SELECT * FROM events_replays WHERE account = ? AND region = ? ORDER BY name",
    call.account, call.region)) do
    local shown = described(row)
    if (not input.NamePrefix or row.name:sub(1, #input.NamePrefix) == input.NamePrefix)
      and (not input.State or input.State == shown.State)
      and (not input.EventSourceArn or input.EventSourceArn == shown.EventSourceArn) then
      list[#list + 1] = shown
    end
  end
  local items, token = paging.cut(list, input)
  return { Replays = items, NextToken = token }
end

function operations.CancelReplay(call)
  local row = get(call)
  if row.state ~= "STARTING" and row.state ~= "RUNNING" then
    fault.raise("IllegalStatusException", ("Replay %s is not in a valid state for this operation."):format(row.name))
  end
  call.world.db:run("UPDATE events_replays SET state = 'CANCELLING' WHERE account = ? AND region = ? AND name = ?", row.account,
    row.region, row.name)
  return { ReplayArn = arn(row), State = "CANCELLING" }
end

replays.operations = operations

return replays
