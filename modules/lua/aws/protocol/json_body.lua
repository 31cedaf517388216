-- JSON bodies by the model, for the protocols json and rest_json: what to write for a shape, what to read for one.
--
-- Reading changes the decoded message in place, and only where a shape asks for it (bytes, times, other names, documents): most
-- answers of most operations are handed on as the decoder made them.

local crypto   = require "crypto"
local document = require "aws.document"
local json     = require "json"
local models   = require "models"
local scalar   = require "aws.protocol.scalar"

local json_body = {}

-- Writing ---------------------------------------------------------------------------------------------------------------------

local write

local function write_float(value)
  -- JSON has no such numbers; AWS takes them as text.
  if value ~= value or value == math.huge or value == -math.huge then
    return scalar.number_text(value)
  end
  return math.tointeger(value) or value
end

local writers = {
  blob = function(_, _, value) return crypto.base64_encode(value) end,
  timestamp = function(_, shape, value) return scalar.write_timestamp(value, shape.timestampFormat or "unixTimestamp") end,
  integer = function(_, _, value) return math.tointeger(value) end,
  float = function(_, _, value) return write_float(value) end,
}
writers.long, writers.double = writers.integer, writers.float

function writers.list(model, shape, value, options)
  local element, list = models.resolve(model, shape.member), {}
  for index = 1, #value do
    list[index] = write(model, element, value[index], options)
  end
  return json.array(list)
end

function writers.map(model, shape, value, options)
  local element, map = models.resolve(model, shape.value), {}
  for key, item in pairs(value) do
    map[key] = write(model, element, item, options)
  end
  return json.object(map)
end

-- Members that travel elsewhere (path, query, headers) are not in the body.
function writers.structure(model, shape, value, options)
  local object = {}
  for name, item in pairs(value) do
    local member = models.resolve(model, shape.members[name])
    if not member.location then
      object[member.locationName or name] = write(model, member, item, options)
    end
  end
  return json.object(object)
end

function write(model, shape, value, options)
  if shape.document then
    return value
  elseif options.document and shape.name == "AttributeValue" then
    return document.write(value)
  end
  local writer = writers[shape.type]
  if writer then
    return writer(model, shape, value, options)
  end
  return value
end

-- The value for json.encode. `value` has passed validate.parameters.
json_body.write = write

-- Reading ---------------------------------------------------------------------------------------------------------------------

local SPECIAL = { blob = true, timestamp = true }
local SCALARS = { string = true, number = true }

local function search(model, shape, seen)
  if SPECIAL[shape.type] or shape.name == "AttributeValue" then
    return true
  elseif seen[shape.name] then
    return false
  end
  seen[shape.name] = true
  for name, reference in pairs(shape.members or {}) do
    local member = models.resolve(model, reference)
    if member.locationName and member.locationName ~= name or search(model, member, seen) then
      return true
    end
  end
  local element = shape.member or shape.value
  return element ~= nil and search(model, models.resolve(model, element), seen)
end

-- Is there anything below the shape that does not go through as it is?
local touches = models.memo(function(model, name)
  return search(model, model.shapes[name], {})
end)

local read

local readers = {
  blob = function(_, _, value) return type(value) == "string" and crypto.base64_decode(value) or value end,
  timestamp = function(_, _, value) return scalar.read_timestamp(value) end,
}

function readers.list(model, shape, value, options)
  local element = models.resolve(model, shape.member)
  for index = 1, #value do
    value[index] = read(model, element, value[index], options)
  end
  return value
end

function readers.map(model, shape, value, options)
  local element = models.resolve(model, shape.value)
  for key, item in pairs(value) do
    value[key] = read(model, element, item, options)
  end
  return value
end

-- Members that need work, for each structure: {name, wire name, shape}.
local work = models.memo(function(model, structure)
  local list = {}
  for name, reference in pairs(model.shapes[structure].members) do
    local member = models.resolve(model, reference)
    if not member.location and (touches(model, member.name) or SPECIAL[member.type]
        or member.locationName and member.locationName ~= name) then
      list[#list + 1] = { name = name, wire = member.locationName or name, shape = member }
    end
  end
  return list
end)

function readers.structure(model, shape, value, options)
  for _, member in ipairs(work(model, shape.name)) do
    local item = value[member.wire]
    if item ~= nil then
      value[member.wire] = nil
      value[member.name] = read(model, member.shape, item, options)
    end
  end
  return value
end

function read(model, shape, value, options)
  if options.document and shape.name == "AttributeValue" then
    return document.read(value)
  end
  local reader = readers[shape.type]
  -- A value of another type than the model says stays as it came.
  if reader and (type(value) == "table" or SCALARS[type(value)] and SPECIAL[shape.type]) and touches(model, shape.name) then
    return reader(model, shape, value, options)
  end
  return value
end

-- "Absent is normal": a member that is null is no member. Lists keep theirs, so that positions stay.
local function drop_nulls(model, shape, value)
  if type(value) ~= "table" or value == json.null or shape.document then
    return value
  elseif shape.type == "list" then
    for _, item in ipairs(value) do
      drop_nulls(model, models.resolve(model, shape.member), item)
    end
  elseif shape.type == "map" or shape.type == "structure" then
    for key, item in pairs(value) do
      local reference = shape.value or shape.members[key]
      if item == json.null then
        value[key] = nil
      elseif reference then
        drop_nulls(model, models.resolve(model, reference), item)
      end
    end
  end
  return value
end
json_body.drop_nulls = drop_nulls

-- A decoded body as the model names it, in place.
function json_body.convert(model, shape, value, options)
  return read(model, shape, drop_nulls(model, shape, value), options)
end

-- The Lua value of a body's text. An empty body is an empty object.
function json_body.read(model, shape, text, options)
  if not text:find("%S") then
    return json.object {}
  end
  local value = json.decode(text)
  if shape.document then
    return value
  elseif type(value) ~= "table" then
    error({ code = "UNREADABLE_ANSWER", message = "the body is no JSON object" }, 0)
  end
  if text:find("null", 1, true) then
    drop_nulls(model, shape, value)
  end
  return read(model, shape, value, options)
end

return json_body
