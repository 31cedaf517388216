-- The TERMINATE jobs that an execution's item holds: how far they are.

local accounts   = require "lib.accounts"
local executions = require "lib.executions"
local ids        = require "lib.ids"
local instances  = require "lib.instances"
local jobs       = require "lib.jobs"
local json       = require "json"
local lists      = require "lib.lists"
local reply      = require "lib.reply"
local task       = require "task"
local time       = require "time"

local termination_jobs = {}

--- The stored jobs, or those that an old client asks for by `jobIds`. Only ids of this execution's own jobs are taken.
function termination_jobs.chosen(execution, asked)
  local stored = lists.of(execution.terminateJobs)
  if not asked or asked == "" then return stored end
  local chosen = json.array {}
  for id in asked:gmatch("[^,%s]+") do
    if not ids.is_job(id) then
      reply.fail(400, "INVALID_JOB_ID", "a DRS job id is drsjob- and 17 letters or digits", { jobId = id:sub(1, 100) })
    end
    local job = lists.first(stored, function(one) return one.jobId == id end)
    if not job then
      reply.fail(400, "UNKNOWN_TERMINATION_JOB", id .. " is no termination job of this execution",
        { executionId = execution.executionId, jobId = id })
    end
    chosen[#chosen + 1] = job
  end
  return chosen
end

local function count(job, word)
  return #lists.filter(lists.of(job.participatingServers), function(server) return server.launchStatus == word end)
end

-- DRS empties the list of servers when a TERMINATE job ends: none, in a completed job, means all that were asked for.
local function row(stored, job)
  local total = #lists.of(stored.recoveryInstanceIds)
  local listed = job and #lists.of(job.participatingServers) or 0
  local out = json.object {
    jobId = stored.jobId, region = stored.region, type = job and job.type or stored.type or "TERMINATE",
    status = job and job.status or "UNKNOWN", totalServers = math.max(total, listed), completedServers = 0, failedServers = 0,
  }
  if not job then return out end
  out.completedServers, out.failedServers = count(job, "TERMINATED"), count(job, "FAILED")
  if not jobs.is_running(job) and listed == 0 then out.completedServers = out.totalServers end
  return out
end

--- The jobs as DRS knows them now, each asked in its own region and account, regions side by side. A failed look-up is a 502.
function termination_jobs.rows(execution, stored)
  local context = accounts.of(execution)
  local found = task.map(lists.group(stored, function(job) return job.region end), function(place)
    local ok, by_id = pcall(function()
      local job_ids = lists.map(place.items, function(job) return job.jobId end)
      return jobs.by_id(accounts.client("drs", place.key, context), job_ids)
    end)
    if not ok then reply.lookup_failed(by_id, "the termination jobs in " .. place.key, { region = place.key }) end
    return lists.map(place.items, function(job) return row(job, by_id[job.jobId]) end)
  end)
  return lists.concat(found)
end

function termination_jobs.is_running(one) return one.status ~= "COMPLETED" and one.status ~= "UNKNOWN" end

--- The rows added up. 100 % and `allCompleted` need every job known and completed, and at least one.
function termination_jobs.summary(rows)
  local total, completed, failed, unknown, open = 0, 0, 0, json.array {}, 0
  for _, one in ipairs(rows) do
    total, completed, failed = total + one.totalServers, completed + one.completedServers, failed + one.failedServers
    if one.status == "UNKNOWN" then unknown[#unknown + 1] = one.jobId end
    if one.status ~= "COMPLETED" then open = open + 1 end
  end
  local all = #rows > 0 and open == 0
  local percent = total > 0 and math.floor(100 * completed / total) or all and 100 or 0
  if not all then percent = math.min(percent, 99) end
  return {
    jobs = rows, totalServers = total, completedServers = completed, progressPercent = percent,
    allCompleted = all, anyFailed = failed > 0, unknownJobs = unknown,
  }
end

local function completed(job) return lists.merged(job, { status = "COMPLETED" }) end

--- Writes down that all is terminated, once: every job of the execution is in `rows` and completed, and DRS shows no instance
-- of the execution living, also none that the jobs were not asked for.
function termination_jobs.note_end(execution, rows)
  local stored = lists.of(execution.terminateJobs)
  if lists.given(execution.instancesTerminated) or #rows ~= #stored then return execution end
  if not termination_jobs.summary(rows).allCompleted or #instances.living(execution) > 0 then return execution end
  return (executions.change(execution, function(current)
    local now = lists.of(current.terminateJobs)
    if lists.given(current.instancesTerminated) or #now ~= #stored then return nil end
    return { instancesTerminated = true, instancesTerminatedAt = time.now(), terminateJobs = lists.map(now, completed) }
  end))
end

return termination_jobs
