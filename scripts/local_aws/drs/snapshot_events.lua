-- Tells EventBridge of points in time that were taken: once a minute of the world's clock, while a rule waits for that.
-- Of several that one server took in a minute (of a fast clock) the last is told: delivery is best effort.

local events = require "local_aws.drs.events"
local json = require "json"
local pattern = require "local_aws.events.pattern"
local rules = require "local_aws.events.rules"
local snapshots = require "local_aws.drs.snapshots"
local source_servers = require "local_aws.drs.source_servers"
local task = require "task"
local time = require "time"

local snapshot_events = {}

local EVERY = 60

-- Does this rule want such events at all? What it says of single servers is not looked at.
local function is_interested(rule)
  local wanted = json.decode(rule.pattern)
  return pattern.matches({ source = wanted.source, ["detail-type"] = wanted["detail-type"] },
    { source = "aws.drs", ["detail-type"] = "DRS PIT Snapshot Taken" })
end

-- Accounts and regions with such a rule.
local function places(world)
  local found, seen = {}, {}
  for rule in world.db:rows([[SELECT account, region, pattern FROM events_rules WHERE bus = 'default' AND state <> 'DISABLED'
    AND pattern IS NOT NULL]]) do
    local key = rule.account .. "/" .. rule.region
    if not seen[key] and is_interested(rule) then
      seen[key] = true
      found[#found + 1] = { world = world, account = rule.account, region = rule.region }
    end
  end
  return found
end

local function tell(call, from_us, now)
  for row in call.world.db:rows([[SELECT id FROM drs_source_servers WHERE account = ? AND region = ?
    AND staging_account IS NULL]], call.account, call.region) do
    local server = source_servers.find(call, row.id)
    local at = snapshots.latest(server, now)
    if at and at > from_us then
      local snapshot = snapshots.describe(server, at)
      events.snapshot_taken(call, at, server.id, snapshot.snapshotID, snapshot.ebsSnapshots)
    end
  end
end

function snapshot_events.begin(world)
  world.background(function()
    local changed, before = rules.changed(world), time.now_us()
    while true do
      local waiting = places(world)
      if waiting[1] then
        task.sleep(EVERY - time.now_us() / 1e6 % EVERY)
        local now = time.now_us()
        for _, call in ipairs(waiting) do
          world.db:transaction(tell, call, before, now)
        end
        before = now
      else
        changed:reset()
        changed:wait()
        before = time.now_us()
      end
    end
  end)
end

return snapshot_events
