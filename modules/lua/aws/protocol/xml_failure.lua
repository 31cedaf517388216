-- Errors of the XML protocols. Three spellings of the same:
--   query, rest_xml  <ErrorResponse><Error><Type/><Code/><Message/></Error><RequestId/></ErrorResponse>
--   rest_xml (S3)    <Error><Code/><Message/><RequestId/></Error>
--   ec2              <Response><Errors><Error><Code/><Message/></Error></Errors><RequestID/></Response>

local failure  = require "aws.protocol.failure"
local json     = require "json"
local xml      = require "xml"
local xml_body = require "aws.protocol.xml_body"

-- Which element is the error.
local function error_element(root)
  local holder = xml_body.child(root, "Errors") or root
  return xml_body.child(holder, "Error") or holder
end

-- -> {code, message, members, requestId}
return function(model, _, response)
  local parsed, root = pcall(xml.parse, response.body)
  if not parsed then
    return { code = failure.code_for_status(response.status), message = "", members = {} }
  end
  local element = error_element(root)
  local code = failure.plain_code(xml_body.text(element, "Code") or "")
  local shape = code and failure.shape_of(model, code)
  local members = shape and xml_body.read(model, shape, element) or json.object {}
  failure.header_members(model, shape, response.headers, members)
  members.message, members.Message = nil, nil
  return {
    code = code or failure.code_for_status(response.status),
    message = xml_body.text(element, "Message") or xml_body.text(element, "message") or "",
    members = members,
    modelled = shape,
    requestId = xml_body.text(root, "RequestId") or xml_body.text(root, "RequestID"),
  }
end
