-- How a job of servers goes. Nothing has to run for a job to go on: every event with its time, and how each server ends, is
-- decided when it is started (drs/plan.lua), and what is asked later is compared with the clock. The durations are those of a
-- recorded drill of two small Linux servers (aws-samples/drs-tools, sample_result.json).
--
-- What a server does otherwise than succeed is its `behaviour`:
--   {launch="FAILED"} {conversion="FAILED"} {snapshot="FAILED" | "PREVIOUS"} {cleanup="FAILED"} {action="FAILED"} {skip=true}
--   {slow=factor} {attempts=N}: the failing step is tried N times; with {launch="RETRIED"} the last try succeeds
--   {cancel=seconds}: the whole job is cancelled so long after its start

local plan = require "local_aws.drs.plan"

local timeline = {}

-- Seconds.
timeline.DEFAULTS = {
  -- Recorded.
  job_start = 0.3, first_snapshot = 0.5, snapshot = 0.2, wait = 52, conversion = 187, before_launch = 0.5, launch = 294,
  job_end = 3,
  -- Reported: 14 minutes (johnjcousens/aws-elasticdrs-orchestrator, commit 1b236075).
  staging_conversion = 840,
  -- Assumed. `plan_validation` belongs to no job: an execution of a recovery plan is so long CREATED.
  cleanup = 20, terminate = 75, launch_action = 30, network_replication = 120, network_deploy = 180, network_update = 120,
  network_templates = 10, plan_validation = 1,
}

local ERRORS = {
  snapshot = "Failed to take an on-demand snapshot of the staging volumes: the source server has no consistent point in time.",
  conversion = "Conversion failed: the conversion server could not find a bootable system volume.",
  launch = "InsufficientInstanceCapacity: We currently do not have sufficient capacity in the Availability Zone you requested.",
  cleanup = "The previous recovery instance could not be terminated.",
}

-- A former drill's instance goes first.
local function clean(way)
  way:emit "CLEANUP_START"
  way.cleanup_starts_at = way.at
  way:pass "cleanup"
  if way.behaviour.cleanup == "FAILED" then
    way:emit("CLEANUP_FAIL", { rawError = ERRORS.cleanup })
  else
    way:emit "CLEANUP_END"
    way.cleanup_ends_at = way.at
  end
end

-- A snapshot of the latest data, else the previous one; false when there is neither.
local function snapshot(way)
  local server, asked = way.participant, way.behaviour.snapshot
  way:pass "first_snapshot"
  if server.snapshot_given then
    return true
  end
  way:emit "SNAPSHOT_START"
  way:pass "snapshot"
  if server.can_snapshot and not asked then
    way:emit "SNAPSHOT_END"
    return true
  end
  way:emit("SNAPSHOT_FAIL", { rawError = ERRORS.snapshot })
  if server.has_snapshot then
    way:emit(asked == "FAILED" and "USING_PREVIOUS_SNAPSHOT_FAILED" or "USING_PREVIOUS_SNAPSHOT")
  end
  return server.has_snapshot and asked ~= "FAILED"
end

local function convert(way)
  way:emit "CONVERSION_START"
  if way:try("conversion", "CONVERSION_FAIL", ERRORS.conversion) then
    return false
  end
  way:pass "conversion"
  way:emit("CONVERSION_END", { conversionServerID = way.participant.conversion_server,
    conversionProperties = way.participant.conversion_properties })
  return true
end

-- The actions run one after the other. One that is not optional takes the launch with it when it fails, and ends the row.
local function run_actions(way)
  way.runs = {}
  for index, action in ipairs(way.participant.actions or {}) do
    local started = way.at
    way:pass "launch_action"
    local failed = way.behaviour.action == "FAILED"
    way.runs[index] = { action = action, starts_at = started, ends_at = way.at, failed = failed }
    if failed and not action.optional then
      return false
    end
  end
  return true
end

