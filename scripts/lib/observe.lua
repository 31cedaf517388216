-- What DRS and EC2 say about an execution's waves, and what that makes of the waves.
--
-- Looking and judging are apart: `look` asks, regions side by side; `changes` is pure and can judge again after a lost race.

local accounts    = require "lib.accounts"
local instances   = require "lib.instances"
local jobs        = require "lib.jobs"
local json        = require "json"
local lists       = require "lib.lists"
local machine     = require "lib.machine"
local policy      = require "lib.policy"
local replication = require "lib.replication"
local reply       = require "lib.reply"
local status      = require "lib.status"
local task        = require "task"
local time        = require "time"
local waves       = require "lib.waves"

local observe = {}

-- A server's launchStatus is PENDING or IN_PROGRESS through snapshot, conversion and launch: only the job log tells them apart.
local PHASES = {
  SNAPSHOT_START = "SNAPSHOT", SNAPSHOT_END = "SNAPSHOT", SNAPSHOT_FAIL = "SNAPSHOT", USING_PREVIOUS_SNAPSHOT = "SNAPSHOT",
  CONVERSION_START = "CONVERSION", CONVERSION_END = "CONVERSION", CONVERSION_FAIL = "CONVERSION",
  LAUNCH_START = "LAUNCH", LAUNCH_END = "LAUNCH", LAUNCH_FAILED = "LAUNCH", CLEANUP_START = "CLEANUP", CLEANUP_END = "CLEANUP",
}

-- { source server id = phase }, by the newest event of each. The field is logDateTime.
local function phases(client, job)
  local newest, at = {}, {}
  for item in client:items("describe_job_log_items", { jobID = job.jobID }) do
    local server = (item.eventData or {}).sourceServerID
    local phase, moment = PHASES[item.event], time.parse(item.logDateTime or "") or 0
    if server and phase and moment >= (at[server] or 0) then newest[server], at[server] = phase, moment end
  end
  return newest
end

local function has_server_under_way(job)
  return jobs.is_running(job) and lists.first(lists.of(job.participatingServers), function(server)
    return server.launchStatus == "PENDING" or server.launchStatus == "IN_PROGRESS"
  end) ~= nil
end

-- One server's row from everything that is known about it. `was` is the stored row.
local function server_row(id, was, seen)
  local in_job, made, source = seen.in_job[id], seen.made[id], seen.sources[id]
  local launch
  if in_job and in_job.launchStatus then
    launch = in_job.launchStatus
  elseif made then
    launch = "LAUNCHED"
  else
    -- A finished job that neither lists the server nor made an instance of it did not launch it. An unknown job says nothing.
    launch = seen.job and not jobs.is_running(seen.job) and "FAILED" or was.launchStatus or "PENDING"
  end
  local hints = source and (source.sourceProperties or {}).identificationHints or {}
  local row = lists.merged(was, {
    sourceServerId = id, launchStatus = launch, phase = seen.phases[id],
    serverName = replication.name_of(source) or was.serverName, hostname = hints.hostname or was.hostname,
  })
  if made then
    row.recoveryInstanceId, row.instanceId = made.recoveryInstanceID, made.ec2InstanceID
    for name, value in pairs(instances.addresses(seen.ec2[made.ec2InstanceID])) do row[name] = value end
  end
  return row
end

local function observation(wave, job, found)
  local in_job = {}
  for _, server in ipairs(lists.of(job and job.participatingServers)) do in_job[server.sourceServerID] = server end
  local was = {}
  for _, server in ipairs(wave.serverStatuses) do was[server.sourceServerId or ""] = server end
  local made = {}
  for _, instance in ipairs(found.instances) do
    if instance.jobID == wave.jobId then made[instance.sourceServerID] = instance end
  end
  local seen = { job = job, in_job = in_job, made = made, sources = found.sources, ec2 = found.ec2,
                 phases = job and found.phases[job.jobID] or {} }
  return {
    jobId = wave.jobId, job = job,
    servers = lists.map(instances.servers_of { wave }, function(id) return server_row(id, was[id] or {}, seen) end),
  }
end

-- The parts of one region's answer that only some waves need: those that are over, unknown, or to be shown in full.
local function deepen(place, found, some_waves, context)
  if #some_waves == 0 then return end
  local drs, servers = accounts.client("drs", place.key, context), instances.servers_of(some_waves)
  local parts = task.all {
    function() return instances.made_by(drs, servers, waves.by_job(some_waves)) end,
    function() return replication.servers(drs, servers) end,
  }
  found.instances, found.sources = parts[1], parts[2]
  local ids = lists.map(found.instances, function(instance) return instance.ec2InstanceID end)
  found.ec2 = instances.in_ec2(accounts.client("ec2", place.key, context), ids)
end

