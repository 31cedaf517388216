-- Faults on demand. A rule says which calls it hits and how:
--
--   { service="drs", operation="StartRecovery", region=, account=     what it hits; a member left out hits all
--     kind="throttle" | "server_error" | "error" | "expired_token" | "skew" | "delay" | "reset" | "truncate" | "lost_answer",
--     count=N        hits N calls, then is gone (left out: hits until it is removed)
--     after=N        lets N calls pass first
--     probability=P  hits each call with this chance (0..1), decided by `seed` (default 1): the same calls, the same faults
--     seconds=S      of "delay", on the world's clock
--     code=, message=, status=     of "error" }
--
-- "lost_answer" runs the operation and then drops the connection: the effect is there, the caller does not know. "reset" drops
-- it before the operation runs. "truncate" runs it and sends half of the answer.

local auth = require "local_aws.auth"
local crypto = require "crypto"
local fault = require "local_aws.fault"
local json = require "json"
local nearest = require "aws.nearest"
local task = require "task"
local time = require "time"

local faults = {}

local KINDS = {
  throttle = true, server_error = true, error = true, expired_token = true, skew = true, delay = true, reset = true,
  truncate = true, lost_answer = true,
}

-- How each service says that it throttles, and that it is broken: code, status, text. Codes and statuses are those of the
-- services' models where they have one (SNS ThrottledException, CloudWatch InternalServiceFault, EventBridge
-- InternalException).
local THROTTLE = {
  dynamodb = { "ThrottlingException", 400, "Rate of requests exceeds the allowed throughput." },
  states = { "ThrottlingException", 400, "Rate exceeded" },
  drs = { "ThrottlingException", 429, "Too Many Requests" },
  ec2 = { "RequestLimitExceeded", 503, "Request limit exceeded." },
  sts = { "Throttling", 400, "Rate exceeded" },
  route53 = { "Throttling", 400, "Rate exceeded" },
  ssm = { "ThrottlingException", 400, "Rate exceeded" },
  sns = { "Throttled", 429, "Rate exceeded" },
  monitoring = { "Throttling", 400, "Rate exceeded" },
  events = { "ThrottlingException", 400, "Rate exceeded" },
}
local BROKEN = {
  dynamodb = { "InternalServerError", 500, "Internal server error" },
  states = { "InternalFailure", 500, "Internal failure" },
  drs = { "InternalServerException", 500, "Internal server error" },
  ec2 = { "InternalError", 500, "An internal error has occurred" },
  sts = { "InternalFailure", 500, "Internal failure" },
  route53 = { "InternalFailure", 500, "Internal failure" },
  ssm = { "InternalServerError", 500, "Internal server error" },
  sns = { "InternalError", 500, "Internal error" },
  monitoring = { "InternalServiceError", 500, "Internal service error" },
  events = { "InternalException", 500, "Internal error" },
}

local function raise(answer, extra)
  local failure = fault.new(answer[1], answer[3], extra)
  failure.status = answer[2]
  error(failure, 0)
end

local RAISE = {
  throttle = function(_, call)
    raise(THROTTLE[call.entry.name], call.entry.name == "drs" and { serviceCode = "drs", retryAfterSeconds = "1" } or nil)
  end,
  server_error = function(_, call)
    raise(BROKEN[call.entry.name], call.entry.name == "drs" and { retryAfterSeconds = "1" } or nil)
  end,
  error = function(rule)
    raise { rule.code, rule.status or 400, rule.message or "" }
  end,
  expired_token = function(_, call)
    auth.refuse(call.entry.protocol, "expired", "The security token included in the request is expired")
  end,
  skew = function(_, call)
    local now = time.wall()
    auth.refuse(call.entry.protocol, "mismatch", ("Signature expired: %s is now earlier than %s (%s - 5 min.)"):format(
      time.iso8601(now - 600):gsub("[-:]", ""), time.iso8601(now - 300):gsub("[-:]", ""), time.iso8601(now):gsub("[-:]", "")))
  end,
}

-- The n-th number in [0, 1) of a seed.
local function chance(seed, n)
  return string.unpack(">I4", crypto.sha256(("%d/%d"):format(seed, n))) / 2 ^ 32
