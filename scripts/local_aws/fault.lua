-- How an operation of the local AWS refuses: it raises a fault, and the front answers it by the service's protocol, with the
-- HTTP status that the model gives the error shape.

local fault = {}

local metatable = {
  __name = "fault",
  __tostring = function(self)
    return self.code .. ": " .. self.message
  end,
}

-- Makes a fault without raising it. `extra` holds further members of the error shape (CancellationReasons, Item ...). They are
-- kept in `extra`, so that none can hide `code` or `message`.
function fault.new(code, message, extra)
  return setmetatable({ code = code, message = message or "", extra = extra }, metatable)
end

-- Raises a fault: a table {code=, message=, extra= table|nil}.
function fault.raise(code, message, extra)
  error(fault.new(code, message, extra), 0)
end

function fault.is(value)
  return getmetatable(value) == metatable
end

return fault
