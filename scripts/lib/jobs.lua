-- DRS jobs: asking for them, and finding the one that a lost call may have made.

local json  = require "json"
local lists = require "lib.lists"
local time  = require "time"

local jobs = {}

jobs.FILTER_LIMIT = 200      -- ids in one DRS filter

-- No job runs for a week. The date keeps the look-up from reading a region's whole history.
local ACTIVE_WITHIN = 7 * 24 * 3600
-- Clocks of two machines differ a little; a job this much older than our attempt can still be ours.
local CLOCK_MARGIN = 60

function jobs.is_running(job) return job.status ~= "COMPLETED" end

--- The jobs with these ids: { id = job }. An id that DRS does not know is not in the answer: its state is unknown.
function jobs.by_id(client, job_ids)
  local found = {}
  for _, chunk in ipairs(lists.chunks(lists.unique(job_ids), jobs.FILTER_LIMIT)) do
    for job in client:items("describe_jobs", { filters = { jobIDs = chunk } }) do found[job.jobID] = job end
  end
  return found
end

local function since(client, moment)
  local found = json.array {}
  local filters = { fromDate = time.iso8601(moment) }
  for job in client:items("describe_jobs", { filters = filters }) do found[#found + 1] = job end
  return found
end

--- The jobs of a region that are not over.
function jobs.active(client)
  return lists.filter(since(client, time.now() - ACTIVE_WITHIN), jobs.is_running)
end

local function participants(job, field)
  local held = {}
  for _, server in ipairs(lists.of(job.participatingServers)) do
    if server[field] then held[#held + 1] = server[field] end
  end
  return held
end

local function same_set(a, b)
  if #a ~= #b then return false end
  local known = lists.set(b)
  return lists.first(a, function(value) return not known[value] end) == nil
end

function jobs.tags(execution, wave)
  return { ["drsh:execution"] = execution.executionId, ["drsh:wave"] = tostring(wave.waveNumber) }
end

--- The LAUNCH job of a wave that an earlier call made, lost as its answer may be; nil if there is none.
-- Ours by its tags; or, where the tags are gone, by exactly our servers, made after our attempt.
function jobs.find_launch(client, execution, wave, attempted_at)
  local initiated_by = execution.executionType == "DRILL" and "START_DRILL" or "START_RECOVERY"
  local wanted = jobs.tags(execution, wave)
  local by_servers
  for _, job in ipairs(since(client, attempted_at - CLOCK_MARGIN)) do
    local tags = job.tags or {}
    if tags["drsh:execution"] == wanted["drsh:execution"] and tags["drsh:wave"] == wanted["drsh:wave"] then return job end
    if not tags["drsh:execution"] and job.initiatedBy == initiated_by
        and same_set(participants(job, "sourceServerID"), wave.serverIds) then
      by_servers = by_servers or job
    end
  end
  return by_servers
end

--- The TERMINATE jobs made since then that hold any of these recovery instances.
function jobs.find_terminations(client, instance_ids, since_when)
  local wanted = lists.set(instance_ids)
  return lists.filter(since(client, since_when - CLOCK_MARGIN), function(job)
    if job.type ~= "TERMINATE" then return false end
    return lists.first(participants(job, "recoveryInstanceID"), function(id) return wanted[id] end) ~= nil
  end)
end

function jobs.instances(job) return participants(job, "recoveryInstanceID") end
function jobs.servers(job) return participants(job, "sourceServerID") end

return jobs
