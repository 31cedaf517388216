-- The parts of an item that paths name. Maps keep their shape; lists keep the order of what is left and close up.

local json = require "json"

local projection = {}

-- Paths as a tree: {children = {step -> tree}, whole = true where a path ends}.
local function tree_of(paths)
  local root = { children = {} }
  for _, path in ipairs(paths) do
    local node = root
    for _, step in ipairs(path) do
      node.children[step] = node.children[step] or { children = {} }
      node = node.children[step]
    end
    node.whole = true
  end
  return root
end

local part

local function part_of_map(map, node)
  local out = json.object {}
  for step, child in pairs(node.children) do
    local member = type(step) == "string" and map[step]
    out[step] = member and part(member, child) or nil
  end
  return out
end

local function part_of_list(list, node)
  local places, out = {}, json.array {}
  for step in pairs(node.children) do
    if type(step) == "number" then
      places[#places + 1] = step
    end
  end
  table.sort(places)
  for _, place in ipairs(places) do
    out[#out + 1] = list[place + 1] and part(list[place + 1], node.children[place])
  end
  return out
end

function part(attribute, node)
  if node.whole then
    return attribute
  elseif attribute.M then
    local map = part_of_map(attribute.M, node)
    return next(map) ~= nil and { M = map } or nil
  elseif attribute.L then
    local list = part_of_list(attribute.L, node)
    return #list > 0 and { L = list } or nil
  end
  return nil
end

-- -> the projected item, perhaps empty
function projection.apply(paths, item)
  return part_of_map(item, tree_of(paths))
end

return projection
