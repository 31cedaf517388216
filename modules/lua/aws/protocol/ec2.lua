-- EC2's own dialect of query: flat lists, capital first letters, answers without a wrapper.

local json             = require "json"
local query_parameters = require "aws.protocol.query_parameters"
local xml              = require "xml"
local xml_body         = require "aws.protocol.xml_body"

local protocol = {}

function protocol.request(model, operation, input)
  return query_parameters.request(model, operation, input, query_parameters.ec2)
end

function protocol.response(model, operation, response)
  local shape = operation.output and model.shapes[operation.output]
  if not shape then
    return json.object {}
  end
  return xml_body.read(model, shape, xml.parse(response.body))
end

protocol.failure = require "aws.protocol.xml_failure"

return protocol
