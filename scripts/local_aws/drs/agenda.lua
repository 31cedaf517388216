-- What DRS does at a later time by itself: send an event, give launch templates a new version. What only has to be shown is
-- computed when it is asked for; this is for what others are told. Stored, so that a kill loses nothing: what became due
-- meanwhile is done at the next start.

local json = require "json"
local log = require "log"
local task = require "task"
local time = require "time"

local agenda = {}

agenda.schema = [[
CREATE TABLE IF NOT EXISTS drs_agenda (
  number INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, kind TEXT NOT NULL,
  data TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS drs_agenda_due ON drs_agenda (at_us, number);
]]

-- Kind -> function(call, data); call = {world=, account=, region=, at_us= when it was due}.
local kinds = {}

function agenda.define(kind, act)
  kinds[kind] = act
end

local events = setmetatable({}, { __mode = "k" })

local function event_of(world)
  events[world] = events[world] or task.event()
  return events[world]
end

-- Has `kind` done at `at_us` in the call's account and region.
function agenda.add(call, at_us, kind, data)
  call.world.db:run("INSERT INTO drs_agenda (at_us, account, region, kind, data) VALUES (?, ?, ?, ?, ?)", at_us, call.account,
    call.region, kind, json.encode(json.object(data)))
  event_of(call.world):set()
end

local function next_due(world)
  return world.db:first "SELECT * FROM drs_agenda ORDER BY at_us, number LIMIT 1"
end

-- One entry and its deletion are one transaction. What fails is logged and not tried again: it would fail for ever.
local function carry_out(world, row)
  world.db:run("DELETE FROM drs_agenda WHERE number = ?", row.number)
  local call = { world = world, account = row.account, region = row.region, at_us = row.at_us,
    principal = { arn = ("arn:aws:iam::%s:root"):format(row.account) } }
  local ok, problem = pcall(kinds[row.kind], call, json.decode(row.data))
  if not ok then
    log.error("something that DRS was to do by itself failed", { kind = row.kind, error = tostring(problem) })
  end
end

-- Does what becomes due, as long as the world lives.
function agenda.begin(world)
  world.background(function()
    local changed = event_of(world)
    while true do
      local row = next_due(world)
      local seconds = row and (row.at_us - time.now_us()) / 1e6
      if row and seconds <= 0 then
        world.db:transaction(carry_out, world, row)
      else
        changed:reset()
        changed:wait(seconds)
      end
    end
  end)
end

return agenda
