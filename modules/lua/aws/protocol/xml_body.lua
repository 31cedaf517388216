-- XML answers by the model, for query, ec2 and rest_xml.

local crypto = require "crypto"
local json   = require "json"
local models = require "models"
local scalar = require "aws.protocol.scalar"

local xml_body = {}

-- "ns:Name" -> "Name"
local function local_name(name)
  return name:match("([^:]*)$")
end

function xml_body.child(element, name)
  for _, child in ipairs(element.children) do
    if local_name(child.name) == name then
      return child
    end
  end
end

function xml_body.text(element, name)
  local child = xml_body.child(element, name)
  return child and child.text
end

local read

local readers = {
  blob = function(_, _, element) return crypto.base64_decode(element.text) or element.text end,
  timestamp = function(_, _, element) return scalar.read_timestamp(element.text) end,
}

-- Lists: <list><member>..</member></list>; items may have any name.
function readers.list(model, shape, element)
  local item, list = models.resolve(model, shape.member), {}
  for index, child in ipairs(element.children) do
    list[index] = read(model, item, child)
  end
  return json.array(list)
end

local function add_entry(model, shape, element, map)
  local key_shape, value_shape = models.resolve(model, shape.key), models.resolve(model, shape.value)
  local key = xml_body.child(element, key_shape.locationName or "key")
  local value = xml_body.child(element, value_shape.locationName or "value")
  if key and value then
    map[key.text] = read(model, value_shape, value)
  end
end

-- Maps: <map><entry><key/><value/></entry></map>
function readers.map(model, shape, element)
  local map = {}
  for _, child in ipairs(element.children) do
    add_entry(model, shape, child, map)
  end
  return json.object(map)
end

-- Members by the name that they have in XML. A flattened list or map is named for the member, or for its items.
local wire_names = models.memo(function(model, structure)
  local names = {}
  for name, reference in pairs(model.shapes[structure].members) do
    local member = models.resolve(model, reference)
    local wire = reference.locationName or member.locationName or name
    if member.flattened and member.type == "list" then
      wire = models.resolve(model, member.member).locationName or wire
    end
    if not member.location then
      names[local_name(wire)] = { name = name, shape = member }
    end
  end
  return names
end)

local function read_flat(model, shape, child, output, name)
  output[name] = output[name] or (shape.type == "list" and json.array {} or json.object {})
  if shape.type == "list" then
    table.insert(output[name], read(model, models.resolve(model, shape.member), child))
  else
    add_entry(model, shape, child, output[name])
  end
end

function readers.structure(model, shape, element)
  local output, names = {}, wire_names(model, shape.name)
  for name, text in pairs(element.attributes) do
    local member = names[local_name(name)] or names[name]
    if member and member.shape.xmlAttribute then
      output[member.name] = scalar.parse(member.shape.type, text)
    end
  end
  for _, child in ipairs(element.children) do
    local member = names[local_name(child.name)]
    if member and member.shape.flattened then
      read_flat(model, member.shape, child, output, member.name)
    elseif member then
      output[member.name] = read(model, member.shape, child)
    end
  end
  return json.object(output)
end

function read(model, shape, element)
  local reader = readers[shape.type]
  if reader then
    return reader(model, shape, element)
  end
  return scalar.parse(shape.type, element.text)
end

xml_body.read = read

return xml_body
