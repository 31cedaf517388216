-- Raises what every part of the chain raises: an AWS failure with a code CREDENTIALS_... and a sentence. Never a secret in it.
--   problem("CREDENTIALS_PROFILE", "there is no profile '%s'", name)

local failure = require "aws.failure"

return function(code, message, ...)
  error(failure.new {
    code = code, message = message:format(...), service = "credentials", operation = "resolve", retryable = false,
  }, 0)
end
