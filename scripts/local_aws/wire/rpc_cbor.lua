-- Smithy's RPC v2 with CBOR, the server's side: CloudWatch with the newer SDKs of some languages.
-- https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html

local cbor = require "cbor"
local fault = require "local_aws.fault"
local json = require "json"
local json_values = require "local_aws.wire.json_values"
local validate = require "local_aws.wire.validate"

local wire = {}

-- The service and the operation that a path names; nil for a path of another protocol.
function wire.path(path)
  return path:match("^/service/([%w_]+)/operation/([%w_]+)$")
end

function wire.operation(_, model, request)
  local _, name = wire.path(request.path)
  return model.operations[name] and name or nil, name
end

function wire.decode(model, operation, request)
  local shape = model.operations[operation].input
  local ok, value = pcall(cbor.decode, request.body == "" and "\xa0" or request.body)
  if not ok or type(value) ~= "table" then
    fault.raise("SerializationException", "Unexpected token in the request body")
  end
  -- From here on it is as JSON: times are numbers already, and no input of these services holds bytes.
  return shape and json_values.decode(model, shape, value) or json.object {}
end

function wire.invalid(found)
  fault.raise("ValidationException", validate.message(found))
end

local write

local function write_list(model, shape, value)
  local items = {}
  for index, item in ipairs(value) do
    items[index] = write(model, shape.member.shape, item)
  end
  return cbor.list(items)
end

local function write_map(model, shape, value)
  local items = {}
  for key, item in pairs(value) do
    items[#items + 1] = cbor.text(key)
    items[#items + 1] = write(model, shape.value.shape, item)
  end
  return cbor.map(items)
end

local function write_structure(model, shape, value)
  local items = {}
  for name, item in pairs(value) do
    local member = shape.members[name] or error("answered member '" .. tostring(name) .. "' is not in the model", 0)
    items[#items + 1] = cbor.text(name)
    items[#items + 1] = write(model, member.shape, item)
  end
  return cbor.map(items)
end

local WRITE = {
  structure = write_structure, list = write_list, map = write_map,
  string = function(_, _, value) return cbor.text(value) end,
  blob = function(_, _, value) return cbor.bytes(value) end,
  boolean = function(_, _, value) return cbor.boolean(value) end,
  timestamp = function(_, _, value) return cbor.time(value) end,
  integer = function(_, _, value) return cbor.integer(value) end,
  long = function(_, _, value) return cbor.integer(value) end,
  float = function(_, _, value) return cbor.float(value) end,
  double = function(_, _, value) return cbor.double(value) end,
}

function write(model, shape_name, value)
  local shape = model.shapes[shape_name]
  return WRITE[shape.type](model, shape, value)
end

local function headers()
  return { ["content-type"] = "application/cbor", ["smithy-protocol"] = "rpc-v2-cbor" }
end

function wire.encode(model, operation, output)
  local shape = model.operations[operation].output
  return 200, headers(), shape and write(model, shape, output) or cbor.map {}
end

function wire.encode_fault(entry, model, failure, status)
  local shape, answer = model and model.shapes[failure.code], headers()
  if model and model.metadata.awsQueryCompatible then
    local code = shape and shape.error and shape.error.code or failure.code
    answer["x-amzn-query-error"] = code .. (status < 500 and ";Sender" or ";Receiver")
  end
  local kind = shape and ("com.amazonaws.%s#%s"):format(entry.model, failure.code) or failure.code
  return status, answer, cbor.map { cbor.text "__type", cbor.text(kind), cbor.text "message", cbor.text(failure.message) }
end

return wire
