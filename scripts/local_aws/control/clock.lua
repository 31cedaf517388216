-- The world's clock over the control endpoint.

local json = require "json"
local program_clock = require "clock"
local refuse = require "local_aws.control.refusal"
local time = require "time"

local clock = {}

function clock.state()
  local now, speed = time.now_us() / 1e6, program_clock.speed()
  return { now = now, time = time.iso8601(now, "us"), speed = speed, frozen = speed == 0 }
end

local function is_number(value)
  return type(value) == "number" and value >= 0
end

-- Each way to change it: what it takes, in words and as a test, and what it does.
local WAYS = {
  freeze = { "true, or seconds since 1970", function(value)
    return value == true or is_number(value)
  end, function(value)
    program_clock.freeze(value ~= true and value or nil)
  end },
  set = { "seconds since 1970", is_number, program_clock.set },
  speed = { "a number above 0", function(value)
    return is_number(value) and value > 0
  end, program_clock.speed },
  step = { "seconds", is_number, program_clock.step },
}

-- body: one of {freeze=}, {set=}, {speed=}, {step=}.
function clock.change(world, body)
  local name, value = next(body)
  local way = WAYS[name]
  if not way or next(body, name) ~= nil then
    refuse(400, "INVALID_CLOCK", "give one of speed, freeze, set, step")
  elseif not way[2](value) then
    refuse(400, "INVALID_CLOCK", ("%s: %s, and not %s"):format(name, way[1], json.encode(value)))
  end
  way[3](value)
  world.clock.keep(true)
  return clock.state()
end

return clock
