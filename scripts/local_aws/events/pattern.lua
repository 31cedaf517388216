-- EventBridge event patterns (SNS filter policies have the same form): does an event fit?
-- https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html

local fault = require "local_aws.fault"
local json = require "json"

local pattern = {}

local function is_equal(a, b)
  return a == b and type(a) ~= "table"
end

local function number_test(list)
  local OPERATORS = {
    ["="] = function(a, b) return a == b end, ["<"] = function(a, b) return a < b end, ["<="] = function(a,
      b) return a <= b end,
    [">"] = function(a, b) return a > b end, [">="] = function(a, b) return a >= b end,
  }
  return function(value)
    for index = 1, #list, 2 do
      if type(value) ~= "number" or not OPERATORS[list[index]](value, list[index + 1]) then
        return false
      end
    end
    return true
  end
end

local function any_of(expected, test)
  return function(value)
    for _, item in ipairs(json.is_array(expected) and expected or { expected }) do
      if test(value, item) then
        return true
      end
    end
    return false
  end
end

local function wildcard(value, text)
  local lua_pattern = text:gsub("[^%w*]", "%%%0"):gsub("%*+", ".*")
  return type(value) == "string" and value:find("^" .. lua_pattern .. "$") ~= nil
end

local function prefix(value, text)
  if type(text) == "table" then
    return type(value) == "string" and value:lower():sub(1, #text["equals-ignore-case"]) == text["equals-ignore-case"]:lower()
  end
  return type(value) == "string" and value:sub(1, #text) == text
end

local function suffix(value, text)
  return type(value) == "string" and text ~= "" and value:sub(-#text) == text
end

local function same_letters(value, text)
  return type(value) == "string" and value:lower() == text:lower()
end

-- Operator -> maker of a test of one value.
local TESTS = {
  prefix = function(expected) return any_of(expected, prefix) end,
  suffix = function(expected) return any_of(expected, suffix) end,
  wildcard = function(expected) return any_of(expected, wildcard) end,
  ["equals-ignore-case"] = function(expected) return any_of(expected, same_letters) end,
  numeric = number_test,
}

local function test_of(rule)
  if type(rule) ~= "table" or rule == json.null then
    return function(value)
      return is_equal(value, rule)
    end
  end
  local operator, expected = next(rule)
  if operator == "anything-but" then
    local inner = type(expected) == "table" and not json.is_array(expected) and test_of(expected) or any_of(expected, is_equal)
    return function(value)
      return not inner(value)
    end
  end
  local make = TESTS[operator] or fault.raise("InvalidEventPatternException",
    ("Event pattern is not valid. Reason: Unrecognized match type %s"):format(tostring(operator)))
  return make(expected)
end

-- A leaf: any rule by any value. `exists` looks at whether there is a value at all; the others need one.
local function leaf(rules, value)
  local values = json.is_array(value) and value or { value }
  for _, rule in ipairs(rules) do
    if type(rule) == "table" and rule ~= json.null and rule.exists ~= nil then
      if (value ~= nil) == rule.exists then
        return true
      end
    else
      local test = test_of(rule)
      for _, item in ipairs(values) do
        if test(item) then
          return true
        end
      end
    end
  end
  return false
end

local function any_branch(branches, event)
  for _, branch in ipairs(branches) do
    if pattern.matches(branch, event) then
      return true
    end
  end
  return false
end

-- `rules` is a decoded pattern. A list in the event fits when one of its elements does.
function pattern.matches(rules, event)
  for name, rule in pairs(rules) do
    local value = type(event) == "table" and event[name] or nil
    local fits
    if name == "$or" then
      fits = any_branch(rule, event)
    elseif json.is_array(rule) then
      fits = leaf(rule, value)
    elseif json.is_array(value) then
      fits = any_branch({ rule }, value[1])
    else
      fits = pattern.matches(rule, value)
    end
    if not fits then
      return false
    end
  end
  return true
end

local function check(rules)
  if type(rules) ~= "table" or next(rules) == nil then
    fault.raise("InvalidEventPatternException", "Event pattern is not valid. Reason: Empty arrays are not allowed")
  end
  for name, rule in pairs(rules) do
    if name == "$or" then
      for _, branch in ipairs(rule) do
        check(branch)
      end
    elseif json.is_array(rule) then
      for _, item in ipairs(rule) do
        if not (type(item) == "table" and item ~= json.null and item.exists ~= nil) then
          test_of(item)
        end
      end
    elseif type(rule) == "table" then
      check(rule)
    else
      fault.raise("InvalidEventPatternException", ('Event pattern is not valid. Reason: "%s" must be an object or an array')
        :format(name))
    end
  end
end

-- Decodes the text of a pattern; raises InvalidEventPatternException.
function pattern.parse(text)
  local ok, rules = pcall(json.decode, text)
  if not ok then
    fault.raise("InvalidEventPatternException", "Event pattern is not valid. Reason: Invalid JSON")
  elseif type(rules) ~= "table" or json.is_array(rules) then
    fault.raise("InvalidEventPatternException", "Event pattern is not valid. Reason: Filter is not an object")
  end
  check(rules)
  return rules
end

return pattern
