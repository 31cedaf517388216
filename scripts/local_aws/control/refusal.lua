-- How a control request is refused: {status=, code=, message=}, raised.

return function(status, code, message)
  error({ status = status, code = code, message = message }, 0)
end
