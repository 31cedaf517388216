-- The waiters that no SDK has. Each takes its operation's own parameters, with the ids to wait for: a filter without ids means
-- "all of the account" to DRS, which nobody waits for, so it is refused.

local json = require "json"

local GONE = { TERMINATED = true, NOT_FOUND = true }
local LAUNCHED = { RUNNING = true, STOPPED = true } -- a launch disposition of STOPPED leaves the instance so
-- A snapshot to launch from exists; the first synchronisation has none yet (facts: DataReplicationState of the DRS API).
local READY = { CONTINUOUS = true, BACKLOG = true, CREATING_SNAPSHOT = true, PAUSED = true, RESCAN = true }

local function filter_of(parameters, name)
  local ids = type(parameters) == "table" and type(parameters.filters) == "table" and parameters.filters[name]
  return type(ids) == "table" and #ids > 0 and ids or nil
end

local function need(...)
  local names = { ... }
  return function(parameters)
    for _, name in ipairs(names) do
      if filter_of(parameters, name) then
        return
      end
    end
    return ("the parameters need filters.%s with at least one id"):format(table.concat(names, " or filters."))
  end
end

-- "s-1 INITIATING, s-2 STALLED": what is not yet as it should be.
local function described(states)
  local texts = {}
  for index = 1, math.min(#states, 5) do
    texts[index] = states[index][1] .. " " .. states[index][2]
  end
  return table.concat(texts, ", ") .. (#states > 5 and (" and %d more"):format(#states - 5) or "")
end

local function by_id(result, member)
  local found = {}
  for _, item in ipairs(result.items) do
    found[item[member]] = item
  end
  return found
end

-- Looks at each id: state_of(item or nil, id) -> state, verdict. Done when all are "success", failed when one is "failure".
local function each(ids, found, items, state_of)
  local left, all, failed = {}, {}, false
  for _, id in ipairs(ids) do
    local state, verdict = state_of(found[id], id)
    all[#all + 1] = { id, state }
    if verdict ~= "success" then
      left[#left + 1] = { id, state }
      failed = failed or verdict == "failure"
    end
  end
  if failed then
    return "failure", described(left), items
  end
  return #left == 0 and "success" or nil, described(#left == 0 and all or left), items
end

local drs = {}

-- All jobs are COMPLETED; value: the jobs. DRS has no failed jobs: each server's launchStatus tells. A job that was seen and
-- that DRS no longer knows is a failure, never done.
drs.job_completed = {
  operation = "DescribeJobs", delay = 15, limit = 4 * 3600, all = true, check = need "jobIDs",
  judge = function(result, _, options, memory)
    local ids = options.parameters.filters.jobIDs
    return each(ids, by_id(result, "jobID"), result.items, function(job, id)
      if not job then
        return "UNKNOWN", memory[id] and "failure" or nil
      end
      memory[id] = true
      return job.status, job.status == "COMPLETED" and "success" or nil
    end)
  end,
}

-- All source servers can be launched: a snapshot exists and replication goes on. Value: the servers.
drs.source_server_ready = {
  operation = "DescribeSourceServers", delay = 30, limit = 12 * 3600, all = true, check = need "sourceServerIDs",
  judge = function(result, _, options)
    local ids = options.parameters.filters.sourceServerIDs
    return each(ids, by_id(result, "sourceServerID"), result.items, function(server)
      local state = server and (server.dataReplicationInfo or {}).dataReplicationState or "UNKNOWN"
      return state, READY[state] and "success" or nil
    end)
  end,
}

-- Another drill's instance has the same source server: only the job tells whose it is.
local function of_job(items, job_id)
  local kept = json.array {}
  for _, item in ipairs(items) do
    if job_id == nil or item.jobID == job_id then
      kept[#kept + 1] = item
    end
  end
  return kept
end

-- An instance of each id is there and launched; value: the instances. By source servers it needs options.jobID, the job that
-- launches them.
drs.recovery_instance_launched = {
  operation = "DescribeRecoveryInstances", delay = 15, limit = 2 * 3600, all = true, extra = { jobID = "string" },
  check = function(parameters, options)
    local missing = need("recoveryInstanceIDs", "sourceServerIDs")(parameters)
    if not missing and not filter_of(parameters, "recoveryInstanceIDs") and type(options.jobID) ~= "string" then
      missing = "the options need jobID with filters.sourceServerIDs: another job's instance has the same source server"
    end
    return missing
  end,
  judge = function(result, _, options)
    local filters = options.parameters.filters
    local member = filter_of(options.parameters, "recoveryInstanceIDs") and "recoveryInstanceID" or "sourceServerID"
    local items = of_job(result.items, options.jobID)
    return each(filters[member .. "s"], by_id({ items = items }, member), items, function(instance)
      local state = instance and instance.ec2InstanceState or "NOT_THERE"
      local lost = GONE[state] or state == "SHUTTING-DOWN"
      return state, LAUNCHED[state] and "success" or lost and "failure" or nil
    end)
  end,
}

-- No instance of these ids is left: DRS forgets a terminated one. Value: the instances that it still lists as terminated.
drs.recovery_instance_terminated = {
  operation = "DescribeRecoveryInstances", delay = 15, limit = 2 * 3600, all = true,
  check = need("recoveryInstanceIDs", "sourceServerIDs"),
  judge = function(result)
    local left = {}
    for _, instance in ipairs(result.items) do
      if not GONE[instance.ec2InstanceState or "UNKNOWN"] then
        left[#left + 1] = { instance.recoveryInstanceID, instance.ec2InstanceState or "UNKNOWN" }
      end
    end
    return #left == 0 and "success" or nil, #left == 0 and "TERMINATED" or described(left), result.items
  end,
}

local sfn = {}

-- The execution has ended well; value: the execution. Any other end is a failure.
sfn.execution_succeeded = {
  operation = "DescribeExecution", delay = 10, limit = 24 * 3600,
  judge = function(result, problem)
    if problem then
      error(problem, 0)
    end
    local goes_on = result.status == "RUNNING" or result.status == "PENDING_REDRIVE"
    return result.status == "SUCCEEDED" and "success" or not goes_on and "failure" or nil, result.status, result
  end,
}

return { drs = drs, sfn = sfn }
