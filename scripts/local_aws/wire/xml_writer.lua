-- An operation's output as XML, by the model's shapes: what the query and the ec2 protocol answer. Members come in the order of
-- their names, so that the same answer is the same bytes.

local crypto = require "crypto"
local time = require "time"
local xml = require "xml"

local xml_writer = {}

local write

local function scalar_text(shape, value, precision)
  if shape.type == "timestamp" then
    return time.iso8601(value, precision)
  elseif shape.type == "blob" then
    return crypto.base64_encode(value)
  elseif shape.type == "string" and type(value) ~= "string" then
    error("a " .. type(value) .. " was answered where the model has a string", 0)
  end
  return tostring(value)
end

local function write_members(out, model, shape, value, options)
  local names = {}
  for name in pairs(value) do
    names[#names + 1] = name
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local member = shape.members and shape.members[name]
    if not member then
      error("answered member '" .. tostring(name) .. "' is not in the model", 0)
    end
    write(out, model, member, member.locationName or name, value[name], options)
  end
end

local function write_list(out, model, shape, tag, value, options)
  local item_tag = shape.flattened and (shape.member.locationName or tag) or shape.member.locationName or "member"
  if not shape.flattened then
    out[#out + 1] = "<" .. tag .. ">"
  end
  for _, item in ipairs(value) do
    write(out, model, shape.member, item_tag, item, options)
  end
  if not shape.flattened then
    out[#out + 1] = "</" .. tag .. ">"
  end
end

local function write_map(out, model, shape, tag, value, options)
  out[#out + 1] = "<" .. tag .. ">"
  local keys = {}
  for key in pairs(value) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  for _, key in ipairs(keys) do
    out[#out + 1] = "<entry>"
    write(out, model, shape.key, shape.key.locationName or "key", key, options)
    write(out, model, shape.value, shape.value.locationName or "value", value[key], options)
    out[#out + 1] = "</entry>"
  end
  out[#out + 1] = "</" .. tag .. ">"
end

function write(out, model, reference, tag, value, options)
  local shape = model.shapes[reference.shape]
  if shape.type == "structure" then
    out[#out + 1] = "<" .. tag .. ">"
    write_members(out, model, shape, value, options)
    out[#out + 1] = "</" .. tag .. ">"
  elseif shape.type == "list" then
    write_list(out, model, shape, tag, value, options)
  elseif shape.type == "map" then
    write_map(out, model, shape, tag, value, options)
  else
    out[#out + 1] = ("<%s>%s</%s>"):format(tag, xml.escape(scalar_text(shape, value, options.precision)), tag)
  end
end

-- The members of a structure, without an element around them. options: precision of timestamps, "s" or "ms".
function xml_writer.members(model, shape_name, value, options)
  local out = {}
  write_members(out, model, model.shapes[shape_name], value, options)
  return table.concat(out)
end

return xml_writer
