-- Starting a wave, safe to repeat at every point.
--
-- 1. The wave is written as STARTED, without a job: the journal. 2. StartRecovery, tagged with execution and wave. 3. The job's
-- id is written. A crash or a lost answer between 1 and 3 leaves "STARTED without a job"; before StartRecovery is called again,
-- the job that the lost call may have made is looked for and adopted.

local accounts   = require "lib.accounts"
local aws        = require "aws"
local executions = require "lib.executions"
local jobs       = require "lib.jobs"
local json       = require "json"
local lists      = require "lib.lists"
local log        = require "log"
local status     = require "lib.status"
local task       = require "task"
local time       = require "time"
local waves      = require "lib.waves"

local launch = {}

-- Busy servers, a full quota, throttling: each poll tries again, so this is minutes.
local MOST_ATTEMPTS = 20
local PASSING = { "ConflictException", "ServiceQuotaExceededException", "ThrottlingException", "InternalServerException" }

local function start_recovery(client, execution, wave)
  local ok, result = pcall(function()
    return client:start_recovery {
      sourceServers = lists.map(wave.serverIds, function(id) return { sourceServerID = id } end),
      isDrill = execution.executionType == "DRILL",
      tags = jobs.tags(execution, wave),
    }
  end)
  if ok then return result.job end
  if not aws.is_error(result) then error(result, 0) end
  -- A conflict, or an answer that never came, can be our own call's doing.
  local earlier = jobs.find_launch(client, execution, wave, wave.startTime)
  if earlier then return earlier end
  return nil, result
end

-- One wave into the air. `how`: "first", no call was ever made for it; "again"; or "adopt", no call may be made any more. Gives
-- what to change in it.
local function fly(execution, wave, how)
  local client = accounts.client("drs", wave.region, accounts.of(execution))
  local job, problem
  if how ~= "first" then job = jobs.find_launch(client, execution, wave, wave.startTime) end
  if not job then
    if how == "adopt" or status.of(execution) == "CANCELLING" then
      return { status = "CANCELLED", endTime = time.now(), statusMessage = "ended before DRS had a job for it" }
    end
    job, problem = start_recovery(client, execution, wave)
  end
  if job then return { jobId = job.jobID, jobStatus = job.status, statusMessage = "" } end
  local attempts = (wave.launchAttempts or 0) + 1
  local message = ("%s: %s"):format(tostring(problem.code), tostring(problem.message))
  log.warn("a wave could not be launched", { executionId = execution.executionId, wave = wave.waveNumber, error = message })
  local passing = problem.retryable or problem.outcomeUnknown or aws.is_error(problem, table.unpack(PASSING))
  if passing and attempts < MOST_ATTEMPTS then return { launchAttempts = attempts, statusMessage = message } end
  return { status = "FAILED", endTime = time.now(), launchAttempts = attempts, statusMessage = message }
end

-- The job's id must get into the item whatever else has happened to it meanwhile: a cancel waits for this very wave.
local function write_results(execution, results)
  return (executions.change(execution, function(current)
    local changed = {}
    for _, wave in ipairs(waves.in_flight(waves.all(current))) do
      local result = results[wave.waveNumber]
      if result and not lists.given(wave.jobId) then changed[wave.waveNumber] = lists.merged(wave, result) end
    end
    if next(changed) == nil then return nil end
    return { waves = waves.with(current, changed) }
  end))
end

local function fly_all(execution, list, how)
  local found = task.map(list, function(wave)
    local ok, result = pcall(fly, execution, wave, how)
    if ok then return result end
    -- The look-up for an earlier job failed: nothing is known, so nothing is started. The next poll asks again.
    if not aws.is_error(result) then error(result, 0) end
    return { statusMessage = ("%s: %s"):format(tostring(result.code), tostring(result.message)) }
  end)
  local results = {}
  for position, wave in ipairs(list) do results[wave.waveNumber] = found[position] end
  return write_results(execution, results)
end

--- Starts these waves, side by side. Does nothing when the execution no longer runs: the caller judges it again.
function launch.begin(execution, list)
  local numbers = lists.set(waves.numbers(list))
  local mine
  local marked = executions.change(execution, function(current)
    mine = json.array {}
    if status.of(current) ~= "RUNNING" then return nil end
    local changed = {}
    for _, wave in ipairs(waves.all(current)) do
      if numbers[wave.waveNumber] and wave.status == "PENDING" then
        mine[#mine + 1] = lists.merged(wave, { status = "STARTED", startTime = time.now() })
        changed[wave.waveNumber] = mine[#mine]
      end
    end
    if next(changed) == nil then return nil end
    return { waves = waves.with(current, changed) }
  end)
  if #mine == 0 then return marked end
  return fly_all(marked, mine, "first")
end

--- Takes up the waves that were STARTED and have no job: adopts the job, or calls again, unless it may only `adopt`.
function launch.take_up(execution, adopt)
  local doubtful = lists.filter(waves.in_flight(waves.all(execution)), function(wave) return not lists.given(wave.jobId) end)
  if #doubtful == 0 or status.is_terminal(execution) then return execution end
  return fly_all(execution, doubtful, adopt and "adopt" or "again")
end

return launch
