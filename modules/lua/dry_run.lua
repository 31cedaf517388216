-- Dry runs: in one, the AWS client writes each call that would change something down, and sends none of them.
--
--   dry_run.is_on()                            is the running task part of one? A script seldom needs to know
--   dry_run.check(name, result, message)       what a check said, for the answer: "passed", "refused", "unknown"
--
-- The host begins one (trusted code alone may): local run = dry_run.new(), and then a task whose context has dry_run = run. All
-- that the task starts inherits it. dry_run.report(run) tells what happened, without secrets.

local dynamodb = require "dynamodb"
local failure  = require "aws.failure"
local json     = require "json"
local placeholders = require "aws.placeholders"
local task     = require "task"

local dry_run = {}

local HIDDEN = "(hidden)"
local SHORTEST_SECRET = 12   -- characters; shorter ones are not looked for inside other texts

--- A new record. What is written in it is told to `parent`, the dry run that it is part of, too.
function dry_run.new(parent)
  return { writes = json.array {}, checks = json.array {}, items = {}, secrets = {}, parent = parent }
end

--- The dry run that the running task is part of, or nil.
function dry_run.current()
  local context = task.context()
  return context and context.dry_run or nil
end

function dry_run.is_on() return dry_run.current() ~= nil end

--- Adds what a check said. Outside a dry run it does nothing.
function dry_run.check(name, result, message)
  local run = dry_run.current()
  if run then run.checks[#run.checks + 1] = { check = name, result = result, message = message } end
end

-- --- secrets ---

-- Names of what lets its holder act. A page token, or a token that only makes a call repeatable, does not.
local function is_secret(name)
  if type(name) ~= "string" then return false end
  local lower = name:lower()
  if lower:find("secret", 1, true) or lower:find("password", 1, true) then return true end
  local is_harmless = lower:find("^next") or lower:find("^client") or lower:find("request", 1, true)
  return lower:find("token", 1, true) ~= nil and not is_harmless
end

local function shown_scalar(value) -- what is no text of its own is shown as one
  if type(value) == "string" then
    return utf8.len(value) and value or ("(%d bytes)"):format(#value)
  elseif type(value) == "number" or type(value) == "boolean" or value == json.null then
    return value
  end
  return shown_scalar(tostring(value))
end

-- A copy that JSON can hold, with secrets hidden; what was hidden is added to `secrets`.
local function shown(value, secrets, hide)
  if dynamodb.kind(value) == "set" then
    local list = json.array {}
    for _, item in ipairs(value) do list[#list + 1] = shown_scalar(item) end
    return list
  elseif type(value) ~= "table" or value == json.null or dynamodb.kind(value) then
    if hide and type(value) == "string" and #value >= SHORTEST_SECRET then secrets[#secrets + 1] = value end
    return hide and value ~= json.null and HIDDEN or shown_scalar(value)
  end
  local by_name = placeholders.of(value, is_secret)
  local copy = json.is_array(value) and json.array {} or json.object {}
  for name, item in pairs(value) do
    if name == "ExpressionAttributeValues" and type(item) == "table" then
      local values = json.object {}
      for placeholder, one in pairs(item) do values[placeholder] = shown(one, secrets, hide or by_name[placeholder]) end
      copy[name] = values
    else
      copy[name] = shown(item, secrets, hide or is_secret(name))
    end
  end
  return copy
end

-- Secrets turn up in other texts, too: a token in the input of a state machine.
local function without(value, secrets)
  if type(value) == "string" then
    for _, secret in ipairs(secrets) do
      local from, to = value:find(secret, 1, true)
      while from do
        value = value:sub(1, from - 1) .. HIDDEN .. value:sub(to + 1)
        from, to = value:find(secret, from + #HIDDEN, true)
      end
    end
  elseif type(value) == "table" and value ~= json.null then
    for name, item in pairs(value) do value[name] = without(item, secrets) end
  end
  return value
end

--- Writes a call down: {service, operation, region, account, parameters}.
function dry_run.record(run, write)
  local seen = write
  repeat
    local copy = {}
    for name, value in pairs(seen) do copy[name] = value end
    copy.parameters = shown(write.parameters, run.secrets)
    run.writes[#run.writes + 1] = copy
    run = run.parent
  until not run
end

--- A dry run makes no HTTP request but those that read; it ends at another one, for nobody knows its answer.
function dry_run.refuse_http(options)
  local run = dry_run.current()
  local method = type(options) == "table" and type(options.method) == "string" and options.method:upper() or "GET"
  if not run or method == "GET" or method == "HEAD" then return end
  dry_run.record(run, { service = "http", operation = method, parameters = { url = options.url } })
  run.stopped = { service = "http", operation = method }
  error(failure.new {
    code = "DRY_RUN_STOPPED", service = "http", operation = method, retryable = false,
    message = "the dry run ends here: this HTTP request is not made, and what would follow depends on its answer",
  }, 0)
end

--- What would have been written, in order, and what the checks said: {writes, checks, stoppedAt}.
function dry_run.report(run)
  return {
    writes = without(run.writes, run.secrets), checks = run.checks, stoppedAt = run.stopped,
  }
end

return dry_run
