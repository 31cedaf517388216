-- The words of AWS's JSON front for a value that is not of the model's type. It is written in Java, and tells Java's types.
-- The sentences are those that dynalite's and kinesalite's suites recorded at AWS.

local fault = require "local_aws.fault"
local json = require "json"

local java_types = {}

local SCALARS = {
  string = "java.lang.String", integer = "java.lang.Integer", long = "java.lang.Long", boolean = "java.lang.Boolean",
  double = "java.lang.Double", float = "java.lang.Float", timestamp = "java.util.Date", blob = "java.nio.ByteBuffer",
}

local UNCASTABLE = "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class "
  .. "java.lang.Class (sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and java.lang.Class are in module "
  .. "java.base of loader 'bootstrap')"

function java_types.refuse(message)
  fault.raise("SerializationException", message)
end

-- The classes of a service are in a package of its name and its API's version.
local function package(model)
  local metadata = model.metadata
  return ("com.amazonaws.%s.v%s."):format(metadata.endpointPrefix, (metadata.apiVersion:gsub("%-", "")))
end

local function type_of(model, name)
  local shape = model.shapes[name]
  if shape.type == "list" then
    return "java.util.List<" .. type_of(model, shape.member.shape) .. ">"
  elseif shape.type == "map" then
    return "java.util.Map<java.lang.String, " .. type_of(model, shape.value.shape) .. ">"
  end
  return SCALARS[shape.type] or package(model) .. name
end

local function token(value)
  if type(value) == "boolean" then
    return value and "TRUE_VALUE" or "FALSE_VALUE"
  elseif type(value) == "number" then
    return math.type(value) == "integer" and "NUMBER_VALUE" or "DECIMAL_VALUE"
  end
  return "STRING_VALUE"
end

-- A JSON list or object where the shape has something else.
local function wrong_collection(model, shape, value)
  if not json.is_array(value) then
    java_types.refuse "Start of structure or map found where not expected"
  end
  local prefix = shape.type ~= "map" and "class " or ""
  java_types.refuse("Unrecognized collection type " .. prefix .. type_of(model, shape.name))
end

function java_types.wrong_scalar(model, shape, value)
  if type(value) == "table" then
    wrong_collection(model, shape, value)
  elseif shape.type == "blob" then
    java_types.refuse "only base-64-encoded strings are convertible to bytes"
  elseif shape.type == "boolean" and type(value) == "string" then
    java_types.refuse "Unexpected token received from parser"
  end
  java_types.refuse(token(value) .. " cannot be converted to " .. SCALARS[shape.type]:match "[^.]+$")
end

-- `in_collection`: the value is an element of a list or of a map, and no member of a structure.
function java_types.wrong_aggregate(model, shape, value, in_collection)
  if type(value) == "table" then
    wrong_collection(model, shape, value)
  elseif not in_collection then
    java_types.refuse "Unexpected field type"
  end
  java_types.refuse(shape.type == "structure" and "Unexpected value type in payload" or UNCASTABLE)
end

function java_types.wrong_base64(text)
  if #text % 4 ~= 0 then
    java_types.refuse("Base64 encoded length is expected a multiple of 4 bytes but found: " .. #text)
  end
  local bad = text:match "[^%w+/=]"
  java_types.refuse(bad and ("Invalid Base64 character: '%s'"):format(bad)
    or "Invalid last non-pad Base64 character dectected") -- sic
end

return java_types
