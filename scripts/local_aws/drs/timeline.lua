-- How a job goes, computed when it is started: every event with its time, and how each server ends. Nothing has to run for a
-- job to go on; what is asked later is compared with the clock. The durations are those of a recorded drill (two small Linux
-- servers), each with a jitter that the world's seed decides: the same job of the same world always goes the same way.
--
-- What a server does otherwise than succeed is its `behaviour`:
--   {launch="FAILED"} {conversion="FAILED"} {snapshot="FAILED" | "PREVIOUS"} {cleanup="FAILED"} {skip=true} {slow=factor}
--   {attempts=N}: the failing step is tried N times first; with {launch="RETRIED"} the last try succeeds

local crypto = require "crypto"

local timeline = {}

-- Seconds, as recorded. `plan_validation` belongs to no job: an execution of a recovery plan is so long CREATED (assumed).
timeline.DEFAULTS = {
  job_start = 0.3, cleanup = 20, first_snapshot = 0.5, snapshot = 0.2, wait = 52, conversion = 187, before_launch = 0.5,
  launch = 294, job_end = 3, terminate = 75, staging_conversion = 840, plan_validation = 1,
}

local ERRORS = {
  snapshot = "Failed to take an on-demand snapshot of the staging volumes: the source server has no consistent point in time.",
  conversion = "Conversion failed: the conversion server could not find a bootable system volume.",
  launch = "InsufficientInstanceCapacity: We currently do not have sufficient capacity in the Availability Zone you requested.",
  cleanup = "The previous recovery instance could not be terminated.",
}

-- A factor around 1, decided by the seed and what it is for.
local function jitter(settings, job_number, server_id, step)
  local hash = crypto.sha256(("%d/%d/%s/%s"):format(settings.seed, job_number, server_id, step))
  return 1 + (string.unpack(">I4", hash) / 2 ^ 31 - 1) * settings.jitter
end

-- One server's way through a job: a clock of its own and what it wrote down.
local Way = {}
Way.__index = Way

local function new_way(settings, job_number, server, start)
  return setmetatable({ settings = settings, job_number = job_number, server = server, at = start, events = {},
    behaviour = server.behaviour or {} }, Way)
end

function Way:pass(step)
  local factor = (self.behaviour.slow or 1) * jitter(self.settings, self.job_number, self.server.id, step)
  self.at = self.at + self.settings.timings[step] * factor
end

