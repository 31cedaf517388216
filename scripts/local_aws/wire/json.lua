-- awsJson 1.0 and 1.1, the server's side: DynamoDB, Step Functions, SSM, EventBridge, CloudWatch.

local fault = require "local_aws.fault"
local json = require "json"
local json_values = require "local_aws.wire.json_values"
local validate = require "local_aws.wire.validate"

local wire = {}

-- The faults that AWS's front raises before a service sees the call, and where their type names come from.
local CORAL = {
  UnknownOperationException = "com.amazon.coral.service#",
  UnrecognizedClientException = "com.amazon.coral.service#",
  SerializationException = "com.amazon.coral.service#",
  InvalidSignatureException = "com.amazon.coral.service#",
  IncompleteSignatureException = "com.amazon.coral.service#",
  MissingAuthenticationTokenException = "com.amazon.coral.service#",
  ExpiredTokenException = "com.amazon.coral.service#",
  AccessDeniedException = "com.amazon.coral.service#",
  InternalFailure = "com.amazon.coral.service#",
  ServiceUnavailable = "com.amazon.coral.service#",
  ValidationException = "com.amazon.coral.validate#",
}

-- Those of the front that call their text "Message".
local CAPITAL = { SerializationException = true, AccessDeniedException = true }

-- Type names of a service's own errors.
local PREFIXES = { dynamodb = "com.amazonaws.dynamodb.v20120810#" }

-- The operation's name, or nil and what was asked for.
function wire.operation(entry, model, request)
  local target = request.headers["x-amz-target"] or ""
  local prefix, name = target:match("^([^.]*)%.(.*)$")
  if prefix == entry.target and model.operations[name] then
    return name
  end
  return nil, name or target
end

function wire.decode(model, operation, request)
  local shape = model.operations[operation].input
  local ok, value = pcall(json.decode, request.body == "" and "{}" or request.body)
  if not ok or type(value) ~= "table" then
    fault.raise "SerializationException"
  end
  return shape and json_values.decode(model, shape, value) or json.object {}
end

-- An operation of no such name. Of this, and of a body that is no JSON, AWS tells the type and not a word more.
function wire.unknown(_, request)
  local is_json = request.body == "" or pcall(json.decode, request.body)
  fault.raise(is_json and "UnknownOperationException" or "SerializationException")
end

function wire.invalid(found)
  fault.raise("ValidationException", validate.message(found))
end

local function content_type(request)
  local asked = request.headers["content-type"] or "application/json"
  return asked:match "application/x%-amz%-json%-1%.%d" or asked:match "^%s*(application/json)%f[%s;\0]"
    or "application/x-amz-json-1.0"
end

function wire.encode(model, operation, output, request)
  local shape = model.operations[operation].output
  local body = shape and json.encode(json_values.encode(model, shape, output)) or ""
  return 200, { ["content-type"] = content_type(request) }, body
end

function wire.encode_fault(entry, model, failure, status, request)
  local shape = model and model.shapes[failure.code]
  local body = json.object {}
  if shape and failure.extra then
    body = json_values.encode(model, failure.code, failure.extra)
  end
  local prefix = CORAL[failure.code]
  if shape and not prefix then
    prefix = PREFIXES[entry.name]
  end
  body.__type = (PREFIXES[entry.name] and prefix or "") .. failure.code
  local is_capital = CAPITAL[failure.code] or shape and shape.members and shape.members.Message
  body[is_capital and "Message" or "message"] = failure.message ~= "" and failure.message or nil
  local headers = { ["content-type"] = content_type(request) }
  -- A service that spoke the query protocol first tells its old codes, too.
  if model and model.metadata.awsQueryCompatible then
    local code = shape and shape.error and shape.error.code or failure.code
    headers["x-amzn-query-error"] = code .. (status < 500 and ";Sender" or ";Receiver")
  end
  return status, headers, json.encode(body)
end

return wire
