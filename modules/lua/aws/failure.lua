-- What a failed AWS call raises: a table with
--   code, message      as the service says them, the code without namespace ("ConflictException"); HTTP_... if no answer came
--   status             of the HTTP answer, nil if none came
--   service, operation, region, requestId
--   account            whose keys signed, nil where nothing has said so (keys in the environment without AWS_ACCOUNT_ID)
--   retryable          would the same call have a chance later (throttling, a passing fault)? Our own tries are over by then
--   throttled          was it refused for its rate
--   outcomeUnknown     a call that changes something may have been carried out although no answer told so (this try or an
--                      earlier one of the same call): look before repeating it, and do not take a refusal for
--                      somebody else's change
-- and the error's own members under their names (CancellationReasons, resourceId ...), all of them in `members` too.

local failure = {}

local methods = {}

local error_type = {
  __name = "aws.error",
  __metatable = "aws.error", -- no script changes what all errors share
  __index = function(self, name)
    local members = rawget(self, "members")
    return methods[name] or members and members[name]
  end,
}

function error_type.__tostring(self)
  local where = { ("%s %s"):format(self.service, self.operation) }
  where[#where + 1] = self.region
  where[#where + 1] = self.account and "account " .. self.account
  where[#where + 1] = self.status and "HTTP " .. self.status
  where[#where + 1] = self.requestId and "request " .. self.requestId
  where[#where + 1] = self.outcomeUnknown and "outcome unknown"
  return ("%s: %s (%s)"):format(self.code, self.message, table.concat(where, ", "))
end

function failure.new(fields)
  return setmetatable(fields, error_type)
end

-- Is it an AWS error; one of these codes, if any are named?
function failure.is(value, ...)
  if type(value) ~= "table" or getmetatable(value) ~= "aws.error" then
    return false
  end
  local count = select("#", ...)
  for index = 1, count do
    if value.code == (select(index, ...)) then
      return true
    end
  end
  return count == 0
end

return failure
