-- JSON values <-> the values that operations see, by the model's shapes. Used by awsJson and restJson1.
--
-- decode: JSON null is absent, members that the model does not know are ignored (as AWS does), blobs become raw bytes,
-- timestamps epoch seconds. A value of the wrong type is a SerializationException (java_types.lua).
-- encode: the other way; a member that the model does not know, or a value of the wrong type, is a fault of the simulator and
-- raises.

local crypto = require "crypto"
local java_types = require "local_aws.wire.java_types"
local json = require "json"
local time = require "time"

local json_values = {}

-- Caches of one function a shape: cache[model][shape name].
local function cached(build)
  local cache = setmetatable({}, { __mode = "k" })
  return function(model, name)
    local of_model = cache[model]
    if not of_model then
      of_model = {}
      cache[model] = of_model
    end
    local convert = of_model[name]
    if not convert then
      -- A shape may hold itself (AttributeValue): whoever asks while it is being built gets a forwarder.
      of_model[name] = function(...)
        return convert(...)
      end
      convert = build(model, assert(model.shapes[name], name))
      of_model[name] = convert
    end
    return convert
  end
end

local decoder, encoder

-- Decoders take the value, and whether it is an element of a collection: AWS tells those in words of their own.

local function scalar(accepts, convert)
  return function(model, shape)
    return function(value)
      if type(value) ~= accepts then
        java_types.wrong_scalar(model, shape, value)
      end
      if convert then
        return convert(value)
      end
      return value
    end
  end
end

local function whole(value)
  return math.type(value) == "integer" and value or math.tointeger(value) or math.tointeger(value // 1) or value
end

-- The words that AWS takes for a boolean as well.
local WORDS = { ["true"] = true, yes = true, ["1"] = true, ["false"] = false, no = false, ["0"] = false }

local function aggregate(is_list, fill)
  return function(model, shape)
    local into = fill(model, shape)
    return function(value, in_collection)
      if type(value) ~= "table" or json.is_array(value) ~= is_list then
        java_types.wrong_aggregate(model, shape, value, in_collection)
      end
      return into(value)
    end
  end
end

local DECODE = {
  string = scalar "string",
  boolean = function(model, shape)
    return function(value)
      local word = value
      if type(value) == "string" then
        word = WORDS[value:lower()]
      end
      if type(word) ~= "boolean" then
        java_types.wrong_scalar(model, shape, value)
      end
      return word
    end
  end,
  integer = scalar("number", whole),
  long = scalar("number", whole),
  float = scalar "number",
  double = scalar "number",
  timestamp = function(model, shape)
    return function(value)
      local epoch = type(value) == "number" and value or type(value) == "string" and time.parse(value)
      return epoch or java_types.wrong_scalar(model, shape, value)
    end
  end,
  blob = scalar("string", function(value)
    return crypto.base64_decode(value) or java_types.wrong_base64(value)
  end),
  list = aggregate(true, function(model, shape)
    local item = decoder(model, shape.member.shape)
    return function(value)
      local out = {}
      for _, element in ipairs(value) do
        if element ~= json.null then
          out[#out + 1] = item(element, true)
        end
      end
      return json.array(out)
    end
  end),
  map = aggregate(false, function(model, shape)
    local convert = decoder(model, shape.value.shape)
    return function(value)
      local out = {}
      for key, element in pairs(value) do
        if element ~= json.null then
          out[key] = convert(element, true)
        end
      end
      return json.object(out)
    end
  end),
}

local function any_document()
  return function(value)
    return value
  end
end

local structure = aggregate(false, function(model, shape)
  local members = {}
  for name, member in pairs(shape.members or {}) do
    members[member.locationName or name] = { name = name, convert = decoder(model, member.shape) }
  end
  return function(value)
    local out = {}
    for key, element in pairs(value) do
      local member = members[key]
      if member and element ~= json.null then
        out[member.name] = member.convert(element)
      end
    end
    return json.object(out)
  end
end)

function DECODE.structure(model, shape)
  return shape.document and any_document() or structure(model, shape)
end

decoder = cached(function(model, shape)
  return DECODE[shape.type](model, shape)
end)

local function expect(kind)
  return function(_, shape)
    return function(value)
      if type(value) ~= kind then
        error(("a %s was answered where the model has a %s"):format(type(value), shape.type), 0)
      end
      return value
    end
  end
end

local ENCODE = {
  string = expect "string",
  boolean = expect "boolean",
  integer = expect "number",
  long = expect "number",
  float = expect "number",
  double = expect "number",
  blob = function()
    return crypto.base64_encode
  end,
  timestamp = function(_, shape)
    local as_text = shape.timestampFormat == "iso8601"
    return function(value)
      return as_text and time.iso8601(value) or value
    end
  end,
  list = function(model, shape)
    local item = encoder(model, shape.member.shape)
    return function(value)
      local out = {}
      for index, element in ipairs(value) do
        out[index] = item(element)
      end
      return json.array(out)
    end
  end,
  map = function(model, shape)
    local convert = encoder(model, shape.value.shape)
    return function(value)
      local out = {}
      for key, element in pairs(value) do
        out[key] = convert(element)
      end
      return json.object(out)
    end
  end,
}

function ENCODE.structure(model, shape)
  if shape.document then
    return function(value)
      return value
    end
  end
  local members = {}
  for name, member in pairs(shape.members or {}) do
    members[name] = { wire = member.locationName or name, convert = encoder(model, member.shape) }
  end
  return function(value)
    local out = {}
    for name, element in pairs(value) do
      local member = members[name]
      if not member then
        error("answered member '" .. tostring(name) .. "' is not in the model", 0)
      end
      out[member.wire] = member.convert(element)
    end
    return json.object(out)
  end
end

encoder = cached(function(model, shape)
  return ENCODE[shape.type](model, shape)
end)

function json_values.decode(model, shape_name, value)
  return decoder(model, shape_name)(value)
end

function json_values.encode(model, shape_name, value)
  return encoder(model, shape_name)(value)
end

return json_values
