-- Calling an operation again and again until its result is what one waits for. DRS and Step Functions have no waiters of their
-- own.

local failure = require "aws.failure"
local task    = require "task"
local time    = require "time"

local wait = {}

local DEFAULT = { delay = 15, limit = 3600, jitter = 0.1 }

-- options: until_(result) -> the value to return, or nil/false to go on; delay and limit in seconds of the world's clock;
-- jitter as a part of the delay (0.1: 10 % more or less), so that many waiters do not call in step.
-- -> the value, the last result; raises an error with code WAIT_LIMIT when the limit is reached.
function wait.until_(call, options, what)
  local delay, limit = options.delay or DEFAULT.delay, options.limit or DEFAULT.limit
  local jitter = options.jitter or DEFAULT.jitter
  local deadline = time.now_us() / 1e6 + limit
  while true do
    local result = call()
    local value = options.until_(result)
    if value then
      return value, result
    end
    local pause = delay * (1 + jitter * (2 * math.random() - 1))
    if time.now_us() / 1e6 + pause > deadline then
      error(failure.new {
        code = "WAIT_LIMIT", message = ("what is waited for did not come within %g s"):format(limit), retryable = true,
        service = what.service, operation = what.operation, region = what.region,
      }, 0)
    end
    task.sleep(pause)
  end
end

return wait
