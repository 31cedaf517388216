-- Runs what is not trusted: in a task of its own, with limits, and nothing of it is believed afterwards.
local _, core = ...
local json = require "json"
local running = require "runtime.running"

local limited = {}

local TEXT_LIMIT = 4096

-- Where an AWS call failed: " (drs StartRecovery, eu-west-1, account 123456789012, HTTP 409, request r-1)"; "" for other
-- errors.
local function place_of(err)
  if getmetatable(err) ~= "aws.error" then return "" end
  local words = {}
  for _, part in ipairs { { "%s", "service" }, { "%s", "operation" }, { "%s", "region" }, { "account %s", "account" },
    { "HTTP %s", "status" }, { "request %s", "requestId" } } do
    local value = rawget(err, part[2])
    if type(value) == "string" or type(value) == "number" then words[#words + 1] = part[1]:format(value) end
  end
  if rawget(err, "outcomeUnknown") == true then words[#words + 1] = "outcome unknown" end
  return (" (%s)"):format(table.concat(words, ", "):gsub("^([^,]+), ", "%1 ", 1))
end

-- An error as text, whatever it is, without calling anything of the script's own.
function limited.text(err)
  local text
  if type(err) == "string" then
    text = err
  elseif type(err) == "table" and type(rawget(err, "message")) == "string" then
    local code = rawget(err, "code") or rawget(err, "error")
    text = (type(code) == "string" and code .. ": " or "") .. rawget(err, "message") .. place_of(err)
  elseif type(err) == "table" then
    local ok, encoded = pcall(json.encode, err)
    text = ok and "an error without message: " .. encoded or "an error that is a table without message"
  elseif err == nil then
    text = "nil was raised"
  else
    text = ("an error that is a %s: %s"):format(type(err), tostring(err))
  end
  return #text > TEXT_LIMIT and text:sub(1, TEXT_LIMIT) .. "..." or text
end

--- Runs fn(...) in a child task. options: context (what the host says about the task), limits {instructions, memory, timeout}.
-- Gives "ok" and the results, or "error", "deadline", "cancelled", and then the error and the traceback.
function limited.run(options, fn, ...)
  local limits = options.limits
  local child = core.limited({
    context = options.context, instructions = limits.instructions, memory = limits.memory,
    timeout_us = limits.timeout and math.ceil(limits.timeout * 1000000) or nil,
  }, fn, ...)
  local context = options.context
  if not context or not context.requestId then return child:outcome() end
  local _ <close> = running.add(context, child)
  return child:outcome()
end

--- Makes the running task one that has an id and can be ended by it: a runbook. Gives a <close> value.
function limited.adopt(context)
  return running.add(context, core.adopt(context))
end

return limited
