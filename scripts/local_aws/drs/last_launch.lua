-- What a source server tells of its last launch. Stored when the launch begins, with how it will go:
-- {at=us, job=id, type="DRILL"|"RECOVERY", launch_starts=us|nil, ends=us, outcome="LAUNCHED"|"FAILED", terminated=us|nil}.

local ids = require "local_aws.drs.ids"

local last_launch = {}

-- launchStatus: PENDING through snapshot and conversion, only then IN_PROGRESS.
function last_launch.status(stored, now)
  if stored.terminated and now >= stored.terminated then
    return "TERMINATED"
  elseif now >= stored.ends then
    return stored.outcome
  end
  return stored.launch_starts and now >= stored.launch_starts and "IN_PROGRESS" or "PENDING"
end

function last_launch.result(stored, now)
  if not stored then
    return "NOT_STARTED"
  elseif now < stored.ends then
    return "PENDING"
  end
  return stored.outcome == "LAUNCHED" and "SUCCEEDED" or "FAILED"
end

-- lifeCycle.lastLaunch; never launched is {initiated={}}, as recorded.
function last_launch.describe(stored, now)
  if not stored then
    return { initiated = {} }
  end
  return {
    initiated = { apiCallDateTime = ids.timestamp(stored.at), jobID = stored.job, type = stored.type },
    status = last_launch.status(stored, now),
  }
end

return last_launch
