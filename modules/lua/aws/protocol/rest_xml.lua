-- restXml: path, query and headers as in rest.lua, XML in the body. Route 53, S3.

local crypto   = require "crypto"
local json     = require "json"
local models   = require "models"
local rest     = require "aws.protocol.rest"
local scalar   = require "aws.protocol.scalar"
local xml      = require "xml"
local xml_body = require "aws.protocol.xml_body"

local protocol = {}

local write

local function tag(name, attributes, inside)
  return ("<%s%s>%s</%s>"):format(name, attributes, inside, name)
end

local function text_of(shape, value)
  if shape.type == "blob" then
    return crypto.base64_encode(value)
  elseif shape.type == "timestamp" then
    return tostring(scalar.write_timestamp(value, shape.timestampFormat or "iso8601"))
  end
  return xml.escape(scalar.text(shape.type, value))
end

local function namespace(shape)
  local space = shape.xmlNamespace
  if not space then
    return ""
  end
  local uri = type(space) == "table" and space.uri or space
  local prefix = type(space) == "table" and space.prefix and ":" .. space.prefix or ""
  return (' xmlns%s="%s"'):format(prefix, xml.escape(uri))
end

local function write_list(model, name, shape, value)
  local element, texts = models.resolve(model, shape.member), {}
  local item = shape.flattened and (element.locationName or name) or element.locationName or "member"
  for index = 1, #value do
    texts[index] = write(model, item, element, value[index])
  end
  local inside = table.concat(texts)
  return shape.flattened and inside or tag(name, namespace(shape), inside)
end

local function write_map(model, name, shape, value)
  local key_shape, value_shape = models.resolve(model, shape.key), models.resolve(model, shape.value)
  local keys, texts = {}, {}
  for key in pairs(value) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  for index, key in ipairs(keys) do
    texts[index] = tag(shape.flattened and name or "entry", "",
      write(model, key_shape.locationName or "key", key_shape, key)
      .. write(model, value_shape.locationName or "value", value_shape, value[key]))
  end
  local inside = table.concat(texts)
  return shape.flattened and inside or tag(name, namespace(shape), inside)
end

local function write_structure(model, name, shape, value)
  local attributes, texts, names = namespace(shape), {}, {}
  for member in pairs(value) do
    names[#names + 1] = member
  end
  table.sort(names)
  for _, member_name in ipairs(names) do
    local member = models.resolve(model, shape.members[member_name])
    local wire = member.locationName or member_name
    if member.xmlAttribute then
      attributes = attributes .. (' %s="%s"'):format(wire, text_of(member, value[member_name]))
    elseif not member.location then
      texts[#texts + 1] = write(model, wire, member, value[member_name])
    end
  end
  return tag(name, attributes, table.concat(texts))
end

function write(model, name, shape, value)
  if shape.type == "structure" then
    return write_structure(model, name, shape, value)
  elseif shape.type == "list" then
    return write_list(model, name, shape, value)
  elseif shape.type == "map" then
    return write_map(model, name, shape, value)
  end
  return tag(name, namespace(shape), text_of(shape, value))
end

function protocol.request(model, operation, input)
  return rest.request(model, operation, input, function(shape, value)
    return write(model, shape.locationName or shape.name, shape, value)
  end, "application/xml", false)
end

function protocol.read_body(model, shape, text)
  return text:find("%S") and xml_body.read(model, shape, xml.parse(text)) or json.object {}
end

function protocol.response(model, operation, response)
  return rest.response(model, operation, response, function(shape, text)
    return protocol.read_body(model, shape, text)
  end)
end

protocol.failure = require "aws.protocol.xml_failure"

return protocol
