-- AWS Elastic Disaster Recovery. The parts are in drs/; here is what every call goes through: a region that was never
-- initialised answers nothing else, and recovery plans have come as far as the clock before anything is answered.

local agenda = require "local_aws.drs.agenda"
local driver = require "local_aws.drs.recovery_plans.driver"
local failures = require "local_aws.drs.failures"
local progress = require "local_aws.drs.recovery_plans.progress"
local time = require "time"
local timeline = require "local_aws.drs.timeline"

local PARTS = {
  "failback", "failback_launch", "jobs", "launch_actions", "launch_configuration", "network_recovery", "recovery",
  "recovery_instances", "recovery_plans.plans", "recovery_plans.steps", "recovery_plans.executions",
  "recovery_plans.execution_steps", "replication_changes", "replication_configuration", "snapshots", "source_networks",
  "source_servers", "staging", "tags", "templates", "termination",
}

local INITIALIZED = [[
CREATE TABLE IF NOT EXISTS drs_initialized (
  account TEXT NOT NULL, region TEXT NOT NULL, at_us INTEGER NOT NULL, PRIMARY KEY (account, region)
) WITHOUT ROWID;
]]

local ALWAYS = { InitializeService = true, ListTagsForResource = true, TagResource = true, UntagResource = true }

local function check_initialized(call)
  local row = call.world.db:first("SELECT 1 AS yes FROM drs_initialized WHERE account = ? AND region = ?", call.account,
    call.region)
  if not row then
    failures.uninitialized()
  end
end

local operations = {
  InitializeService = function(call)
    call.world.db:run("INSERT OR IGNORE INTO drs_initialized (account, region, at_us) VALUES (?, ?, ?)", call.account,
      call.region, time.now_us())
    return {}
  end,
}

local schema = { INITIALIZED, agenda.schema }
for _, part_name in ipairs(PARTS) do
  local part = require("local_aws.drs." .. part_name)
  schema[#schema + 1] = part.schema
  for name, operation in pairs(part.operations) do
    operations[name] = ALWAYS[name] and operation or function(call)
      check_initialized(call)
      progress.catch_up(call.world, time.now_us())
      return operation(call)
    end
  end
end

-- What control may change.
local function settings()
  local timings = {}
  for name, seconds in pairs(timeline.DEFAULTS) do
    timings[name] = seconds
  end
  return {
    -- Items of a page that asks for no size, and of any page at most.
    pageSize = 20, pageCap = 200,
    -- Decides the jitter of jobs, and how far it goes (0.05: five per cent up or down).
    seed = 1, jitter = 0.05,
    -- Seconds of each step of a job (drs/timeline.lua).
    timings = timings,
    -- Finished LAUNCH jobs have lost their recovery instances' ids, finished TERMINATE jobs their servers.
    hideRecoveryInstanceIds = true, emptyTerminateJobs = true,
    -- Quotas: replicating servers, and servers with the extended ones (which AWS raises on request).
    maxReplicatingServers = 300, maxSourceServers = 4000,
    -- Sends an event in the job log that no model has.
    unknownEvents = false,
  }
end

return {
  name = "drs", model = "drs", schema = table.concat(schema), operations = operations, settings = settings,
  start = function(world)
    driver.start(world)
    agenda.begin(world)
    require("local_aws.drs.snapshot_events").begin(world)
  end,
}
