-- The ec2 protocol, the server's side: query with flattened lists, and answers without a result element.

local fault = require "local_aws.fault"
local form = require "local_aws.wire.form"
local json = require "json"
local query = require "local_aws.wire.query"
local xml = require "xml"
local xml_writer = require "local_aws.wire.xml_writer"

local wire = { operation = query.operation }

local HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n'

local function upper_first(name)
  return (name:gsub("^%l", string.upper))
end

local function member_name(name, reference)
  return reference.queryName or upper_first(reference.locationName or name)
end

local NAMES = {
  member = member_name,
  items = function(_, node)
    return node
  end,
  malformed = function(path, text, kind)
    fault.raise("InvalidParameterValue", ("Invalid value '%s' for %s, it must be of type %s"):format(text, path, kind))
  end,
}

function wire.unknown(_, request)
  local asked = request.form
  if not asked.Action then
    fault.raise("MissingAction", "The request is missing an action or a required parameter.")
  end
  fault.raise("InvalidAction", ("The action %s is not valid for this web service."):format(asked.Action))
end

function wire.decode(model, operation, request)
  local shape = model.operations[operation].input
  return shape and form.input(NAMES, model, shape, request.form) or json.object {}
end

-- EC2 has its own words: what is missing by its name in the form, then the first value that does not fit.
function wire.invalid(found, model, operation)
  local shape = model.shapes[model.operations[operation].input]
  for _, item in ipairs(found) do
    for _, name in ipairs(shape.required or {}) do
      if item.message:find("^Value null") and item.path == name:gsub("^%u", string.lower) then
        fault.raise("MissingParameter", "The request must contain the parameter " .. member_name(name, shape.members[name]))
      end
    end
  end
  fault.raise("InvalidParameterValue", found[1].message)
end

function wire.encode(model, operation, output, _, request_id)
  local shape = model.operations[operation].output
  local members = shape and xml_writer.members(model, shape, output, { precision = "ms" }) or "<return>true</return>"
  local body = (HEADER .. '<%sResponse xmlns="%s"><requestId>%s</requestId>%s</%sResponse>'):format(
    operation, model.metadata.xmlNamespace, request_id, members, operation)
  return 200, { ["content-type"] = "text/xml;charset=UTF-8" }, body
end

function wire.encode_fault(_, _, failure, status, _, request_id)
  local body = (HEADER .. "<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error>"
    .. "</Errors><RequestID>%s</RequestID></Response>"):format(failure.code, xml.escape(failure.message), request_id)
  return status, { ["content-type"] = "text/xml;charset=UTF-8" }, body
end

return wire
