-- Form bodies and query strings, and the dotted names in them ("Filter.1.Value.2") as a tree that a shape can be read from.
-- Used by the query and the ec2 protocol, which differ only in how members are named.

local crypto = require "crypto"
local json = require "json"
local time = require "time"

local form = {}

local function unescape(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end))
end

-- "a=1&b=2" -> {a="1", b="2"}; of a repeated name the last one stays, as AWS does. `lists` = true keeps all: {a={"1"}, ...}.
function form.parse(text, lists)
  local values = {}
  for pair in text:gmatch("[^&]+") do
    local name, value = pair:match("^([^=]*)=(.*)$")
    name, value = unescape(name or pair), unescape(value or "")
    if lists then
      values[name] = values[name] or {}
      table.insert(values[name], value)
    else
      values[name] = value
    end
  end
  return values
end

-- Each node: {text= value|nil, children= {name -> node}}.
function form.tree(values)
  local root = { children = {} }
  for name, value in pairs(values) do
    local node = root
    for part in name:gmatch("[^.]+") do
      node.children[part] = node.children[part] or { children = {} }
      node = node.children[part]
    end
    node.text = value
  end
  return root
end

local function numbered(node)
  local indexes = {}
  for name in pairs(node.children) do
    indexes[#indexes + 1] = math.tointeger(tonumber(name))
  end
  table.sort(indexes)
  local items = {}
  for position, index in ipairs(indexes) do
    items[position] = node.children[tostring(index)]
  end
  return items
end

local function number(text)
  local value = tonumber(text)
  return value and (math.tointeger(value) or value)
end

local SCALARS = {
  string = function(text)
    return text
  end,
  integer = number,
  long = number,
  float = tonumber,
  double = tonumber,
  boolean = function(text)
    local lower = text:lower()
    if lower == "true" or lower == "1" then
      return true
    elseif lower == "false" or lower == "0" then
      return false
    end
  end,
  timestamp = time.parse,
  blob = crypto.base64_decode,
}

local READ = {}

local function read(names, model, shape_name, node, path)
  local shape = model.shapes[shape_name]
  local reader = READ[shape.type]
  if reader then
    return reader(names, model, shape, node, path)
  end
  local value = SCALARS[shape.type](node.text or "")
  if value == nil then
    names.malformed(path, node.text or "", shape.type)
  end
  return value
end

function READ.structure(names, model, shape, node, path)
  local out = {}
  for name, member in pairs(shape.members or {}) do
    local wire = names.member(name, member)
    local child = node.children[wire]
    if child then
      out[name] = read(names, model, member.shape, child, path == "" and wire or path .. "." .. wire)
    end
  end
  return json.object(out)
end

function READ.list(names, model, shape, node, path)
  local items = names.items(shape, node)
  local out = {}
  for index, item in ipairs(numbered(items)) do
    out[index] = read(names, model, shape.member.shape, item, ("%s.%d"):format(path, index))
  end
  return json.array(out)
end

function READ.map(names, model, shape, node, path)
  local out = {}
  local entries = shape.flattened and node or node.children.entry or node
  for index, entry in ipairs(numbered(entries)) do
    local key = entry.children[shape.key.locationName or "key"]
    local value = entry.children[shape.value.locationName or "value"]
    if key and value then
      out[key.text or ""] = read(names, model, shape.value.shape, value, ("%s.%d"):format(path, index))
    end
  end
  return json.object(out)
end

-- The input of an operation. `names` says how the protocol names things: member(name, reference) -> the name in the form,
-- items(list shape, node) -> the node that holds the numbered items, malformed(path, text, type) raises.
function form.input(names, model, shape_name, values)
  return READ.structure(names, model, model.shapes[shape_name], form.tree(values), "")
end

return form
