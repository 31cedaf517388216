-- When and how long until the next try: the SDKs' standard mode as of November 2026.
-- A quota of tokens, shared by all calls to one endpoint, keeps a struggling service from being hit by retries alone.

local retry = {}

local QUOTA = { capacity = 500, retry = 14, throttling = 5, success = 1 }
local DELAY = { base = 0.05, throttling = 1, dynamodb = 0.025, ceiling = 20 }
local HINT_MAXIMUM = 5 -- seconds beyond our own delay that a server's hint may ask for

local function set(words)
  local found = {}
  for word in words:gmatch("%S+") do
    found[word] = true
  end
  return found
end

local THROTTLING = set [[
  Throttling ThrottlingException ThrottledException RequestThrottledException RequestThrottled TooManyRequestsException
  ProvisionedThroughputExceededException TransactionInProgressException RequestLimitExceeded BandwidthLimitExceeded
  LimitExceededException SlowDown PriorRequestNotComplete EC2ThrottledException
]]
local TRANSIENT = set [[
  RequestTimeout RequestTimeoutException InternalError IDPCommunicationError CRC_MISMATCH
  HTTP_CONNECT HTTP_TIMEOUT HTTP_RESET HTTP_TRUNCATED
]]
local TRANSIENT_STATUS = { [500] = true, [502] = true, [503] = true, [504] = true }

-- "throttling", "transient" or nil (no sense in trying again). `modelled` is the error's shape, where the model has one.
function retry.kind(code, status, modelled)
  local fact = modelled and modelled.retryable
  if THROTTLING[code] or status == 429 or fact and fact.throttling then
    return "throttling"
  elseif TRANSIENT[code] or TRANSIENT_STATUS[status] or fact then
    return "transient"
  end
end

local policy = {}
policy.__index = policy

-- The memory of one endpoint. `random` gives 0..1.
function retry.new(service, random)
  return setmetatable({ service = service, tokens = QUOTA.capacity, random = random or math.random }, policy)
end

-- Tries in all: DynamoDB's own number is one more.
function retry.attempts(service)
  return service == "dynamodb" and 4 or 3
end

-- Takes the tokens for one more try; nil when the quota is empty.
function policy:acquire(kind)
  local cost = kind == "throttling" and QUOTA.throttling or QUOTA.retry
  if self.tokens < cost then
    return nil
  end
  self.tokens = self.tokens - cost
  return cost
end

-- After a success: what the last try cost comes back, 1 for a success at once.
function policy:release(cost)
  self.tokens = math.min(QUOTA.capacity, self.tokens + (cost or QUOTA.success))
end

-- Seconds to wait before retry n (1 for the first). `hint_ms` is the x-amz-retry-after header, a number or nil.
function policy:delay(kind, n, hint_ms)
  local base = kind == "throttling" and DELAY.throttling or self.service == "dynamodb" and DELAY.dynamodb or DELAY.base
  local delay = self.random() * math.min(base * 2 ^ (n - 1), DELAY.ceiling)
  if hint_ms then
    delay = math.max(delay, math.min(hint_ms / 1000, delay + HINT_MAXIMUM))
  end
  return delay
end

return retry
