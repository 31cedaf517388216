-- Named waiters: those that AWS publishes with its models (DynamoDB's table_exists, EC2's instance_running ...), and ours for
-- DRS and Step Functions, which have none in any SDK. A waiter is
--   {operation = "DescribeJobs", delay =, limit = seconds, all = true when every page counts,
--    check = function(parameters, options) -> what is wrong with them,
--    judge = function(result, problem, options, memory) -> verdict, state, value}
-- verdict: "success", "failure" or nil to go on; state: what was seen, in words. `memory` is one table for all looks of one
-- wait.

local jmespath = require "aws.jmespath"
local models   = require "models"
local nearest  = require "aws.nearest"
local ours     = require "aws.own_waiters"

local waiters = {}

local function shown(value)
  if type(value) ~= "table" then
    return value ~= nil and tostring(value) or nil
  end
  local texts = {}
  for index = 1, math.min(#value, 8) do
    texts[index] = tostring(value[index])
  end
  return table.concat(texts, ", ") .. (#value > 8 and (" and %d more"):format(#value - 8) or "")
end

local function every(value, expected)
  for _, element in ipairs(value) do
    if element ~= expected then
      return false
    end
  end
  return #value > 0
end

local function any(value, expected)
  for _, element in ipairs(value) do
    if element == expected then
      return true
    end
  end
  return false
end

-- What an acceptor's matcher says: -> matches, the value that it looked at.
local MATCH = {
  path = function(acceptor, result)
    local value = result and acceptor.evaluate(result)
    return result ~= nil and value == acceptor.expected, value
  end,
  pathAll = function(acceptor, result)
    local value = result and acceptor.evaluate(result)
    return type(value) == "table" and every(value, acceptor.expected), value
  end,
  pathAny = function(acceptor, result)
    local value = result and acceptor.evaluate(result)
    return type(value) == "table" and any(value, acceptor.expected), value
  end,
  status = function(acceptor, _, problem)
    return (problem and problem.status or 200) == acceptor.expected
  end,
  error = function(acceptor, _, problem)
    if type(acceptor.expected) == "boolean" then
      return (problem ~= nil) == acceptor.expected, problem and problem.code
    end
    return problem ~= nil and problem.code == acceptor.expected, problem and problem.code
  end,
}

local function compiled(acceptors)
  local list = {}
  for index, acceptor in ipairs(acceptors) do
    list[index] = {
      state = acceptor.state, expected = acceptor.expected, match = MATCH[acceptor.matcher],
      evaluate = acceptor.argument and jmespath.compile(acceptor.argument),
    }
  end
  return list
end

local function judge_with(acceptors)
  return function(result, problem)
    local seen
    for _, acceptor in ipairs(acceptors) do
      local matches, value = acceptor.match(acceptor, result, problem)
      if seen == nil then -- a condition's truth says nothing to a reader
        seen = type(value) ~= "boolean" and shown(value) or nil
      end
      if matches then
        local state = shown(value) or problem and problem.code or seen
        return acceptor.state ~= "retry" and acceptor.state or nil, state, result or problem
      end
    end
    if problem then
      error(problem, 0)
    end
    return nil, seen
  end
end

local function published(waiter)
  return {
    operation = waiter.operation, delay = waiter.delay, limit = waiter.delay * waiter.maxAttempts,
    judge = judge_with(compiled(waiter.acceptors)),
  }
end

local by_name = models.memo(function(model)
  local found = {}
  for name, waiter in pairs(model.waiters or {}) do
    found[models.snake_case(name)] = waiter
  end
  return found
end)

-- The names of a service's waiters, sorted.
function waiters.names(model)
  local all = {}
  for name in pairs(by_name(model, "waiters")) do
    all[name] = true
  end
  for name in pairs(ours[model.service] or {}) do
    all[name] = true
  end
  return nearest.names(all)
end

-- The waiter of that name, nil when there is none.
function waiters.find(model, name)
  local own = ours[model.service]
  if own and own[name] then
    return own[name]
  end
  local waiter = by_name(model, "waiters")[name]
  return waiter and published(waiter) or nil
end

return waiters
