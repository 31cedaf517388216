-- The query protocol, the server's side: STS, SNS, CloudWatch. The call is a form with Action and Version, the answer XML.

local fault = require "local_aws.fault"
local form = require "local_aws.wire.form"
local json = require "json"
local validate = require "local_aws.wire.validate"
local xml = require "xml"
local xml_writer = require "local_aws.wire.xml_writer"

local wire = {}

local NAMES = {
  member = function(name, reference)
    return reference.locationName or name
  end,
  items = function(shape, node)
    return shape.flattened and node or node.children[shape.member.locationName or "member"] or node
  end,
  malformed = function(path, text)
    fault.raise("MalformedInput", ("Invalid value '%s' for %s"):format(text, path))
  end,
}

local function values(request)
  if not request.form then
    request.form = form.parse(request.method == "GET" and request.query_string or request.body)
  end
  return request.form
end

function wire.operation(entry, model, request)
  local asked = values(request)
  if asked.Version == entry.version and model.operations[asked.Action] then
    return asked.Action
  end
  return nil, asked.Action
end

function wire.unknown(_, request)
  local asked = values(request)
  if not asked.Action then
    fault.raise("MissingAction", "Could not find an Action parameter in the request")
  end
  fault.raise("InvalidAction", ("Could not find operation %s for version %s"):format(asked.Action, asked.Version
    or "NO_VERSION_SPECIFIED"))
end

function wire.decode(model, operation, request)
  local shape = model.operations[operation].input
  return shape and form.input(NAMES, model, shape, values(request)) or json.object {}
end

function wire.invalid(found)
  fault.raise("ValidationError", validate.message(found))
end

function wire.encode(model, operation, output, _, request_id)
  local shape, wrapper = model.operations[operation].output, model.operations[operation].resultWrapper
  local members = shape and xml_writer.members(model, shape, output, { precision = "s" }) or ""
  if wrapper then
    members = ("<%s>%s</%s>"):format(wrapper, members, wrapper)
  end
  local body = ('<%sResponse xmlns="%s">%s<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%sResponse>'):format(
    operation, model.metadata.xmlNamespace, members, request_id, operation)
  return 200, { ["content-type"] = "text/xml" }, body
end

-- A model may call an error otherwise than the wire does: SNS's NotFoundException is NotFound here.
local function code_of(model, failure)
  local shape = model and model.shapes[failure.code]
  return shape and shape.error and shape.error.code or failure.code
end

function wire.encode_fault(entry, model, failure, status, _, request_id)
  local body = ('<ErrorResponse xmlns="%s"><Error><Type>%s</Type><Code>%s</Code><Message>%s</Message></Error>'
    .. "<RequestId>%s</RequestId></ErrorResponse>"):format(
    entry.namespace, status < 500 and "Sender" or "Receiver", code_of(model, failure), xml.escape(failure.message), request_id)
  return status, { ["content-type"] = "text/xml" }, body
end

return wire
