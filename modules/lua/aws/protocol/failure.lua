-- What an answer of 300 and more says: code, message and the error's own members, whatever the protocol.
-- A code may come as "ConflictException", "com.amazonaws.drs#ConflictException" or "ConflictException:http://...": only the
-- name counts.

local json      = require "json"
local json_body = require "aws.protocol.json_body"
local models    = require "models"
local scalar    = require "aws.protocol.scalar"

local failure = {}

function failure.plain_code(code)
  code = code:gsub(":.*$", ""):gsub("^.*#", "")
  return code ~= "" and code or nil
end

-- An answer that no service wrote (a proxy's page, an empty body) still has a status.
function failure.code_for_status(status)
  return "HTTP_" .. status
end

-- Members of the error's shape that travel in headers: retryAfterSeconds in Retry-After.
function failure.header_members(model, shape, headers, members)
  for name, reference in pairs(shape and shape.members or {}) do
    local member = models.resolve(model, reference)
    local text = member.location == "header" and headers[(member.locationName or name):lower()]
    if text then
      members[name] = scalar.parse(member.type, text)
    end
  end
end

-- "ConflictException" is the shape's name, but a query service may give the shape another code.
function failure.shape_of(model, code)
  local shape = model.shapes[code]
  if shape and shape.type == "structure" then
    return shape
  end
  for _, candidate in pairs(model.shapes) do
    if candidate.error and candidate.error.code == code then
      return candidate
    end
  end
end

-- What asks a former query service for the codes that its query protocol had (from_document reads them); nil for any other.
function failure.query_mode(metadata)
  return metadata.awsQueryCompatible and "true" or nil
end

-- The members of the answer's body, none if it is not readable.
local function body_of(response, decode)
  local read, body = pcall(decode, response.body)
  return read and type(body) == "table" and body ~= json.null and not json.is_array(body) and body or json.object {}
end

local function text_of(value)
  return type(value) == "string" and value or nil
end

-- An error whose body is a document that names its type -> {code, message, members}. decode(text) reads the document,
-- convert(model, shape, document) makes the members of the error's shape of it.
function failure.from_document(model, response, decode, convert)
  local headers, body = response.headers, body_of(response, decode)
  local named = headers["x-amzn-errortype"] or text_of(body.__type) or text_of(body.code) or ""
  local code = failure.plain_code(named)
  local query_code = headers["x-amzn-query-error"] and headers["x-amzn-query-error"]:match "^([^;]+);" -- a former query service
  local message = text_of(body.message) or text_of(body.Message) or text_of(body.errorMessage)
    or text_of(body.error_description) -- OAuth's: RFC 6749, 5.2
  local shape = code and failure.shape_of(model, code)
  local members = {}
  if shape then
    members = convert(model, shape, body)
    failure.header_members(model, shape, headers, members)
  end
  members.__type, members.message, members.Message = nil, nil, nil
  return {
    code = query_code or code or failure.code_for_status(response.status),
    message = message or "",
    members = members,
    modelled = shape,
  }
end

-- For json and rest_json.
function failure.from_json(model, _, response, options)
  return failure.from_document(model, response, json.decode, function(_, shape, body)
    return json_body.convert(model, shape, body, options or {})
  end)
end

return failure