function Way:emit(event, data)
  data = data or {}
  data.sourceServerID = self.server.id
  self.events[#self.events + 1] = { at = self.at, event = event, data = data }
end

-- The tries of a step that fail: all of them, or all but the last. Answers whether the step failed.
function Way:try(step, event)
  local asked = self.behaviour[step]
  local failing = asked == "FAILED"
  local attempts = self.behaviour.attempts or (asked == "RETRIED" and 2 or 1)
  for attempt = 1, not asked and 0 or failing and attempts or attempts - 1 do
    self:pass(step)
    self:emit(event, { rawError = ERRORS[step], attemptCount = attempt, maxAttemptsCount = attempts })
  end
  return failing
end

-- A former drill's instance goes first.
function Way:clean()
  self:emit "CLEANUP_START"
  self.cleanup_starts_at = self.at
  self:pass "cleanup"
  if self.behaviour.cleanup == "FAILED" then
    self:emit("CLEANUP_FAIL", { rawError = ERRORS.cleanup })
  else
    self:emit "CLEANUP_END"
    self.cleanup_ends_at = self.at
  end
end

-- A snapshot of the latest data, else the previous one; false when there is neither.
function Way:snapshot()
  local server, asked = self.server, self.behaviour.snapshot
  self:pass "first_snapshot"
  if server.snapshot_given then
    return true
  end
  self:emit "SNAPSHOT_START"
  self:pass "snapshot"
  if server.can_snapshot and not asked then
    self:emit "SNAPSHOT_END"
    return true
  end
  self:emit("SNAPSHOT_FAIL", { rawError = ERRORS.snapshot })
  if server.has_snapshot then
    self:emit(asked == "FAILED" and "USING_PREVIOUS_SNAPSHOT_FAILED" or "USING_PREVIOUS_SNAPSHOT")
  end
  return server.has_snapshot and asked ~= "FAILED"
end

function Way:convert()
  self:emit "CONVERSION_START"
  if self:try("conversion", "CONVERSION_FAIL") then
    return false
  end
  self:pass "conversion"
  self:emit("CONVERSION_END", { conversionServerID = self.server.conversion_server })
  return true
end

function Way:launch()
  self:emit "LAUNCH_START"
  self.launch_starts_at = self.at
  if self:try("launch", "LAUNCH_FAILED") then
    return false
  end
  self:pass "launch"
  -- LAUNCH_END is in no model, yet the service sends it.
  self:emit("LAUNCH_END", { targetInstanceID = self.server.instance })
  return true
end

-- Goes all the way; true when the server was launched.
function Way:go()
  if self.behaviour.skip then
    self:emit "SERVER_SKIPPED"
    return false
  end
  if self.server.former then
    self:clean()
  end
  if not self:snapshot() then
    return false
  end
  self:pass "wait"
  if not self.server.fast then
    if not self:convert() then
      return false
    end
    self:pass "before_launch"
  end
  return self:launch()
end

local function new_job(settings, job_number, earliest)
  local start = earliest + settings.timings.job_start * jitter(settings, job_number, "", "job_start")
  return { starts_at = start, ends_at = start, ways = {}, events = { { at = start, event = "JOB_START", data = {} } } }
end

local function add_way(job, way, outcome)
  way.outcome, way.ends_at = outcome, way.at
  job.ways[way.server.id] = way
  job.ends_at = math.max(job.ends_at, way.ends_at)
  table.move(way.events, 1, #way.events, #job.events + 1, job.events)
end

local function end_job(settings, job_number, job)
  job.ends_at = job.ends_at + settings.timings.job_end * jitter(settings, job_number, "", "job_end")
  job.events[#job.events + 1] = { at = job.ends_at, event = "JOB_END", data = {} }
  return job
end

-- A LAUNCH job. servers: list of {id=, behaviour={}, former=id|nil (a drill's instance to clean first), snapshot_given=bool,
-- can_snapshot=bool, has_snapshot=bool, fast=bool, instance=id, conversion_server=id}; `earliest`: when it may start. Times are
-- seconds after the job's creation. Answers {starts_at=, ends_at=, events={{at=, event=, data=}},
-- ways={[server id] = {outcome=, ends_at=, launch_starts_at=, cleanup_starts_at=, cleanup_ends_at=}}}.
function timeline.launch(settings, job_number, servers, earliest)
  local job = new_job(settings, job_number, earliest or 0)
  for _, server in ipairs(servers) do
    local way = new_way(settings, job_number, server, job.starts_at)
    add_way(job, way, way:go() and "LAUNCHED" or "FAILED")
  end
  return end_job(settings, job_number, job)
end

-- A CREATE_CONVERTED_SNAPSHOT job in a staging account. servers: list of {id=, conversion_server=id}.
function timeline.convert(settings, job_number, servers)
  local job = new_job(settings, job_number, 0)
  for _, server in ipairs(servers) do
    local way = new_way(settings, job_number, server, job.starts_at)
    way:emit "SNAPSHOT_START"
    way:pass "snapshot"
    way:emit "SNAPSHOT_END"
    way:emit "CONVERSION_START"
    way:pass "staging_conversion"
    way:emit("CONVERSION_END", { conversionServerID = server.conversion_server })
    add_way(job, way, "LAUNCHED")
  end
  return end_job(settings, job_number, job)
end

-- A TERMINATE job. instances: list of {id=, behaviour={}}. Only JOB_START and JOB_END are known to be sent.
function timeline.terminate(settings, job_number, instances)
  local job = new_job(settings, job_number, 0)
  for _, instance in ipairs(instances) do
    local way = new_way(settings, job_number, instance, job.starts_at)
    way:pass "terminate"
    add_way(job, way, way.behaviour.terminate == "FAILED" and "FAILED" or "TERMINATED")
  end
  return end_job(settings, job_number, job)
end

return timeline
