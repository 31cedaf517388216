-- Credentials that are got when they are needed and got again before they expire, by one task at a time: the others go on with
-- the old ones, or wait for the new ones when the old ones are about to end.

local log  = require "log"
local task = require "task"
local time = require "time"

local refresh = {}

-- Seconds before the end (or a third of a shorter life): a new set is got; if that fails, the old one serves on.
local ADVISORY = 15 * 60
-- Seconds before the end: from here on nothing is signed with the old set.
local MANDATORY = 60
-- Seconds between tries to renew what still serves.
local PAUSE = 60

local source = {}
source.__index = source

-- fetch() -> credentials; it may wait. `name` is for messages.
function refresh.new(name, fetch)
  return setmetatable({ name = name, fetch = fetch }, source)
end

local function left(credentials)
  return credentials.expires_at and credentials.expires_at - time.wall() or math.huge
end

-- One flight: however its task ends (cancelled ones too), the waiting ones are woken and the next may begin.
local closing = { __close = function(flight)
  flight.source.flight = nil
  flight.landed:set()
end }

local function fly(self)
  local flight <close> = setmetatable({ source = self, landed = task.event() }, closing)
  self.flight = flight
  self.tried_at = time.wall()
  local fetched, result = pcall(self.fetch)
  if fetched then
    self.current, self.life = result, left(result)
  else
    flight.failure = result
  end
  return fetched, result
end

local function should_renew(self, current)
  return left(current) <= math.min(ADVISORY, self.life / 3) and not self.flight and time.wall() - self.tried_at >= PAUSE
end

-- Raises what fetch raises, to all who waited for that flight.
function source:get()
  while true do
    local current = self.current
    if current and left(current) > MANDATORY then
      if should_renew(self, current) then
        local fetched, problem = fly(self)
        if not fetched then
          log.warn("credentials could not be renewed yet", { source = self.name, problem = tostring(problem) })
        end
      end
      return self.current
    end
    local flight = self.flight
    if not flight then
      local fetched, result = fly(self)
      if not fetched then
        error(result, 0)
      end
      return result
    end
    flight.landed:wait()
    if flight.failure then
      error(flight.failure, 0)
    end
  end
end

return refresh
