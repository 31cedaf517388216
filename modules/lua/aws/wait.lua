-- Looking again and again until something is as one waits for it.

local failure = require "aws.failure"
local json    = require "json"
local nearest = require "aws.nearest"
local task    = require "task"
local time    = require "time"

local wait = {}

local DEFAULT = { delay = 15, limit = 3600, jitter = 0.1 }

local OPTIONS = { until_ = "function", delay = "number", limit = "number", jitter = "number", progress = "function" }

-- Misuse as a sentence, nil when all is well.
function wait.misuse(options, waiter)
  for name, value in pairs(options) do
    local kind = OPTIONS[name] or waiter.extra and waiter.extra[name]
    if not kind then
      return ("option %s is unknown%s"):format(tostring(name), nearest.hint(tostring(name), nearest.names(OPTIONS)))
    elseif type(value) ~= kind then
      return ("option %s must be a %s, is a %s"):format(name, kind, type(value))
    elseif name == "until_" and not waiter.matcher then
      return "a named waiter has its own matcher, until_ is for operations"
    elseif kind == "number" and not (value >= 0 and value < math.huge) then
      return ("option %s must be a number of seconds, 0 or more"):format(name)
    end
  end
end

-- A waiter (aws/waiters.lua) from a function of the result -> the value that was waited for, or nothing and the state in words.
function wait.matcher(until_)
  return function(result, problem)
    if problem then
      error(problem, 0)
    end
    local value, state = until_(result)
    return value and "success" or nil, state ~= nil and not value and tostring(state) or nil, value
  end
end

local function raise(what, code, message, state)
  error(failure.new {
    code = code, message = message .. (state and "; last seen: " .. state or ""), state = state,
    retryable = code == "WAIT_TIMEOUT", service = what.service, operation = what.operation, region = what.region,
  }, 0)
end

local function pcall_aws(look)
  local fine, result = pcall(look)
  if fine then
    return result
  elseif failure.is(result) then
    return nil, result
  end
  error(result, 0)
end

-- what: {name=, service=, operation=, region=, parameters=}. look() makes one call, or one walk over all pages.
-- options: delay and limit in seconds of the world's clock; jitter as a part of the delay (0.1: 10 % more or less), so that
-- many waiters do not call in step; progress(state, seconds, result) after each look.
-- -> the value, the last result; raises an error with code WAIT_TIMEOUT at the limit, WAIT_FAILED when it can no longer come;
-- its `state` is what was seen last.
function wait.run(waiter, look, options, what)
  local delay = options.delay or waiter.delay or DEFAULT.delay
  local limit = options.limit or waiter.limit or DEFAULT.limit
  local jitter = options.jitter or DEFAULT.jitter
  local began, memory = time.now_us(), {}
  local given = setmetatable({ parameters = what.parameters }, { __index = options })
  while true do
    local result, problem = pcall_aws(look)
    local verdict, state, value = waiter.judge(result, problem, given, memory)
    local seconds = (time.now_us() - began) / 1e6
    if options.progress then
      options.progress(state, seconds, result)
    end
    if verdict == "success" then
      return value, result
    elseif verdict == "failure" then
      raise(what, "WAIT_FAILED", what.name .. " can no longer come", state)
    end
    local pause = delay * (1 + jitter * (2 * math.random() - 1))
    if seconds + pause > limit then
      raise(what, "WAIT_TIMEOUT", ("%s did not come within %g s"):format(what.name, limit), state)
    end
    task.sleep(pause)
  end
end

-- All pages as one result.
function wait.merged(items)
  return { items = json.array(items) }
end

return wait