local function look_in_region(place, context, in_full)
  local client = accounts.client("drs", place.key, context)
  local found = { phases = {}, instances = json.array {}, sources = {}, ec2 = {} }
  found.jobs = jobs.by_id(client, lists.map(place.items, function(wave) return wave.jobId end))
  local running = json.array {}
  for _, job in pairs(found.jobs) do
    if has_server_under_way(job) then running[#running + 1] = job end
  end
  local logs = task.map(running, function(job) return phases(client, job) end)
  for position, job in ipairs(running) do found.phases[job.jobID] = logs[position] end
  deepen(place, found, lists.filter(place.items, function(wave)
    local job = found.jobs[wave.jobId]
    return in_full or not job or not jobs.is_running(job)
  end), context)
  return lists.map(place.items, function(wave) return observation(wave, found.jobs[wave.jobId], found) end)
end

--- Asks about the waves that have a job: those in flight, or all of them `in_full`. Gives { job id = observation } and
-- warnings: a region that cannot be asked has no observations, and its waves stay as they are.
function observe.look(execution, in_full)
  local context, warnings = accounts.of(execution), json.array {}
  local places = lists.filter(instances.places(execution), function(place)
    if not in_full then place.items = waves.in_flight(place.items) end
    return #place.items > 0
  end)
  local found = task.map(places, function(place)
    local ok, seen = pcall(look_in_region, place, context, in_full)
    if ok then return seen end
    warnings[#warnings + 1] = reply.warning(seen, place.key)
    return json.array {}
  end)
  local by_job = {}
  for _, one in ipairs(lists.concat(found)) do by_job[one.jobId] = one end
  return by_job, warnings
end

local function count(servers)
  local n = { LAUNCHED = 0, FAILED = 0, TERMINATED = 0 }
  for _, server in ipairs(servers) do n[server.launchStatus] = (n[server.launchStatus] or 0) + 1 end
  return n
end

--- The job of an observation in numbers, for people. A job that DRS does not know is UNKNOWN.
function observe.job_details(one)
  local n = count(one.servers)
  local job = one.job or {}
  return {
    status = job.status or "UNKNOWN", creationDateTime = job.creationDateTime or json.null,
    endDateTime = job.endDateTime or json.null, participatingServers = #one.servers,
    launchedServers = n.LAUNCHED, failedServers = n.FAILED + n.TERMINATED,
  }
end

local function status_in_flight(one)
  local phase, n = {}, count(one.servers)
  for _, server in ipairs(one.servers) do
    if server.phase then phase[server.phase] = true end
  end
  if n.LAUNCHED > 0 then return "IN_PROGRESS" end
  if phase.LAUNCH or (n.IN_PROGRESS or 0) > 0 and not phase.CONVERSION then return "LAUNCHING" end
  if phase.CONVERSION then return "CONVERTING" end
  return "STARTED"
end

-- The wave's status, and a sentence where one is needed. DRS has no failed jobs: the servers tell.
local function judge(wave, one)
  local n, total = count(one.servers), #one.servers
  if not one.job then
    if total > 0 and n.LAUNCHED == total then return "COMPLETED" end
    return wave.status, "DRS does not know job " .. wave.jobId .. " any more: its outcome is unknown"
  end
  if jobs.is_running(one.job) then return status_in_flight(one) end
  if total > 0 and n.LAUNCHED == total then return "COMPLETED" end
  local sentence = ("%d of %d servers were launched"):format(n.LAUNCHED, total)
  return n.LAUNCHED > 0 and "PARTIAL" or "FAILED", sentence
end

local function end_of(one)
  local moment = one and one.job and one.job.endDateTime and time.parse(one.job.endDateTime)
  return moment and math.floor(moment) or time.now()
end

local function observed(wave, one)
  local word, sentence = judge(wave, one)
  local new = lists.merged(wave, {
    status = word, statusMessage = sentence or "", serverStatuses = one.servers,
    jobStatus = one.job and one.job.status or "UNKNOWN",
  })
  if status.wave_is_over(new) then
    new.endTime = end_of(one)
    for _, server in ipairs(new.serverStatuses) do server.phase = nil end
  end
  return new
end

local function out_of_time(wave)
  local limit = policy.setting("wave", "limit_seconds", machine.ONE_YEAR)
  return (lists.given(wave.startTime) or time.now()) + limit <= time.now()
end

--- The waves that the observations change: { wave number = wave }. A wave that is over stays as it is.
function observe.waves(execution, by_job)
  local changed = {}
  for _, wave in ipairs(waves.in_flight(waves.all(execution))) do
    local one = lists.given(wave.jobId) and by_job[wave.jobId]
    local new = one and observed(wave, one) or wave
    if status.wave_in_flight(new) and out_of_time(new) then
      new = lists.merged(new, { status = "TIMEOUT", endTime = time.now(),
        statusMessage = "the wave took longer than policies/wave.lua allows" })
    end
    if json.encode(new) ~= json.encode(wave) then changed[wave.waveNumber] = new end
  end
  return changed
end

--- The change of the item that the observations make, or nil.
function observe.changes(execution, by_job)
  local changed = observe.waves(execution, by_job)
  if status.is_terminal(execution) or next(changed) == nil then return nil end
  return { waves = waves.with(execution, changed) }
end

return observe