local function launch(way)
  way:emit "LAUNCH_START"
  way.launch_starts_at = way.at
  if way:try("launch", "LAUNCH_FAILED", ERRORS.launch) then
    return false
  end
  way:pass "launch"
  way.launched_at = way.at
  -- LAUNCH_END is in no model, yet the service sends it.
  way:emit("LAUNCH_END", { targetInstanceID = way.participant.instance })
  return run_actions(way)
end

-- Goes all the way; true when the server was launched.
local function go(way)
  if way.behaviour.skip then
    way:emit "SERVER_SKIPPED"
    return false
  end
  if way.participant.former then
    clean(way)
  end
  if not snapshot(way) then
    return false
  end
  way:pass "wait"
  if not way.participant.fast then
    if not convert(way) then
      return false
    end
    way:pass "before_launch"
  end
  return launch(way)
end

-- When the job is cancelled, in seconds after its start; nil if it is not.
local function cancelled_after(servers)
  local first
  for _, server in ipairs(servers) do
    local seconds = server.behaviour and tonumber(server.behaviour.cancel)
    first = seconds and math.min(seconds, first or seconds) or first
  end
  return first
end

-- A LAUNCH job. servers: list of {id=, behaviour={}, former=id|nil (a drill's instance to clean first), snapshot_given=bool,
-- can_snapshot=bool, has_snapshot=bool, fast=bool, instance=id, conversion_server=id, conversion_properties=, actions=};
-- earliest: when it may start. Answers a plan, its ways with launch_starts_at=, launched_at=, cleanup_starts_at=,
-- cleanup_ends_at=, runs=.
function timeline.launch(settings, job_number, servers, earliest)
  local job = plan.new_job(settings, job_number, earliest or 0)
  for _, server in ipairs(servers) do
    local way = plan.new_way(settings, job_number, server, job.starts_at)
    plan.add_way(job, way, go(way) and "LAUNCHED" or "FAILED")
  end
  local cancelled = cancelled_after(servers)
  if cancelled and job.starts_at + cancelled < job.ends_at then
    plan.cancel(job, job.starts_at + cancelled)
  end
  return plan.end_job(settings, job_number, job)
end

-- A CREATE_CONVERTED_SNAPSHOT job in a staging account. servers: list of {id=, conversion_server=id}.
function timeline.convert(settings, job_number, servers)
  local job = plan.new_job(settings, job_number, 0)
  for _, server in ipairs(servers) do
    local way = plan.new_way(settings, job_number, server, job.starts_at)
    way:emit "SNAPSHOT_START"
    way:pass "snapshot"
    way:emit "SNAPSHOT_END"
    way:emit "CONVERSION_START"
    way:pass "staging_conversion"
    way:emit("CONVERSION_END", { conversionServerID = server.conversion_server })
    plan.add_way(job, way, "LAUNCHED")
  end
  return plan.end_job(settings, job_number, job)
end

-- A failback launch: the failback client converts the machine that it runs on, and boots it.
function timeline.fail_back(settings, job_number, servers)
  local job = plan.new_job(settings, job_number, 0)
  for _, server in ipairs(servers) do
    local way = plan.new_way(settings, job_number, server, job.starts_at)
    plan.add_way(job, way, convert(way) and launch(way) and "LAUNCHED" or "FAILED")
  end
  return plan.end_job(settings, job_number, job)
end

-- A TERMINATE job. instances: list of {id=, behaviour={}}. Only JOB_START and JOB_END are known to be sent.
function timeline.terminate(settings, job_number, instances)
  local job = plan.new_job(settings, job_number, 0)
  for _, instance in ipairs(instances) do
    local way = plan.new_way(settings, job_number, instance, job.starts_at)
    way:pass "terminate"
    plan.add_way(job, way, way.behaviour.terminate == "FAILED" and "FAILED" or "TERMINATED")
  end
  return plan.end_job(settings, job_number, job)
end

return timeline
