-- Whether a failed try of a call is followed by another one, and when: the three retry modes of the SDKs over the arithmetic
-- of require "retry".
--
--   standard   few tries, short waits, a quota that spares a service in trouble
--   adaptive   the same, and a limit to the rate that follows what the service takes (aws/rate.lua)
--   legacy     what SDKs did before: more tries, longer waits, no quota, no limit

local rate  = require "aws.rate"
local retry = require "retry"
local task  = require "task"
local time  = require "time"

local retrying = {}

-- What calls to one endpoint share, whichever client makes them: scripts make a client a request.
local memories = {}

local function now()
  return time.now_us() / 1e6
end

function retrying.memory(service, url)
  local key = service .. " " .. url
  local memory = memories[key]
  if not memory then
    memory = { quota = retry.quota(), skew = 0 }
    memories[key] = memory
  end
  return memory
end

-- Waits until a call may be sent. False: that would take longer than `seconds`.
function retrying.may_send(call, seconds)
  if call.mode ~= "adaptive" then
    return true
  end
  local memory = call.memory
  memory.rate = memory.rate or rate.new(now())
  local deadline = now() + seconds
  while true do
    local pause = memory.rate:take(now())
    if pause == 0 then
      return true
    elseif now() + pause > deadline then
      return false
    end
    task.sleep(pause + 1e-6) -- never less than asked for, however it is rounded
  end
end

-- After each try. kind: as retry.classify gives it.
function retrying.answered(call, kind)
  if call.memory.rate then
    call.memory.rate:answered(kind == "throttling", now())
  end
end

function retrying.succeeded(call)
  if call.mode ~= "legacy" then
    call.memory.quota:give_back(call.cost)
  end
end

-- Seconds that the server asks us to wait, nil if it does not.
local function hint_of(headers)
  local milliseconds = tonumber(headers["x-amz-retry-after"])
  return milliseconds and milliseconds / 1000 or tonumber(headers["retry-after"])
end

-- Seconds until the next try, nil when there is none: tries, quota or time are used up.
function retrying.next_delay(call, attempt, kind, response, remaining)
  if attempt >= call.attempts then
    return nil
  end
  local hint = call.mode ~= "legacy" and response and hint_of(response.headers) or nil
  local delay = retry.delay(kind, call.prefix, attempt, math.random(), hint, call.mode)
  local cost = call.mode ~= "legacy" and call.memory.quota:take(kind) or nil
  if not cost and call.mode ~= "legacy" then
    -- A long poll is called in a loop: without this pause an empty quota would make it a busy one.
    if call.long_poll then
      task.sleep(delay)
    end
    return nil
  elseif delay >= remaining then
    return nil
  end
  call.cost = cost
  return delay
end

return retrying
