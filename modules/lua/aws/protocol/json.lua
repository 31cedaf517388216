-- AWS JSON 1.0 and 1.1: one address, the operation in a header, JSON both ways. DynamoDB, Step Functions.

local failure   = require "aws.protocol.failure"
local json      = require "json"
local json_body = require "aws.protocol.json_body"

local protocol = {}

-- -> {method, target, headers, body}
function protocol.request(model, operation, input, options)
  local metadata = model.metadata
  local shape = operation.input and model.shapes[operation.input]
  local body = shape and json_body.write(model, shape, input, options) or json.object {}
  return {
    method = "POST",
    target = "/",
    headers = {
      ["content-type"] = "application/x-amz-json-" .. (metadata.jsonVersion or "1.0"),
      ["x-amz-target"] = metadata.targetPrefix .. "." .. operation.name,
      ["x-amzn-query-mode"] = failure.query_mode(metadata),
    },
    body = json.encode(body),
  }
end

protocol.read_body = json_body.read

-- The output of a 2xx answer.
function protocol.response(model, operation, response, options)
  local shape = operation.output and model.shapes[operation.output]
  if not shape then
    return json.object {}
  end
  return protocol.read_body(model, shape, response.body, options)
end

protocol.failure = failure.from_json

return protocol
