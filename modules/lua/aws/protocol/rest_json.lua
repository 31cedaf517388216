-- restJson1: DRS. Path, query and headers as in rest.lua, JSON in the body.

local failure   = require "aws.protocol.failure"
local json      = require "json"
local json_body = require "aws.protocol.json_body"
local rest      = require "aws.protocol.rest"

local protocol = {}

function protocol.request(model, operation, input, options)
  return rest.request(model, operation, input, function(shape, value)
    return json.encode(json_body.write(model, shape, value, options))
  end, "application/json", true)
end

protocol.read_body = json_body.read

function protocol.response(model, operation, response, options)
  return rest.response(model, operation, response, function(shape, text)
    return protocol.read_body(model, shape, text, options)
  end)
end

protocol.failure = failure.from_json

return protocol
