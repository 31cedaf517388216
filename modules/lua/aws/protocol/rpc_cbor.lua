-- Smithy RPC v2 with CBOR: the operation in the path, CBOR both ways (smithy.io/2.0/additional-specs/protocols).

local cbor      = require "cbor"
local failure   = require "aws.protocol.failure"
local json      = require "json"
local json_body = require "aws.protocol.json_body"
local models    = require "models"
local scalar    = require "aws.protocol.scalar"

local protocol = {}

local write

local writers = {
  blob = function(_, _, value) return cbor.bytes(value) end,
  boolean = function(_, _, value) return cbor.boolean(value) end,
  timestamp = function(_, _, value) return cbor.time(scalar.seconds(value)) end,
  integer = function(_, _, value) return cbor.integer(value) end,
  float = function(_, _, value) return cbor.float(value) end,
  double = function(_, _, value) return cbor.double(value) end,
  string = function(_, _, value) return cbor.text(value) end,
}
writers.long = writers.integer

function writers.list(model, shape, value)
  local element, items = models.resolve(model, shape.member), {}
  for index = 1, #value do
    items[index] = write(model, element, value[index])
  end
  return cbor.list(items)
end

function writers.map(model, shape, value)
  local element, items = models.resolve(model, shape.value), {}
  for key, item in pairs(value) do
    items[#items + 1] = cbor.text(key)
    items[#items + 1] = write(model, element, item)
  end
  return cbor.map(items)
end

function writers.structure(model, shape, value)
  local items = {}
  for name, item in pairs(value) do
    items[#items + 1] = cbor.text(name)
    items[#items + 1] = write(model, models.resolve(model, shape.members[name]), item)
  end
  return cbor.map(items)
end

function write(model, shape, value)
  return writers[shape.type](model, shape, value)
end

function protocol.request(model, operation, input)
  local metadata = model.metadata
  local shape = operation.input and model.shapes[operation.input]
  return {
    method = "POST",
    target = ("/service/%s/operation/%s"):format(metadata.targetPrefix, operation.name),
    headers = {
      accept = "application/cbor",
      ["content-type"] = shape and "application/cbor" or nil,
      ["smithy-protocol"] = "rpc-v2-cbor",
      ["x-amzn-query-mode"] = failure.query_mode(metadata),
    },
    body = shape and write(model, shape, input) or "",
  }
end

-- Bytes and times come as what they are: only members that are null have to go.
function protocol.read_body(model, shape, body)
  local value = body == "" and json.object {} or cbor.decode(body)
  if type(value) ~= "table" or json.is_array(value) then
    error({ code = "UNREADABLE_ANSWER", message = "the body is no CBOR map" }, 0)
  end
  return json_body.drop_nulls(model, shape, value)
end

function protocol.response(model, operation, response)
  local shape = operation.output and model.shapes[operation.output]
  return shape and protocol.read_body(model, shape, response.body) or json.object {}
end

function protocol.failure(model, _, response)
  return failure.from_document(model, response, cbor.decode, json_body.drop_nulls)
end

return protocol
