-- How fast a client may send, for the adaptive retry mode: a bucket of tokens whose rate follows what the service takes. Each
-- throttled answer cuts it to 70 % of what was sent; each other answer lets it grow along a cubic curve, slowly near the rate
-- at which it went wrong and faster beyond it. The numbers are the SDKs' (botocore retries/adaptive.py, throttling.py,
-- bucket.py). Nothing here reads a clock or waits: `now` is in seconds.

local rate = {}

local SCALE, BETA = 0.4, 0.7  -- of the cubic curve
local SMOOTHING = 0.8         -- how much the newest measurement counts
local WINDOW = 0.5            -- seconds over which a rate is measured
local SLOWEST = 0.5           -- requests a second
local AHEAD = 2               -- times the measured rate that may be allowed

local limiter = {}
limiter.__index = limiter

function rate.new(now)
  return setmetatable({
    enabled = false,                                    -- until the first throttled answer there is no limit
    fill = SLOWEST, most = 1, tokens = 0, filled_at = now,
    measured = 0, count = 0, window = math.floor(now),
    ceiling = 0, zero = 0, failed_at = now,             -- of the curve: where it went wrong, and when it is back there
  }, limiter)
end

local function refill(self, now)
  self.tokens = math.min(self.most, self.tokens + (now - self.filled_at) * self.fill)
  self.filled_at = now
end

-- Takes a token; -> 0, or the seconds after which to ask again.
function limiter:take(now)
  if not self.enabled then
    return 0
  end
  refill(self, now)
  if self.tokens >= 1 then
    self.tokens = self.tokens - 1
    return 0
  end
  return (1 - self.tokens) / self.fill
end

local function measure(self, now)
  local window = math.floor(now / WINDOW) * WINDOW
  self.count = self.count + 1
  if window > self.window then
    self.measured = self.count / (window - self.window) * SMOOTHING + self.measured * (1 - SMOOTHING)
    self.count, self.window = 0, window
  end
  return self.measured
end

local function set_rate(self, value, now)
  refill(self, now)
  self.fill, self.most = math.max(value, SLOWEST), math.max(value, 1)
  self.tokens = math.min(self.tokens, self.most)
end

-- An answer came (or none came): was it throttled?
function limiter:answered(throttled, now)
  local measured = measure(self, now)
  local allowed
  if throttled then
    local at = self.enabled and math.min(measured, self.fill) or measured
    self.ceiling, self.failed_at, self.enabled = at, now, true
    self.zero = (at * (1 - BETA) / SCALE) ^ (1 / 3)
    allowed = at * BETA
  else
    allowed = SCALE * (now - self.failed_at - self.zero) ^ 3 + self.ceiling
  end
  set_rate(self, math.min(allowed, AHEAD * measured), now)
end

return rate