end

local MEMBERS = {
  service = "string", operation = "string", region = "string", account = "string", kind = "string", count = "number",
  after = "number", probability = "number", seed = "number", seconds = "number", code = "string", message = "string",
  status = "number",
}

local function refuse(what, ...)
  error("fault: " .. what:format(...), 0)
end

-- A misspelt member would make a rule that hits everything, or nothing.
local function check(rule)
  for name, value in pairs(rule) do
    if not MEMBERS[name] then
      refuse("%s", nearest.message("unknown member", name, nearest.names(MEMBERS)))
    elseif type(value) ~= MEMBERS[name] then
      refuse("%s is to be a %s, and not a %s", name, MEMBERS[name], type(value))
    end
  end
  if not KINDS[rule.kind] then
    refuse("%s", nearest.message("unknown kind", tostring(rule.kind), nearest.names(KINDS)))
  elseif rule.kind == "error" and not rule.code then
    refuse "kind 'error' needs a code"
  elseif rule.kind == "delay" and not rule.seconds then
    refuse "kind 'delay' needs seconds"
  end
end

-- find(service) -> {entry=} | nil, and its model: what rules may name. A service goes by its signing name or its model's.
function faults.new(find)
  local self = {}
  local rules, last_id = {}, 0

  local function check_place(rule)
    local service, model = find(rule.service)
    if not service then
      refuse("no service '%s' in the local AWS", rule.service)
    elseif rule.operation and not model.operations[rule.operation] then
      refuse("%s of %s", nearest.message("unknown operation", rule.operation, nearest.names(model.operations)), rule.service)
    end
    return service.entry.name
  end

  -- Adds a rule and answers it with its id. A rule that makes no sense is refused with a plain string.
  function self.add(rule)
    check(rule)
    local service = rule.service and check_place(rule)
    last_id = last_id + 1
    local added = { id = last_id, hits = 0, seen = 0 }
    for name, value in pairs(rule) do
      added[name] = value
    end
    added.service = service
    rules[#rules + 1] = added
    return added
  end

  function self.remove(id)
    for index = #rules, 1, -1 do
      if id == nil or rules[index].id == id then
        table.remove(rules, index)
      end
    end
  end

  -- Rules as list() gave them, in place of those that are there.
  function self.replace(list)
    rules, last_id = {}, 0
    for index, rule in ipairs(list) do
      rules[index], last_id = rule, math.max(last_id, rule.id)
    end
  end

  function self.list()
    return json.array { table.unpack(rules) }
  end

  local function fits(rule, service, operation, region, account)
    return (not rule.service or rule.service == service) and (not rule.operation or rule.operation == operation)
      and (not rule.region or rule.region == region) and (not rule.account or rule.account == account)
  end

  -- The rule that hits this call, if one does.
  function self.pick(service, operation, region, account)
    for index, rule in ipairs(rules) do
      if fits(rule, service, operation, region, account) then
        rule.seen = rule.seen + 1
        local hit = rule.seen > (rule.after or 0)
          and (not rule.probability or chance(rule.seed or 1, rule.seen) < rule.probability)
        if hit then
          rule.hits = rule.hits + 1
          if rule.count and rule.hits >= rule.count then
            table.remove(rules, index)
          end
          return rule
        end
      end
    end
  end

  -- What a rule does before the operation runs: raises, waits, or nothing.
  function self.before(rule, call)
    if rule.kind == "delay" then
      task.sleep(rule.seconds)
    elseif rule.kind == "reset" then
      error(fault.new("reset", "the connection is dropped"), 0)
    elseif RAISE[rule.kind] then
      RAISE[rule.kind](rule, call)
    end
  end

  -- What a rule does to the answer.
  function self.after(rule, status, headers, body)
    if rule.kind == "reset" or rule.kind == "lost_answer" then
      return 0, {}, ""
    elseif rule.kind == "truncate" then
      headers["content-length"] = ("%d"):format(#body)
      return status, headers, body:sub(1, #body // 2)
    end
    return status, headers, body
  end

  return self
end

return faults
