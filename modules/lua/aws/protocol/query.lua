-- AWS query: a form goes out, XML comes back in <ActionResponse><ActionResult>. STS.

local json             = require "json"
local query_parameters = require "aws.protocol.query_parameters"
local xml              = require "xml"
local xml_body         = require "aws.protocol.xml_body"

local protocol = {}

function protocol.request(model, operation, input)
  return query_parameters.request(model, operation, input, query_parameters.query)
end

function protocol.response(model, operation, response)
  local shape = operation.output and model.shapes[operation.output]
  if not shape then
    return json.object {}
  end
  local root = xml.parse(response.body)
  local wrapper = operation.resultWrapper
  local element = wrapper and xml_body.child(root, wrapper) or root
  return xml_body.read(model, shape, element)
end

protocol.failure = require "aws.protocol.xml_failure"

return protocol
