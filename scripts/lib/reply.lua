-- Refusals: a raised table with `status`, `error` and `message` is the answer that the caller gets.

local aws = require "aws"

local reply = {}

local refusal = { __tostring = function(self) return self.error .. ": " .. self.message end }

--- Ends the request with this answer. `details` are further fields of the body.
function reply.fail(status, code, message, details)
  local answer = setmetatable({}, refusal)
  for name, value in pairs(details or {}) do answer[name] = value end
  answer.status, answer.error, answer.message = status, code, message
  error(answer, 0)
end

--- Is this error one of ours, and with this code, where one is given?
function reply.is_refusal(problem, code)
  return type(problem) == "table" and getmetatable(problem) == refusal and (code == nil or problem.error == code)
end

--- A failed look-up, as a warning of an answer that goes on without it. What is no AWS failure is raised again.
function reply.warning(problem, region)
  if not aws.is_error(problem) then error(problem, 0) end
  return {
    service = problem.service, operation = problem.operation, region = region or problem.region, code = problem.code,
    message = problem.message, awsRequestId = problem.requestId,
  }
end

--- A look-up that could not be made: 502, naming what was asked. What is no AWS failure is raised again as it is.
function reply.lookup_failed(problem, what, details)
  if not aws.is_error(problem) then error(problem, 0) end
  local answer = { service = problem.service, operation = problem.operation, awsErrorCode = problem.code,
                   awsRequestId = problem.requestId }
  for name, value in pairs(details or {}) do answer[name] = value end
  local why = tostring(problem.message or problem.code)
  reply.fail(502, "AWS_ERROR", ("%s could not be looked up: %s"):format(what, why), answer)
end

return reply
