-- Recording what AWS answers, and giving it again: testing.record(path, fn) and testing.replay(path, fn). Both stand where the
-- client sends a call, so whatever fn does through require "aws" is kept, or answered from what was kept.
--
-- A file is a list of {service, operation, input, output | error} in JSON, without secrets (testing/stripper.lua).
local failure = require "aws.failure"
local json = require "json"
local send = require "aws.send"
local stripper = require "testing.stripper"

local answers = {}

-- A text for parameters, the same for equal ones.
local function canonical(value)
  if type(value) ~= "table" then return type(value) == "string" and ("%q"):format(value) or tostring(value) end
  local parts = {}
  for key, inner in pairs(value) do
    if not (type(key) == "string" and key:lower():find "clientrequesttoken") then
      parts[#parts + 1] = ("%s=%s"):format(tostring(key), canonical(inner))
    end
  end
  table.sort(parts)
  return "{" .. table.concat(parts, ",") .. "}"
end

-- Runs fn with another send.call, and puts the old one back whatever happens.
local function with_call(call, fn, ...)
  local original = send.call
  send.call = call(original)
  local results = table.pack(pcall(fn, ...))
  send.call = original
  if not results[1] then error(results[2], 0) end
  return table.unpack(results, 2, results.n)
end

-- Once more over all of it: what was found out to be a secret later may have come in a text before.
local function write(path, list, stripped)
  for _, one in ipairs(list) do one.input, one.output = stripped:text(one.input), stripped:strip(one.output) end
  local file = assert(io.open(path, "wb"))
  file:write(json.encode_pretty(list), "\n")
  assert(file:close())
end

--- Runs fn(...) and writes every AWS answer that it gets to a file, secrets stripped. Gives what fn gives. What was answered
-- before a failure is written, too.
function answers.record(path, fn, ...)
  local list, stripped = json.array {}, stripper.new()
  local _ <close> = setmetatable({}, { __close = function() write(path, list, stripped) end })
  return with_call(function(original)
    return function(client, operation, input, options)
      local ok, result = pcall(original, client, operation, input, options)
      local kept = { service = client.service, operation = operation.name, input = canonical(stripped:strip(input)) }
      if ok then
        kept.output = stripped:strip(result)
      elseif failure.is(result) then
        kept.error = { code = result.code, message = stripped:text(result.message), status = result.status }
      end
      if ok or kept.error then list[#list + 1] = kept end
      if not ok then error(result, 0) end
      return result
    end
  end, fn, ...)
end

local function read(path)
  local file, fault = io.open(path, "rb")
  if not file then error({ code = "FILE_UNREADABLE", message = fault }, 0) end
  local text = file:read "a"
  file:close()
  return json.decode(text)
end

-- The first kept answer to this call that was not given yet; the last one stays.
local function take(list, kept_by)
  local last
  for _, one in ipairs(list) do
    if kept_by(one) then
      if not one.given then
        one.given = true
        return one
      end
      last = one
    end
  end
  return last
end

--- Runs fn(...) with the answers of a file in the place of AWS. A call that was not recorded raises, naming it.
function answers.replay(path, fn, ...)
  local list, stripped = read(path), stripper.new()
  return with_call(function()
    return function(client, operation, input)
      local text = canonical(stripped:strip(input))
      local one = take(list, function(kept)
        return kept.service == client.service and kept.operation == operation.name and kept.input == text
      end)
      if not one then
        error(("%s has no answer of %s %s to %s"):format(path, client.service, operation.name, text), 0)
      elseif one.error then
        error(failure.new { service = client.service, operation = operation.name, code = one.error.code,
          message = one.error.message, status = one.error.status, retryable = false }, 0)
      end
      stripped:learn(one.output) -- its names are taken
      return one.output
    end
  end, fn, ...)
end

return answers
