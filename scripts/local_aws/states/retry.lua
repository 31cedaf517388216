-- Which Retry or Catch entry answers a failure, and how long a retry waits.
-- https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
local json = require "json"

local retry = {}

-- States.TaskFailed stands for every error but a time-out; States.ALL for every error.
local function names(list, problem)
  for _, name in ipairs(list) do
    if name == problem.error or name == problem.also or name == "States.ALL"
      or name == "States.TaskFailed" and problem.error ~= "States.Timeout" then
      return true
    end
  end
  return false
end

-- Which entry of a Retry or Catch names a failure; nil if none.
function retry.position(list, problem)
  if problem.terminal then
    return nil
  end
  for index, entry in ipairs(list or {}) do
    if names(entry.ErrorEquals, problem) then
      return index
    end
  end
end

-- The catcher for a failure, nil if none.
function retry.catcher(state, problem)
  return (state.Catch or {})[retry.position(state.Catch, problem)]
end

local function delay_us(retrier, used)
  local seconds = (retrier.IntervalSeconds or 1) * (retrier.BackoffRate or 2.0) ^ used
  if retrier.MaxDelaySeconds then
    seconds = math.min(seconds, retrier.MaxDelaySeconds)
  end
  if retrier.JitterStrategy == "FULL" then
    seconds = seconds * math.random()
  end
  return math.floor(math.min(seconds, 99999999) * 1000000)
end

-- Takes one retry for a failure of the branch's state. -> microseconds to wait | nil when it is not to be retried
function retry.take(branch, state, problem)
  local index = retry.position(state.Retry, problem)
  if not index then
    return nil
  end
  local retrier, retries = state.Retry[index], branch.retries or json.object {}
  local used = retries[tostring(index)] or 0
  if used >= (retrier.MaxAttempts or 3) then
    return nil
  end
  retries[tostring(index)] = used + 1
  branch.retries = retries
  branch.retry_count = branch.retry_count + 1
  return delay_us(retrier, used)
end

return retry
