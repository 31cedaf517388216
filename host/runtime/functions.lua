-- require "functions" (trusted): what the local Step Functions calls as Lambda functions. The orchestrator's is known here.
--   functions.invoke(name_or_arn, payload_json) -> result_json; raises {code="ResourceNotFoundException"} for an unknown one
--     and {code="FunctionError", errorType, message, trace} when the function failed
--   functions.register(name, fn(event) -> result)
local core = require "runtime.functions.core"
local failure = require "explain.failure"
local json = require "json"
local limited = require "runtime.limited"
local log = require "log"
local permissions = require "runtime.permissions"
local sandbox = require "runtime.sandbox"
local scripts = require "runtime.scripts"
local uuid = require "uuid"

local functions = {}

local registered = {}
local set -- the program's scripts
local LIMITS = { instructions = 1000000000, memory = 256 << 20, timeout = 900 }

local function raise(code, message, fields)
  local err = core.error(code, message)
  for name, value in pairs(fields or {}) do err[name] = value end
  error(err, 0)
end

-- "drsh-orchestrator" of "arn:aws:lambda:us-east-1:123456789012:function:drsh-orchestrator:7"
local function name_of(reference)
  return reference:match "^arn:[%w-]+:lambda:[%w-]*:%d*:function:([%w_-]+)" or reference:match "^([%w_-]+):[%w$_-]+$"
    or reference
end

-- Runs in the function's task: JSON in, JSON out; what was raised comes back as plain text.
local function run_orchestrator(generation, payload)
  local _, require_script = sandbox.new(generation.modules)
  local ok, result, traceback = failure.protected(function()
    return json.encode(require_script "orchestrator.handler".handle(json.decode(payload)))
  end)
  if ok then return true, result end
  local kind = type(result) == "table" and (rawget(result, "code") or rawget(result, "error"))
  return false, type(kind) == "string" and kind or "Error", limited.text(result), traceback
end

local function invoke_orchestrator(payload)
  set = set or scripts.open()
  local generation = set:current()
  local id = uuid.v4()
  local context = permissions.context(generation, "orchestrator.handler", id)
  local options = { context = context, limits = LIMITS }
  local outcome, ok, kind, message, traceback = limited.run(options, run_orchestrator, generation, payload)
  if outcome == "ok" and ok then return kind end
  if outcome ~= "ok" then
    kind, message, traceback = outcome == "deadline" and "TimeoutError" or "Runtime.ExitError", limited.text(ok), kind
  end
  log.error("the orchestrator failed", { functionRequestId = id, errorType = kind, error = message, traceback = traceback })
  local trace = json.array {}
  for line in (traceback or ""):gmatch "[^\n]+" do trace[#trace + 1] = line end
  raise("FunctionError", message, { errorType = kind, trace = trace })
end

function functions.register(name, fn)
  registered[name] = function(payload) return json.encode(fn(json.decode(payload))) end
end

function functions.invoke(reference, payload)
  local name = name_of(reference)
  local fn = registered[name] or name == "drsh-orchestrator" and invoke_orchestrator
  if not fn then raise("ResourceNotFoundException", "Function not found: " .. reference) end
  return fn(payload)
end

return functions
