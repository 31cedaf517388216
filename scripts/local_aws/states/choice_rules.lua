-- Choice rules: comparisons joined by And, Or, Not. https://states-language.net/spec.html#choice-state
--
--   matches(rule, environment) -> boolean        check(rule, pointer, report, top) reports what is wrong with a rule
local checks     = require "local_aws.states.field_checks"
local expression = require "local_aws.states.expression"
local failure    = require "local_aws.states.failure"
local json       = require "json"
local time       = require "time"

local choice_rules = {}

local function of_type(name)
  return function(value) return type(value) == name end
end

-- RFC 3339 with an upper-case T and Z, or an offset: what AWS takes for a timestamp.
local function is_timestamp(value)
  return type(value) == "string" and value:match "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d" ~= nil and time.parse(value) ~= nil
end

local function is_integer_number(value)
  return type(value) == "number"
end

local kinds = {
  Boolean = { fits = of_type "boolean", named = "Boolean" },
  Numeric = { fits = is_integer_number, named = "Number" },
  String = { fits = of_type "string", named = "String" },
  Timestamp = { fits = is_timestamp, named = "Timestamp", value = time.parse },
}

local relations = {
  Equals = function(a, b) return a == b end,
  LessThan = function(a, b) return a < b end,
  GreaterThan = function(a, b) return a > b end,
  LessThanEquals = function(a, b) return a <= b end,
  GreaterThanEquals = function(a, b) return a >= b end,
}

-- "*" stands for any run of characters, "\*" and "\\" for themselves.
local function string_matches(text, pattern)
  local pieces, piece, position = {}, {}, 1
  while position <= #pattern do
    local character = pattern:sub(position, position)
    if character == "\\" and position < #pattern then
      position = position + 1
      piece[#piece + 1] = pattern:sub(position, position)
    elseif character == "*" then
      pieces[#pieces + 1] = table.concat(piece)
      piece = {}
    else
      piece[#piece + 1] = character
    end
    position = position + 1
  end
  local last = table.concat(piece)
  if #pieces == 0 then
    return text == last
  end
  if text:sub(1, #pieces[1]) ~= pieces[1] then
    return false
  end
  local from = #pieces[1] + 1
  for index = 2, #pieces do
    local start, stop = text:find(pieces[index], from, true)
    if not start then
      return false
    end
    from = stop + 1
  end
  return #text - #last + 1 >= from and (last == "" or text:sub(-#last) == last)
end

local is_tests = {
  IsNull = function(value) return value == json.null end,
  IsNumeric = of_type "number",
  IsString = of_type "string",
  IsBoolean = of_type "boolean",
  IsTimestamp = is_timestamp,
}

-- Every comparison by its field: {kind, relation} for typed ones, {is} for tests of a value's nature.
local comparisons = { IsPresent = { is = true }, StringMatches = { kind = kinds.String, relation = string_matches } }
for name, test in pairs(is_tests) do
  comparisons[name] = { is = test }
end
for kind_name, kind in pairs(kinds) do
  for relation_name, relation in pairs(relations) do
    if kind_name ~= "Boolean" or relation_name == "Equals" then
      comparisons[kind_name .. relation_name] = { kind = kind, relation = relation }
      comparisons[kind_name .. relation_name .. "Path"] = { kind = kind, relation = relation, path = true }
    end
  end
end

local function comparison_of(rule)
  for name in pairs(rule) do
    if comparisons[name] then
      return comparisons[name], name
    end
  end
end

local function value_of(path_text, environment)
  return expression.find(assert(expression.parse(path_text)).path, environment)
end

local function compare(rule, environment)
  local comparison, name = comparison_of(rule)
  local found, value = value_of(rule.Variable, environment)
  if name == "IsPresent" then
    return found == rule.IsPresent
  elseif not found then
    failure.runtime(("Invalid path '%s': The choice state's condition path references an invalid value."):format(rule.Variable))
  elseif comparison.is then
    return comparison.is(value) == rule[name]
  end
  local expected = rule[name]
  if comparison.path then
    local there, other = value_of(expected, environment)
    if not there then
      failure.runtime(("Invalid path '%s': The choice state's condition path references an invalid value."):format(expected))
    elseif not comparison.kind.fits(other) then
      failure.runtime(("The choice state's condition path '%s' does not reference a valid %s."):format(expected,
        comparison.kind.named))
    end
    expected = other
  end
  if not comparison.kind.fits(value) then
    return false -- another type never matches
  end
  if comparison.kind.value then
    value, expected = comparison.kind.value(value), comparison.kind.value(expected)
  end
  return comparison.relation(value, expected)
end

function choice_rules.matches(rule, environment)
  if rule.And then
    for _, part in ipairs(rule.And) do
      if not choice_rules.matches(part, environment) then
        return false
      end
    end
    return true
  elseif rule.Or then
    for _, part in ipairs(rule.Or) do
      if choice_rules.matches(part, environment) then
        return true
      end
    end
    return false
  elseif rule.Not then
    return not choice_rules.matches(rule.Not, environment)
  end
  return compare(rule, environment)
end

local function check_comparison(rule, pointer, report)
  local comparison, name = comparison_of(rule)
  if rule.Variable == nil then
    report(pointer, "These fields are required: [Variable]")
  elseif not expression.parse(rule.Variable) or rule.Variable:sub(1, 1) ~= "$" then
    report(pointer .. "/Variable", "Value is not a valid JSONPath")
  end
  local expected = rule[name]
  if comparison.is then
    if type(expected) ~= "boolean" then
      report(pointer .. "/" .. name, "Expected value of type Boolean")
    end
  elseif comparison.path then
    if type(expected) ~= "string" or expected:sub(1, 1) ~= "$" or not expression.parse(expected) then
      report(pointer .. "/" .. name, "Value is not a valid JSONPath")
    end
  elseif not comparison.kind.fits(expected) then
    report(pointer .. "/" .. name, "Expected value of type " .. comparison.kind.named)
  end
end

local function check_list(rule, name, pointer, report)
  local list = rule[name]
  if type(list) ~= "table" or not json.is_array(list) or #list == 0 then
    report(pointer .. "/" .. name, "Expected value of type Array")
    return
  end
  for index, part in ipairs(list) do
    choice_rules.check(part, ("%s/%s[%d]"):format(pointer, name, index - 1), report)
  end
end

-- `top` rules carry Next (and may carry Assign); nested ones may not.
function choice_rules.check(rule, pointer, report, top)
  if not checks.is_object(rule) then
    report(pointer, "Expected value of type Object")
    return
  end
  local operators = {}
  for name, value in pairs(rule) do
    if comparisons[name] or name == "And" or name == "Or" or name == "Not" then
      operators[#operators + 1] = name
    elseif top and name == "Assign" then
      checks.assign(value, pointer .. "/Assign", report)
    elseif name ~= "Variable" and name ~= "Comment" and not (top and name == "Next") then
      report(pointer .. "/" .. name, "Field is not supported")
    end
  end
  if top and type(rule.Next) ~= "string" then
    report(pointer, "These fields are required: [Next]")
  end
  if #operators ~= 1 then
    report(pointer, "Exactly one comparison operator or And, Or, Not is required")
  elseif rule.Not then
    choice_rules.check(rule.Not, pointer .. "/Not", report)
  elseif rule.And or rule.Or then
    check_list(rule, rule.And and "And" or "Or", pointer, report)
  else
    check_comparison(rule, pointer, report)
  end
end

return choice_rules
