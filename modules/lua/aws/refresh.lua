-- Credentials that are got when they are needed and got again before they expire, by one task at a time, which belongs to none
-- of those that ask: they go on with the old ones, or wait for the new ones when the old ones are about to end.

local log     = require "log"
local problem = require "aws.credentials.problem"
local task    = require "task"
local time    = require "time"

local refresh = {}

-- Seconds before the end from which new ones are got while the old ones serve, and from which all wait for the new ones. Keys
-- that live shorter than three times that are renewed in their last third, in the same proportion.
local ADVISORY, MANDATORY = 15 * 60, 10 * 60
-- The same for keys that a person must be asked for.
local LATE = 60
-- Seconds until a renewal that failed is tried again, as long as the old ones serve.
local PAUSE = 60

-- Expiry counts on the wall's clock. A field, so that a test can step it.
refresh.now = time.wall

local source = {}
source.__index = source

-- fetch() -> credentials; it may wait. `name` is for messages. options: late=true: not before the last minute; lasting=true:
-- the old ones serve beyond their end as long as there are no new ones; uncached=true: what is fetched serves those who waited
-- for it, and nobody later.
function refresh.new(name, fetch, options)
  options = options or {}
  return setmetatable({
    name = name, fetch = fetch, late = options.late, lasting = options.lasting, uncached = options.uncached,
    failed_at = -math.huge,
  }, source)
end

-- A source of credentials that stay as they are.
function refresh.fixed(key, credentials)
  return { key = key, name = credentials.source or key, get = function() return credentials end }
end

local function left(credentials)
  return credentials.expires_at and credentials.expires_at - refresh.now() or math.huge
end

-- Sets from when on (seconds before the end) these are renewed.
local function adopt(self, credentials)
  local life = left(credentials)
  if life <= 0 and not self.lasting then
    problem("CREDENTIALS_EXPIRED", "the credentials of %s have expired already", self.name)
  end
  self.current = credentials
  self.soon = math.min(self.late and LATE or ADVISORY, life / 3)
  self.now = self.late and self.soon or self.soon * MANDATORY / ADVISORY
end

-- However the flight's task ends (cancelled ones too), the waiting ones are woken and the next may begin.
local landing = { __close = function(flight)
  flight.source.flight = nil
  flight.landed:set()
end }

local function start(self)
  local flight = setmetatable({ source = self, landed = task.event() }, landing)
  self.flight = flight
  task.background(function()
    local _ <close> = flight
    local fetched, result = pcall(self.fetch)
    if fetched and not self.uncached then
      fetched, result = pcall(function()
        adopt(self, result)
        return result
      end)
    end
    flight[fetched and "result" or "failure"] = result
    self.failed_at = fetched and -math.huge or refresh.now()
    if not fetched and self.current then
      log.warn("credentials could not be renewed yet", { source = self.name, problem = tostring(result) })
    end
  end)
  return flight
end

local function serves(self)
  return self.current and (self.lasting or left(self.current) > 0)
end

-- Raises what fetch raises, to all who waited for that flight and have nothing to go on with.
function source:get()
  while true do
    local remaining = self.current and left(self.current)
    if remaining and remaining > self.soon then
      return self.current
    elseif serves(self) and refresh.now() - self.failed_at < PAUSE then
      return self.current
    end
    local flight = self.flight or start(self)
    if remaining and remaining > self.now then
      return self.current
    end
    flight.landed:wait()
    if flight.result then
      return flight.result
    elseif flight.failure and not serves(self) then
      error(flight.failure, 0)
    end
  end
end

-- Sources by key, shared by all clients: scripts make a client a request.
local shared = {}

local function drop_dead()
  for key, one in pairs(shared) do
    if one.current and not serves(one) and not one.flight then
      shared[key] = nil
    end
  end
end

function refresh.shared(key, name, fetch, options)
  local one = shared[key]
  if not one then
    drop_dead()
    one = refresh.new(name, fetch, options)
    one.key = key
    shared[key] = one
  end
  return one
end

-- fetch(), by one task at a time: who asks meanwhile waits for the same result.
function refresh.once(key, fetch)
  return refresh.shared(key, key, fetch, { uncached = true }):get()
end

-- Forgets all that is shared; keys are got again when they are needed.
function refresh.forget()
  shared = {}
end

return refresh
