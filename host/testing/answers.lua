-- Recording what AWS answers, and giving it again: testing.record(path, fn) and testing.replay(path, fn). Both stand where the
-- client sends a call, so whatever fn does through require "aws" is kept, or answered from what was kept.
--
-- A file is a list of {service, operation, input, output | error} in JSON. Values that are secret (keys, tokens, external ids)
-- are not in it: each is replaced by a name of its own, the same wherever it comes again, so that pages and task tokens still
-- fit together. Account ids are replaced, too.
local failure = require "aws.failure"
local json = require "json"
local send = require "aws.send"

local answers = {}

local SECRET = { "secret", "token", "password", "credential", "signature", "accesskey", "externalid", "authorization" }

local function is_secret(name)
  local lower = type(name) == "string" and name:lower() or ""
  for _, word in ipairs(SECRET) do
    if lower:find(word, 1, true) then return true end
  end
  return false
end

local function new_stripper()
  local names, accounts, count, account_count = {}, {}, 0, 0

  local function account(id)
    if not accounts[id] then
      account_count = account_count + 1
      accounts[id] = ("%012d"):format(111111111111 * account_count)
    end
    return accounts[id]
  end

  local function text(value)
    return (value:gsub("%f[%d]%d%d%d%d%d%d%d%d%d%d%d%d%f[%D]", account))
  end

  local strip
  function strip(value, name)
    if type(value) == "string" and is_secret(name) then
      if not names[value] then
        count = count + 1
        names[value] = ("%s-%d"):format(name, count)
      end
      return names[value]
    elseif type(value) == "string" then
      return text(value)
    elseif type(value) ~= "table" or value == json.null then
      return value
    end
    local copy = json.is_array(value) and json.array {} or json.object {}
    for key, inner in pairs(value) do copy[type(key) == "string" and text(key) or key] = strip(inner, key) end
    return copy
  end
  return strip
end

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

local function write(path, list)
  local file = assert(io.open(path, "wb"))
  file:write(json.encode_pretty(list), "\n")
  assert(file:close())
end

--- Runs fn(...) and writes every AWS answer that it gets to a file, secrets stripped. Gives what fn gives. What was answered
-- before a failure is written, too.
function answers.record(path, fn, ...)
  local list, strip = json.array {}, new_stripper()
  local _ <close> = setmetatable({}, { __close = function() write(path, list) end })
  return with_call(function(original)
    return function(client, operation, input, options)
      local ok, result = pcall(original, client, operation, input, options)
      local kept = { service = client.service, operation = operation.name, input = canonical(strip(input)) }
      if ok then
        kept.output = strip(result)
      elseif failure.is(result) then
        kept.error = { code = result.code, message = strip(result.message), status = result.status }
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
  local list = read(path)
  return with_call(function()
    return function(client, operation, input)
      local text = canonical(input)
      local one = take(list, function(kept)
        return kept.service == client.service and kept.operation == operation.name and kept.input == text
      end)
      if not one then
        error(("%s has no answer of %s %s to %s"):format(path, client.service, operation.name, text), 0)
      elseif one.error then
        error(failure.new { service = client.service, operation = operation.name, code = one.error.code,
          message = one.error.message, status = one.error.status, retryable = false }, 0)
      end
      return one.output
    end
  end, fn, ...)
end

return answers
