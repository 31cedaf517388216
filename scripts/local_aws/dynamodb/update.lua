-- Applies the actions of an update (resolve.update, legacy.updates) to an item.
--
-- All right-hand sides see the item as it was before; list places mean the list as it was before, too.

local decimal  = require "local_aws.dynamodb.decimal"
local evaluate = require "local_aws.dynamodb.evaluate"
local fault    = require "local_aws.fault"
local json     = require "json"
local value    = require "local_aws.dynamodb.value"

local update = {}

local WRONG_TYPE = "An operand in the update expression has an incorrect data type"
local NO_ATTRIBUTE = "The provided expression refers to an attribute that does not exist in the item"
local NO_PATH = "The document path provided in the update expression is invalid for update"
local LEGACY_WRONG_TYPE = "Type mismatch for attribute to update"

local function refuse(message)
  fault.raise("ValidationException", message)
end

local function number(result)
  local problem = decimal.fault(result)
  if problem then
    refuse(problem)
  end
  return { N = decimal.format(result) }
end

local operand

local function arithmetic(node, item)
  local left, right = operand(node.arguments[1], item), operand(node.arguments[2], item)
  if not left.N or not right.N then
    refuse(WRONG_TYPE)
  end
  local combine = node.operator == "+" and decimal.add or decimal.subtract
  return number(combine(decimal.parse(left.N), decimal.parse(right.N)))
end

local function list_append(node, item)
  local front, back = operand(node.arguments[1], item), operand(node.arguments[2], item)
  if not front.L or not back.L then
    refuse(WRONG_TYPE)
  end
  local list = json.array {}
  for _, part in ipairs { front.L, back.L } do
    for _, member in ipairs(part) do
      list[#list + 1] = member
    end
  end
  return { L = list }
end

function operand(node, item)
  if node.kind == "value" then
    return node.value
  elseif node.kind == "path" then
    return evaluate.path(item, node.path) or refuse(NO_ATTRIBUTE)
  elseif node.kind == "arithmetic" then
    return arithmetic(node, item)
  elseif node.name == "list_append" then
    return list_append(node, item)
  end
  return evaluate.path(item, node.arguments[1].path) or operand(node.arguments[2], item) -- if_not_exists
end

local function union(old, members)
  local set, known = json.array {}, {}
  for _, part in ipairs { old, members } do
    for _, member in ipairs(part) do
      if not known[member] then
        known[member] = true
        set[#set + 1] = member
      end
    end
  end
  return set
end

local function difference(old, members)
  local set, gone = json.array {}, {}
  for _, member in ipairs(members) do
    gone[member] = true
  end
  for _, member in ipairs(old) do
    if not gone[member] then
      set[#set + 1] = member
    end
  end
  return set
end

local results = {}

-- Each gives the new value of its path; nil removes it.
function results.SET(action, item)
  return value.copy(operand(action.operand, item))
end

function results.REMOVE()
  return nil
end

function results.ADD(action, item)
  local old, added = evaluate.path(item, action.path), action.operand.value
  local kind, content = next(added)
  if old and not old[kind] then
    refuse(action.legacy and LEGACY_WRONG_TYPE or WRONG_TYPE)
  elseif kind == "N" then
    return number(decimal.add(decimal.parse(old and old.N or "0"), decimal.parse(content)))
  elseif kind == "L" then -- AttributeUpdates only
    return list_append({ arguments = { { kind = "value", value = old or { L = {} } }, action.operand } }, item)
  end
  return { [kind] = union(old and old[kind] or {}, content) }
end

function results.DELETE(action, item)
  local old, kind = evaluate.path(item, action.path), value.type(action.operand.value)
  if not old then
    return nil
  elseif not old[kind] then
    refuse(action.legacy and LEGACY_WRONG_TYPE or WRONG_TYPE)
  end
  local rest = difference(old[kind], action.operand.value[kind])
  return #rest > 0 and { [kind] = rest } or nil
end

-- What holds the last step of a path: the map's or list's content.
local function container(item, path)
  if #path == 1 then
    return item
  end
  local parent = evaluate.path(item, { table.unpack(path, 1, #path - 1) })
  local content = parent and (type(path[#path]) == "number" and parent.L or type(path[#path]) == "string" and parent.M)
  return content or refuse(NO_PATH)
end

-- Takes out of a list what was set behind its end or removed: places close up, in their order.
local function close_up(list, changes, length)
  local places = {}
  for place = 0, length - 1 do
    places[place + 1] = place
  end
  for place in pairs(changes) do
    if place >= length then
      places[#places + 1] = place
    end
  end
  table.sort(places)
  local old = { table.unpack(list) }
  local count = 0
  for _, place in ipairs(places) do
    local member = old[place + 1]
    if changes[place] ~= nil then
      member = changes[place]
    end
    if member then
      count = count + 1
      list[count] = member
    end
  end
  for place = count + 1, #old do
    list[place] = nil
  end
end

-- The item with all actions done to it; `item` itself stays as it is.
function update.apply(actions, item)
  local values = {}
  for _, action in ipairs(actions) do
    container(item, action.path) -- is there a place for it?
  end
  for place, action in ipairs(actions) do
    values[place] = results[action.section](action, item) or false
  end
  local new = value.copy({ M = item }).M
  local lists, order = {}, {}
  for place, action in ipairs(actions) do
    local holder, step = container(new, action.path), action.path[#action.path]
    if type(step) == "string" then
      holder[step] = values[place] or nil
    else
      if not lists[holder] then
        lists[holder] = {}
        order[#order + 1] = holder
      end
      lists[holder][step] = values[place]
    end
  end
  for _, list in ipairs(order) do
    close_up(list, lists[list], #list)
  end
  return new
end

return update
