-- How a state fails: a table {error=, cause=} that is raised by whatever noticed it and ends in Retry, Catch or
-- ExecutionFailed. Error names: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
local failure = {}

local metatable = {
  __name = "states failure",
  __tostring = function(self)
    return (self.error or "failed") .. (self.cause and ": " .. self.cause or "")
  end,
}

-- `extra` may hold: also = a second name that ErrorEquals may match; inside_state = the cause needs the state's name and
-- event id in front; terminal = neither retried nor caught.
function failure.new(error_name, cause, extra)
  local self = { error = error_name, cause = cause }
  for key, value in pairs(extra or {}) do
    self[key] = value
  end
  return setmetatable(self, metatable)
end

function failure.raise(error_name, cause, extra)
  error(failure.new(error_name, cause, extra), 0)
end

-- A mistake of the definition or its data while a state ran. AWS lets no Retry and no Catch see States.Runtime.
function failure.runtime(cause)
  error(failure.new("States.Runtime", cause, { inside_state = true, terminal = true }), 0)
end

function failure.is(value)
  return getmetatable(value) == metatable
end

-- The cause as AWS words it once the state is known.
function failure.in_state(self, state_name, entered_id)
  if not self.inside_state then
    return self
  end
  local cause = ("An error occurred while executing the state '%s' (entered at the event id #%d). %s"):format(state_name,
    entered_id,
    self.cause)
  return failure.new(self.error, cause, { also = self.also, terminal = self.terminal })
end

return failure
