-- Checks calls of ours against what botocore sent and read for the same input and answer (tests/conformance/botocore_requests.py
-- describes a vector). A call goes through the whole client; only the sending is ours.

local aws    = require "aws"
local cbor   = require "cbor"
local crypto = require "crypto"
local http   = require "http"
local json   = require "json"
local models = require "models"
local time   = require "time"
local xml    = require "xml"

local vectors = {}

local KEYS = {
  access_key_id = "AKIDEXAMPLE", secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  session_token = "session/token+with=odd:characters",
}

-- Headers that are ours, or change from call to call.
local OWN = {
  ["user-agent"] = true, ["amz-sdk-invocation-id"] = true, ["amz-sdk-request"] = true, authorization = true,
  ["x-amz-date"] = true, ["accept-encoding"] = true,
}

-- A known difference: judge.py.
local SAID_ONLY_BY_US = { ["application/xml"] = true, ["application/octet-stream"] = true, ["text/plain"] = true }

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

-- "b=2&a=1" -> {"a=1", "b=2"}, decoded: order and spelling of escapes are free. So they are in a signed request that is a
-- parameter; its time and signature may differ.
local function form_lines(text)
  local lines = {}
  for pair in text:gmatch("[^&]+") do
    local name, signed = pair:match "^(Pre[Ss]ignedUrl)=(https.*)$"
    if name then
      local url = unescape(signed):gsub("X%-Amz%-Signature=%x+", ""):gsub("X%-Amz%-Date=%w+", ""):gsub("%?", "&")
      pair = name .. "=" .. table.concat(form_lines(url), " ")
    end
    lines[#lines + 1] = unescape(pair)
  end
  table.sort(lines)
  return lines
end

local function is_close(ours, theirs)
  return math.type(ours) == "float" and type(theirs) == "number" and math.abs(ours - theirs) < 1e-6
end

-- The first difference between two JSON-like values as a sentence, nil when they are the same. What no model knows, we keep.
function vectors.difference(ours, theirs, path)
  path = path or "value"
  if type(ours) ~= "table" or type(theirs) ~= "table" then
    return ours ~= theirs and not is_close(ours, theirs)
      and ("%s is %s, botocore has %s"):format(path, tostring(ours), tostring(theirs)) or nil
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
    if theirs[key] == nil and key ~= "memberOfTheFuture" then
      return path .. "." .. key .. " is there, botocore has none"
    end
  end
end

-- An element as a text in which the order of differently named neighbours does not show.
local function canonical_xml(element)
  local texts, attributes = {}, {}
  for index, child in ipairs(element.children) do
    texts[index] = { name = child.name, index = index, text = canonical_xml(child) }
  end
  table.sort(texts, function(a, b)
    return a.name < b.name or a.name == b.name and a.index < b.index
  end)
  for index, child in ipairs(texts) do
    texts[index] = child.text
  end
  for name, value in pairs(element.attributes) do
    attributes[#attributes + 1] = (" %s=%q"):format(name, value)
  end
  table.sort(attributes)
  return ("<%s%s>%s%s</>"):format(element.name, table.concat(attributes), element.text, table.concat(texts))
end

local function body_difference(ours, theirs, content_type)
  if ours == theirs then
    return nil
  elseif ours == "" or theirs == "" then
    return vectors.difference(ours, theirs, "body")
  elseif content_type:find "json" or theirs:find "^{.*}$" then -- the content type may be a parameter of the call
    return vectors.difference(json.decode(ours), json.decode(theirs), "body")
  elseif content_type:find "cbor" then
    return vectors.difference(cbor.decode(ours), cbor.decode(theirs), "body")
  elseif content_type:find "form" then
    return vectors.difference(form_lines(ours), form_lines(theirs), "form")
  elseif content_type == "" and theirs:find "^<" then
    return vectors.difference(canonical_xml(xml.parse(ours)), canonical_xml(xml.parse(theirs)), "body")
  end
  return vectors.difference(ours, theirs, "body")
end

local function scope_of(headers)
  return headers.authorization and headers.authorization:match "Credential=[^/]+/%d+/([^/]+/[^/]+)/"
end

-- What headers say of a body that may be written in several ways is checked against each side's own.
local SUMS = {
  ["x-amz-content-sha256"] = function(body) return crypto.hex(crypto.sha256(body)) end,
  ["x-amz-checksum-crc32"] = function(body) return crypto.base64_encode((">I4"):pack(crypto.crc32(body))) end,
  ["x-amz-checksum-sha1"] = function(body) return crypto.base64_encode(crypto.sha1(body)) end,
  ["x-amz-checksum-sha256"] = function(body) return crypto.base64_encode(crypto.sha256(body)) end,
  ["x-amz-checksum-sha512"] = function(body) return crypto.base64_encode(crypto.sha512(body)) end,
}

local function settle_sums(headers, body)
  for name, sum in pairs(SUMS) do
    headers[name] = headers[name] == sum(body) and "that of the body" or headers[name]
  end
end

local function request_difference(request, expected)
  local origin, path, query = request.url:match "^(https?://[^/?]+)([^?]*)%??(.*)$"
  local their_origin, their_path, their_query = expected.url:match "^(https?://[^/?]+)([^?]*)%??(.*)$"
  local headers = {}
  for name, value in pairs(request.headers) do
    headers[name:lower()] = value
  end
  local found = vectors.difference(request.method, expected.method, "method")
    or not expected.anyHost and vectors.difference(origin, their_origin, "origin")
    or vectors.difference(path == "" and "/" or path, their_path == "" and "/" or their_path, "path")
    or vectors.difference(form_lines(query), form_lines(their_query), "query")
    or vectors.difference(scope_of(headers), expected.scope, "scope of the signature")
    or body_difference(request.body or "", expected.body, expected.headers["content-type"] or "")
  if SAID_ONLY_BY_US[headers["content-type"]] and not expected.headers["content-type"] then
    headers["content-type"] = nil
  end
  settle_sums(headers, request.body or "")
  settle_sums(expected.headers, expected.body)
  for name in pairs(OWN) do
    headers[name], expected.headers[name] = nil, nil
  end
  return found or vectors.difference(headers, expected.headers, "headers")
end

local function failure_difference(problem, expected)
  if not aws.is_error(problem) then
    return "raises " .. tostring(problem)
  end
  return vectors.difference(problem.code, expected.code, "code")
    or vectors.difference(problem.message, expected.message, "message")
    or vectors.difference(problem.members, expected.members, "members")
end

-- What a service answers that is asked where to call it; judge.py has the same.
local DISCOVERED = { status = 200, headers = {},
  body = '{"Endpoints":[{"Address":"discovered.example.com","CachePeriodInMinutes":1440}]}' }

-- An answer as http.open gives it, in pieces that end anywhere.
local function streamed(answer)
  local at = 1
  local body = { close = function() end }
  function body.read()
    local piece = answer.body:sub(at, at + 6)
    at = at + #piece
    return piece ~= "" and piece or nil
  end
  return { status = answer.status, headers = answer.headers, body = body }
end

-- Reads the stream of events in an output, if there is one: a function that gives the output with a list in its place.
local function events_of(output)
  for name, stream in pairs(output) do
    if getmetatable(stream) == "aws.events" then
      return function()
        local list = json.array {}
        for event in stream do
          list[#list + 1] = event
        end
        output[name] = list
        return output
      end
    end
  end
end

local clients = {}

-- A client that speaks the protocol, nil for the usual one.
local function client_of(service, region, protocol)
  local key, metadata = service .. " " .. region .. " " .. (protocol or ""), models.load(service).metadata
  if not clients[key] then
    local usual = metadata.protocol
    metadata.protocol = protocol or usual
    clients[key] = aws.client(service, { region = region, credentials = KEYS, max_attempts = 1 })
    metadata.protocol = usual
  end
  return clients[key]
end

-- Nothing, or what differs.
local function check(vector)
  local sent, request, open, wall = nil, http.request, http.open, time.wall
  http.request = function(options)
    local target = options.headers["x-amz-target"] or ""
    if target:find "%.DescribeEndpoints$" and vector.operation ~= "DescribeEndpoints" then
      return DISCOVERED
    end
    sent = options
    return vector.answer
  end
  http.open = function(options)
    sent = options
    return streamed(vector.answer)
  end
  if vector.time then
    time.wall = function() return vector.time end
  end
  local client = client_of(vector.service, vector.region, vector.protocol)
  local called, output = pcall(client[vector.method], client, vector.input)
  local listed = called and events_of(output)
  if listed then
    called, output = pcall(listed)
  end
  http.request, http.open, time.wall = request, open, wall
  if not sent then
    return "sends nothing: " .. tostring(output)
  end
  local found = request_difference(sent, vector.request)
  if found then
    return "request: " .. found
  elseif vector.failure then
    return failure_difference(output, vector.failure)
  elseif not called then
    return "answer: " .. tostring(output)
  end
  return vectors.difference(output, vector.output, "output")
end

-- Checks every line of an iterator; returns how many agree and a list of sentences about those that do not.
function vectors.check(lines)
  local agreed, problems = 0, {}
  for line in lines do
    local vector = with_bytes(json.decode(line))
    local ran, problem = pcall(check, vector)
    if ran and not problem then
      agreed = agreed + 1
    else
      problems[#problems + 1] = ("%s.%s: %s"):format(vector.service, vector.operation, tostring(problem))
    end
  end
  return agreed, problems
end

-- How many vectors there should be: one for each operation of all models, and of CloudWatch's one in CBOR, too.
function vectors.count()
  local count = 0
  for _, service in ipairs(models.services()) do
    for _ in pairs(models.load(service).operations) do
      count = count + (service == "cloudwatch" and 2 or 1)
    end
  end
  return count
end

return vectors
