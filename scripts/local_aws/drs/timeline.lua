-- How a job goes, computed when it is started: every event with its time, and how each server ends. Nothing has to run for a
-- job to go on; what is asked later is compared with the clock. The durations are those of a recorded drill (two small Linux
-- servers), each with a jitter that the world's seed decides: the same job of the same world always goes the same way.
--
-- What a server does otherwise than succeed is its `behaviour`:
--   {launch="FAILED"} {conversion="FAILED"} {snapshot="FAILED" | "PREVIOUS"} {cleanup="FAILED"} {skip=true} {slow=factor}
--   {attempts=N}: the failing step is tried N times first; with {launch="RETRIED"} the last try succeeds

local crypto = require "crypto"

local timeline = {}

-- Seconds, as recorded.
timeline.DEFAULTS = {
  job_start = 0.3, cleanup = 20, first_snapshot = 0.5, snapshot = 0.2, wait = 52, conversion = 187, before_launch = 0.5,
  launch = 294, job_end = 3, terminate = 75,
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

-- Writes down one server's way. `start` is when the job really starts.
local function server_way(settings, job_number, server, start)
  local behaviour = server.behaviour
  local at, events = start, {}
  local way = { events = events }

  local function seconds(step)
    return settings.timings[step] * (behaviour.slow or 1) * jitter(settings, job_number, server.id, step)
  end
  local function emit(event, data)
    data = data or {}
    data.sourceServerID = server.id
    events[#events + 1] = { at = at, event = event, data = data }
  end
  local function fail(reason)
    way.outcome, way.ends_at, way.error = "FAILED", at, reason
    return way
  end
  -- The tries of a step that fail: all of them, or all but the last.
  local function tries(step, event, failing)
    local attempts = behaviour.attempts or (failing and 1 or 2)
    for attempt = 1, failing and attempts or attempts - 1 do
      at = at + seconds(step)
      emit(event, { rawError = ERRORS[step], attemptCount = attempt, maxAttemptsCount = attempts })
    end
    return failing
  end

  if behaviour.skip then
    emit "SERVER_SKIPPED"
    return fail "SERVER_SKIPPED"
  end
  if server.former then
    emit "CLEANUP_START"
    way.cleanup_starts_at = at
    at = at + seconds "cleanup"
    if behaviour.cleanup == "FAILED" then
      emit("CLEANUP_FAIL", { rawError = ERRORS.cleanup })
    else
      emit "CLEANUP_END"
      way.cleanup_ends_at = at
    end
  end
  at = at + seconds "first_snapshot"
  if not server.snapshot_given then
    emit "SNAPSHOT_START"
    at = at + seconds "snapshot"
    if behaviour.snapshot == "FAILED" or not server.can_snapshot then
      emit("SNAPSHOT_FAIL", { rawError = ERRORS.snapshot })
      if behaviour.snapshot == "FAILED" or not server.has_snapshot then
        if server.has_snapshot then
          emit "USING_PREVIOUS_SNAPSHOT_FAILED"
        end
        return fail(ERRORS.snapshot)
      end
      emit "USING_PREVIOUS_SNAPSHOT"
    elseif behaviour.snapshot == "PREVIOUS" then
      emit("SNAPSHOT_FAIL", { rawError = ERRORS.snapshot })
      emit "USING_PREVIOUS_SNAPSHOT"
    else
      emit "SNAPSHOT_END"
    end
  end
  at = at + seconds "wait"
  if not server.fast then
    emit "CONVERSION_START"
    if behaviour.conversion then
      if tries("conversion", "CONVERSION_FAIL", behaviour.conversion == "FAILED") then
        return fail(ERRORS.conversion)
      end
    end
    at = at + seconds "conversion"
    emit("CONVERSION_END", { conversionServerID = server.conversion_server })
    at = at + seconds "before_launch"
  end
  emit "LAUNCH_START"
  way.launch_starts_at = at
  if behaviour.launch then
    if tries("launch", "LAUNCH_FAILED", behaviour.launch == "FAILED") then
      return fail(ERRORS.launch)
    end
  end
  at = at + seconds "launch"
  -- LAUNCH_END is in no model, yet the service sends it.
  emit("LAUNCH_END", { targetInstanceID = server.instance })
  way.outcome, way.ends_at = "LAUNCHED", at
  return way
end

-- A LAUNCH job. servers: list of {id=, behaviour={}, former=bool (a drill's instance to clean first), snapshot_given=bool,
-- can_snapshot=bool, has_snapshot=bool, fast=bool, instance=id, conversion_server=id}. Times are seconds after the job's
-- creation. Answers {starts_at=, ends_at=, events={{at=, event=, data=}}, ways={[server id] = {outcome=, ends_at=,
-- launch_starts_at=, ...}}}.
function timeline.launch(settings, job_number, servers)
  local start = settings.timings.job_start * jitter(settings, job_number, "", "job_start")
  local job = { starts_at = start, ends_at = start, ways = {}, events = { { at = start, event = "JOB_START", data = {} } } }
  for _, server in ipairs(servers) do
    local way = server_way(settings, job_number, server, start)
    job.ways[server.id] = way
    job.ends_at = math.max(job.ends_at, way.ends_at)
    table.move(way.events, 1, #way.events, #job.events + 1, job.events)
  end
  job.ends_at = job.ends_at + settings.timings.job_end * jitter(settings, job_number, "", "job_end")
  job.events[#job.events + 1] = { at = job.ends_at, event = "JOB_END", data = {} }
  return job
end

-- A TERMINATE job. instances: list of {id=, behaviour={}}. Only JOB_START and JOB_END are known to be sent.
function timeline.terminate(settings, job_number, instances)
  local start = settings.timings.job_start * jitter(settings, job_number, "", "job_start")
  local job = { starts_at = start, ends_at = start, ways = {}, events = { { at = start, event = "JOB_START", data = {} } } }
  for _, instance in ipairs(instances) do
    local seconds = settings.timings.terminate * (instance.behaviour.slow or 1) * jitter(settings, job_number, instance.id,
      "terminate")
    local failed = instance.behaviour.terminate == "FAILED"
    job.ways[instance.id] = { ends_at = start + seconds, outcome = failed and "FAILED" or "TERMINATED" }
    job.ends_at = math.max(job.ends_at, start + seconds)
  end
  job.ends_at = job.ends_at + settings.timings.job_end * jitter(settings, job_number, "", "job_end")
  job.events[2] = { at = job.ends_at, event = "JOB_END", data = {} }
  return job
end

return timeline
