-- Checks an operation's input against the model: required members, lengths, bounds, enumerations, patterns. Gives the list of
-- what is wrong, in the words that AWS uses on every service ("Value 'x' at 'limit' failed to satisfy constraint: ...").

local json = require "json"
local pattern = require "local_aws.wire.pattern"

local validate = {}

-- AWS stops counting here, and so do messages that a person could read.
local MAX_ERRORS = 10

-- How a value is written inside a message: as Java would print it.
local function shown(value)
  if type(value) ~= "table" then
    return tostring(value)
  end
  local parts = {}
  if json.is_array(value) then
    for index, item in ipairs(value) do
      parts[index] = shown(item)
    end
    return "[" .. table.concat(parts, ", ") .. "]"
  end
  for key, item in pairs(value) do
    parts[#parts + 1] = tostring(key) .. "=" .. shown(item)
  end
  table.sort(parts)
  return "{" .. table.concat(parts, ", ") .. "}"
end

-- Sets whose values AWS writes in another order than its models have them.
local AWS_ORDER = {
  ["RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED, PENDING_REDRIVE"]
    = "SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING", -- states: ListExecutions
}

local function shown_set(values)
  local text = table.concat(values, ", ")
  return AWS_ORDER[text] or text
end

local function utf8_length(text)
  return utf8.len(text) or #text
end

local function size(shape, value)
  if shape.type == "string" then
    return utf8_length(value), "length"
  elseif shape.type == "list" then
    return #value, "length"
  elseif shape.type == "map" then
    local count = 0
    for _ in pairs(value) do
      count = count + 1
    end
    return count, "length"
  elseif shape.type == "blob" then
    return #value, "length"
  elseif type(value) == "number" and shape.type ~= "timestamp" then
    return value, "value"
  end
end

local function sorted_keys(map)
  local keys = {}
  for key in pairs(map) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  return keys
end

local check

local function lower_first(name)
  return (name:gsub("^%u", string.lower))
end

local function complain(found, path, value, shape, text)
  if #found >= MAX_ERRORS then
    return
  end
  local what = value == nil and "Value null" or shape.sensitive and "Value" or ("Value '%s'"):format(shown(value))
  found[#found + 1] = { path = path, message = ("%s at '%s' failed to satisfy constraint: %s"):format(what, path, text) }
end

local CHILDREN = {
  structure = function(model, shape, value, path, found)
    local prefix = path == "" and "" or path .. "."
    for _, name in ipairs(shape.required or {}) do
      if value[name] == nil then
        complain(found, prefix .. lower_first(name), nil, shape, "Member must not be null")
      end
    end
    for _, name in ipairs(sorted_keys(value)) do
      local member = shape.members and shape.members[name]
      if member then
        check(model, model.shapes[member.shape], value[name], prefix .. lower_first(name), found)
      end
    end
  end,
  list = function(model, shape, value, path, found)
    local item_shape = model.shapes[shape.member.shape]
    for index, item in ipairs(value) do
      check(model, item_shape, item, ("%s.%d.member"):format(path, index), found)
    end
  end,
  map = function(model, shape, value, path, found)
    local key_shape, value_shape = model.shapes[shape.key.shape], model.shapes[shape.value.shape]
    for _, key in ipairs(sorted_keys(value)) do
      check(model, key_shape, key, path, found)
      check(model, value_shape, value[key], ("%s.%s.member"):format(path, key), found)
    end
  end,
}

local function contains(list, value)
  for _, item in ipairs(list) do
    if item == value then
      return true
    end
  end
  return false
end

function check(model, shape, value, path, found)
  local amount, what = size(shape, value)
  if amount and shape.min and amount < shape.min then
    complain(found, path, value, shape, ("Member must have %s greater than or equal to %d"):format(what, shape.min))
  end
  if amount and shape.max and amount > shape.max then
    complain(found, path, value, shape, ("Member must have %s less than or equal to %d"):format(what, shape.max))
  end
  if shape.enum and not contains(shape.enum, value) then
    complain(found, path, value, shape, ("Member must satisfy enum value set: [%s]"):format(shown_set(shape.enum)))
  end
  if shape.pattern and shape.type == "string" and not pattern.matches(value, shape.pattern) then
    complain(found, path, value, shape, "Member must satisfy regular expression pattern: " .. shape.pattern)
  end
  if CHILDREN[shape.type] and not shape.document then
    CHILDREN[shape.type](model, shape, value, path, found)
  end
end

-- The list of {path=, message=}; empty when the input is sound.
function validate.input(model, operation, input)
  local found = {}
  local shape = model.operations[operation].input
  if shape then
    check(model, model.shapes[shape], input, "", found)
  end
  return found
end

-- "2 validation errors detected: ...; ..."
function validate.message(found)
  local parts = {}
  for index, item in ipairs(found) do
    parts[index] = item.message
  end
  return ("%d validation error%s detected: %s"):format(#parts, #parts == 1 and "" or "s", table.concat(parts, "; "))
end

return validate
