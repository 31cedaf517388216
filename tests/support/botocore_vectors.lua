-- Checks our protocols against vectors that botocore made (tests/conformance/botocore_requests.py).

local crypto   = require "crypto"
local json     = require "json"
local models   = require "models"
local validate = require "aws.validate"

local PROTOCOLS = {
  json = require "aws.protocol.json",
  ["rest-json"] = require "aws.protocol.rest_json",
  query = require "aws.protocol.query",
  ec2 = require "aws.protocol.ec2",
}

local vectors = {}

-- {"$bytes": base64} -> the bytes
local function with_bytes(value)
  if type(value) ~= "table" then
    return value
  elseif value["$bytes"] then
    return crypto.base64_decode(value["$bytes"])
  end
  for key, item in pairs(value) do
    value[key] = with_bytes(item)
  end
  return value
end

local function unescape(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

-- "b=2&a=1" -> "a=1\nb=2", decoded: order and spelling of escapes are free.
local function form_lines(text)
  local lines = {}
  for pair in text:gmatch("[^&]+") do
    lines[#lines + 1] = unescape(pair)
  end
  table.sort(lines)
  return table.concat(lines, "\n")
end

-- The first difference between two JSON-like values as a sentence, nil when they are the same.
function vectors.difference(ours, theirs, path)
  path = path or "value"
  if type(ours) ~= "table" or type(theirs) ~= "table" then
    return ours ~= theirs and ("%s is %s, botocore has %s"):format(path, tostring(ours), tostring(theirs)) or nil
  end
  if next(theirs) == nil and next(ours) == nil and json.is_array(ours) ~= json.is_array(theirs) then
    return path .. " is an empty list in one and an empty object in the other"
  end
  for key in pairs(theirs) do
    local found = vectors.difference(ours[key], theirs[key], path .. "." .. key)
    if found then
      return found
    end
  end
  for key in pairs(ours) do
    if theirs[key] == nil then
      return path .. "." .. key .. " is there, botocore has none"
    end
  end
end

local function body_difference(request, expected)
  if expected.form then
    local lines = {}
    for index, pair in ipairs(expected.form) do
      lines[index] = pair[1] .. "=" .. pair[2]
    end
    table.sort(lines)
    return vectors.difference(form_lines(request.body), table.concat(lines, "\n"), "form")
  elseif expected.body == "" or request.body == "" then
    return vectors.difference(request.body, expected.body, "body")
  end
  return vectors.difference(json.decode(request.body), json.decode(expected.body), "body")
end

local function check_request(protocol, model, operation, vector)
  local input = with_bytes(vector.input)
  validate.parameters(model, operation, input, {}, 1)
  local request, expected = protocol.request(model, operation, input, {}), vector.request
  local path, query = request.target:match("^([^?]*)%??(.*)$")
  local their_path, their_query = expected.url:match("^([^?]*)%??(.*)$")
  return vectors.difference(request.method, expected.method, "method")
    or vectors.difference(path, their_path, "path")
    or vectors.difference(form_lines(query), form_lines(their_query), "query")
    or vectors.difference(request.headers["x-amz-target"], expected.headers["x-amz-target"], "x-amz-target")
    or expected.headers["content-type"]
      and vectors.difference(request.headers["content-type"], expected.headers["content-type"], "content-type")
    or vectors.difference(operation.endpoint and operation.endpoint.hostPrefix, expected.hostPrefix, "host prefix")
    or body_difference(request, expected)
end

local function check_answer(protocol, model, operation, vector)
  local output = protocol.response(model, operation, vector.answer, {})
  return vectors.difference(output, with_bytes(vector.output), "output")
end

-- Checks every line of a file of vectors; returns how many agree and a list of sentences about those that do not.
function vectors.check(path)
  local agreed, problems = 0, {}
  for line in io.lines(path) do
    local vector = json.decode(line)
    local model = models.load(vector.service)
    local operation, protocol = model.operations[vector.operation], PROTOCOLS[model.metadata.protocol]
    local ran, problem = pcall(vector.request and check_request or check_answer, protocol, model, operation, vector)
    if ran and not problem then
      agreed = agreed + 1
    else
      problems[#problems + 1] = ("%s %s (%s %s): %s"):format(vector.service, vector.operation, vector.size,
        vector.request and "request" or "answer", tostring(problem))
    end
  end
  return agreed, problems
end

return vectors
