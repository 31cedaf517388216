-- How the fields of a state machine's definition are checked. A checker gets (value, pointer, report) and calls
-- report(pointer, message) for what is wrong, in AWS's words where they are known.
local expression = require "local_aws.states.expression"
local json       = require "json"
local jsonpath   = require "local_aws.states.jsonpath"
local template   = require "local_aws.states.template"
local time       = require "time"

local checks = {}

function checks.is_object(value)
  return type(value) == "table" and value ~= json.null and not json.is_array(value)
end

function checks.sorted_keys(object)
  local keys = {}
  for key in pairs(object) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  return keys
end

function checks.typed(name, fits)
  return function(value, pointer, report)
    if not fits(value) then
      report(pointer, "Expected value of type " .. name)
    end
  end
end

checks.text = checks.typed("String", function(value) return type(value) == "string" end)
checks.flag = checks.typed("Boolean", function(value) return type(value) == "boolean" end)
checks.object = checks.typed("Object", checks.is_object)

function checks.whole(least, most)
  return function(value, pointer, report)
    if math.type(value) ~= "integer" then
      report(pointer, "Expected value of type Integer")
    elseif value < least then
      report(pointer, "Minimum value is " .. least)
    elseif value > most then
      report(pointer, "Maximum value is " .. most)
    end
  end
end

function checks.path(value, pointer, report)
  if value ~= json.null and not jsonpath.parse(value) then
    report(pointer, "Value is not a valid JSONPath")
  end
end

function checks.required_path(value, pointer, report)
  if not jsonpath.parse(value) then
    report(pointer, "Value is not a valid JSONPath")
  end
end

function checks.path_or_function(value, pointer, report)
  if not expression.parse(value) then
    report(pointer, "Value must be a valid JSONPath or a valid intrinsic function call")
  end
end

function checks.reference_path(value, pointer, report)
  if value == json.null then
    return
  end
  local parsed = jsonpath.parse(value)
  if not parsed or not parsed.reference or parsed.root ~= "$" then
    report(pointer, "Value is not a Reference Path: The path must name one place of the state's input")
  end
end

function checks.payload(value, pointer, report)
  template.check(value, pointer, report)
end

-- Credentials and Assign: their fields have names that mean something.
function checks.payload_object(value, pointer, report)
  checks.object(value, pointer, report)
  checks.payload(value, pointer, report)
end

local NAME_LENGTH = 80

-- Assign: https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
function checks.assign(value, pointer, report)
  checks.payload_object(value, pointer, report)
  for _, field in ipairs(checks.is_object(value) and checks.sorted_keys(value) or {}) do
    local name = field:gsub("%.%$$", "")
    if name == "states" then
      report(pointer .. "/" .. field, "Variable name 'states' is reserved")
    elseif (utf8.len(name) or #name) > NAME_LENGTH then
      report(pointer .. "/" .. field, "Variable name length must be less than or equal to " .. NAME_LENGTH)
    elseif name == "" or (jsonpath.parse("$" .. name) or {}).root ~= "$" .. name then
      report(pointer .. "/" .. field, ("Variable name '%s' is not a valid identifier"):format(name))
    end
  end
end

-- Fields of which an object may have one each.
function checks.exclusive(item, pointer, report, pairs_of)
  for _, pair in ipairs(pairs_of) do
    if item[pair[1]] ~= nil and item[pair[2]] ~= nil then
      report(pointer, ("Only one of the fields [%s, %s] is allowed"):format(pair[1], pair[2]))
    end
  end
end

function checks.timestamp(value, pointer, report)
  if type(value) ~= "string" or not time.parse(value) then
    report(pointer, "Value is not a valid timestamp")
  end
end

function checks.each(list, pointer, report, check)
  if type(list) ~= "table" or not json.is_array(list) then
    report(pointer, "Expected value of type Array")
    return
  end
  for index, item in ipairs(list) do
    local place = ("%s[%d]"):format(pointer, index - 1)
    if checks.is_object(item) then
      check(item, place, index == #list)
    else
      report(place, "Expected value of type Object")
    end
  end
end

function checks.check_fields(item, pointer, report, fields, required)
  for _, name in ipairs(required) do
    if item[name] == nil then
      report(pointer, "These fields are required: [" .. name .. "]")
    end
  end
  for name, value in pairs(item) do
    if not fields[name] then
      report(pointer .. "/" .. name, "Field is not supported")
    elseif fields[name] ~= true then
      fields[name](value, pointer .. "/" .. name, report)
    end
  end
end

return checks
