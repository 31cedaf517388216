-- restXml, the server's side: Route 53. Operation, path, query string and headers as in rest_json.lua, XML in the bodies.

local crypto = require "crypto"
local fault = require "local_aws.fault"
local json = require "json"
local rest_json = require "local_aws.wire.rest_json"
local time = require "time"
local validate = require "local_aws.wire.validate"
local xml = require "xml"
local xml_writer = require "local_aws.wire.xml_writer"

local wire = { operation = rest_json.operation }

local HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n'

local function headers()
  return { ["content-type"] = "text/xml" }
end

local function malformed(element, kind)
  fault.raise("InvalidInput", ("Invalid XML ; Value '%s' of element '%s' is not a valid %s"):format(element.text or "",
    element.name, kind))
end

local function number(text)
  local value = tonumber(text)
  return value and (math.tointeger(value) or value)
end

local SCALARS = {
  string = function(text)
    return text
  end,
  integer = number, long = number, float = tonumber, double = tonumber,
  boolean = function(text)
    if text == "true" or text == "1" then
      return true
    elseif text == "false" or text == "0" then
      return false
    end
  end,
  timestamp = time.parse, blob = crypto.base64_decode,
}

local read

local function local_name(element)
  return element.name:match("[^:]+$")
end

local function read_structure(model, shape, element)
  local out, members = {}, {}
  for name, member in pairs(shape.members or {}) do
    members[member.locationName or name] = { name = name, shape = member.shape }
  end
  for _, child in ipairs(element.children) do
    local member = members[local_name(child)]
    if not member then
      fault.raise("InvalidInput", ("Invalid XML ; Unexpected element '%s' in '%s'"):format(local_name(child),
        local_name(element)))
    end
    out[member.name] = read(model, member.shape, child)
  end
  return json.object(out)
end

function read(model, shape_name, element)
  local shape = model.shapes[shape_name]
  if shape.type == "structure" then
    return read_structure(model, shape, element)
  elseif shape.type == "list" then
    local out = {}
    for index, child in ipairs(element.children) do
      out[index] = read(model, shape.member.shape, child)
    end
    return json.array(out)
  end
  local value = SCALARS[shape.type](element.text or "")
  if value == nil then
    malformed(element, shape.type)
  end
  return value
end

function wire.decode(model, operation, request)
  local shape_name = model.operations[operation].input
  if not shape_name then
    return json.object {}
  end
  local shape, input = model.shapes[shape_name], json.object {}
  if request.body:find("%S") then
    local ok, element = pcall(xml.parse, request.body)
    if not ok then
      fault.raise("InvalidInput", "Invalid XML ; " .. tostring(element.message or element))
    end
    input = read_structure(model, shape, element)
  end
  rest_json.locations(model, shape, request, input)
  return input
end

function wire.invalid(found)
  fault.raise("InvalidInput", validate.message(found))
end

function wire.unknown(_, request)
  local failure = fault.new("UnknownOperationException", "Unable to determine service/operation name to be authorized")
  failure.status = request.method == "GET" and 404 or 400
  error(failure, 0)
end

function wire.encode(model, operation, output)
  local entry = model.operations[operation]
  local answer_headers, body = headers(), {}
  local shape = entry.output and model.shapes[entry.output]
  for name, value in pairs(shape and output or {}) do
    local member = shape.members[name]
    if member and member.location == "header" then
      answer_headers[member.locationName:lower()] = tostring(value)
    else
      body[name] = value
    end
  end
  local members = shape and xml_writer.members(model, entry.output, body, { precision = "ms" }) or ""
  return entry.http.responseCode or 200, answer_headers,
    (HEADER .. '<%sResponse xmlns="https://%s.amazonaws.com/doc/%s/">%s</%sResponse>'):format(operation,
      model.metadata.endpointPrefix, model.metadata.apiVersion, members, operation)
end

function wire.encode_fault(entry, _, failure, status, _, request_id)
  local body = (HEADER .. '<ErrorResponse xmlns="%s"><Error><Type>%s</Type><Code>%s</Code><Message>%s</Message></Error>'
    .. "<RequestId>%s</RequestId></ErrorResponse>"):format(entry.namespace or "", status < 500 and "Sender" or "Receiver",
      failure.code, xml.escape(failure.message), request_id)
  return status, headers(), body
end

return wire
