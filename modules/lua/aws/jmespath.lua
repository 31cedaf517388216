-- JMESPath (jmespath.org/specification), as far as AWS's published waiters use it: members, indexes, [] and [*] and .*
-- projections, [?filters], length(), comparisons, && || !, `JSON` and 'raw' literals, parentheses.
--
--   jmespath.compile "Reservations[].Instances[].State.Name" -> function(value) -> what it names, nil for null

local json = require "json"

local jmespath = {}

local PATTERNS = { -- the first that matches is the token
  { "^%[%]", "flatten" }, { "^%[%*%]", "each" }, { "^%[%?", "filter" }, { "^%[(%-?%d+)%]", "index" },
  { "^`([^`]*)`", "json" }, { "^'([^']*)'", "text" }, { '^"([^"]*)"', "name" }, { "^([%a_][%w_]*)", "name" },
  { "^[=!<>]=", "compare" }, { "^&&", "and" }, { "^||", "or" }, { "^[<>]", "compare" }, { "^[!().%]*]", "sign" },
}

local function next_token(text, at)
  for _, entry in ipairs(PATTERNS) do
    local first, last, capture = text:find(entry[1], at)
    if first then
      local kind = entry[2] == "sign" and text:sub(first, last) or entry[2]
      return { kind = kind, text = capture or text:sub(first, last) }, last + 1
    end
  end
  error(("the JMESPath expression %q is not understood at %q"):format(text, text:sub(at)), 0)
end

local function tokens_of(text)
  local tokens, at = { expression = text, position = 1 }, text:find "%S" or #text + 1
  while at <= #text do
    tokens[#tokens + 1], at = next_token(text, at)
    at = text:find("%S", at) or #text + 1
  end
  return tokens
end

local function take(tokens, kind)
  local token = tokens[tokens.position]
  if token and token.kind == kind then
    tokens.position = tokens.position + 1
    return token
  end
end

local function expect(tokens, kind)
  return take(tokens, kind) or error(("the JMESPath expression %q lacks %s"):format(tokens.expression, kind), 0)
end

local function present(value)
  if value ~= json.null then
    return value
  end
end

local function is_true(value)
  return value ~= nil and value ~= false and value ~= "" and not (type(value) == "table" and next(value) == nil)
end

local function member(value, name)
  if type(value) == "table" then
    return present(value[name])
  end
end

local run

-- The steps up to the next [] belong to each element, as the specification has it; [] flattens what they give.
local function project(list, steps, first, last)
  if type(list) ~= "table" then
    return nil
  end
  local stop = first
  while stop <= last and steps[stop].kind ~= "flatten" do
    stop = stop + 1
  end
  local results = json.array {}
  for _, element in ipairs(list) do
    local result = run(present(element), steps, first, stop - 1)
    if result ~= nil then
      results[#results + 1] = result
    end
  end
  return run(results, steps, stop, last)
end

local function flattened(value)
  if type(value) ~= "table" then
    return nil
  end
  local flat = {}
  for _, element in ipairs(value) do
    if json.is_array(element) then
      table.move(element, 1, #element, #flat + 1, flat)
    else
      flat[#flat + 1] = element
    end
  end
  return flat
end

local function values_of(value)
  local values = {}
  for _, element in pairs(type(value) == "table" and value or {}) do
    values[#values + 1] = element
  end
  return values
end

local function kept(value, condition)
  local list = {}
  for _, element in ipairs(type(value) == "table" and value or {}) do
    if is_true(condition(element)) then
      list[#list + 1] = element
    end
  end
  return list
end

function run(value, steps, first, last)
  for position = first, last do
    local step = steps[position]
    if step.kind == "flatten" then
      return project(flattened(value), steps, position + 1, last)
    elseif step.kind == "each" then
      return project(value, steps, position + 1, last)
    elseif step.kind == "values" then
      return project(values_of(value), steps, position + 1, last)
    elseif step.kind == "filter" then
      return project(kept(value, step.condition), steps, position + 1, last)
    elseif step.kind == "index" then
      local index = type(value) == "table" and (step.index < 0 and #value + step.index + 1 or step.index + 1)
      value = index and member(value, index)
    else
      value = member(value, step.name)
    end
  end
  return value
end

local expression

local function call(tokens, name)
  if name ~= "length" then
    error(("the JMESPath function %s() is not known here (%q)"):format(name, tokens.expression), 0)
  end
  local argument = expression(tokens)
  expect(tokens, ")")
  return function(value)
    local result = argument(value)
    return (type(result) == "table" or type(result) == "string") and #result or nil
  end
end

-- Member after member; nil when none begins here.
local function path_steps(tokens, steps)
  local start = #steps
  while true do
    local name = #steps == start and start == 0 and take(tokens, "name")
    local index = not name and take(tokens, "index")
    if name then
      steps[#steps + 1] = { kind = "member", name = name.text }
      if take(tokens, "(") then
        return call(tokens, name.text)
      end
    elseif index then
      steps[#steps + 1] = { kind = "index", index = math.tointeger(index.text) }
    elseif take(tokens, "flatten") then
      steps[#steps + 1] = { kind = "flatten" }
    elseif take(tokens, "each") then
      steps[#steps + 1] = { kind = "each" }
    elseif take(tokens, "filter") then
      local condition = expression(tokens)
      expect(tokens, "]")
      steps[#steps + 1] = { kind = "filter", condition = condition }
    elseif take(tokens, ".") then
      steps[#steps + 1] = take(tokens, "*") and { kind = "values" } or { kind = "member", name = expect(tokens, "name").text }
    else
      break
    end
  end
  if #steps == 0 then
    error(("the JMESPath expression %q is incomplete"):format(tokens.expression), 0)
  end
  return function(value) return run(value, steps, 1, #steps) end
end

local function primary(tokens)
  local literal = take(tokens, "json")
  local text = take(tokens, "text")
  if literal then
    local value = present(json.decode(literal.text))
    return function() return value end
  elseif text then
    return function() return text.text end
  elseif take(tokens, "!") then
    local operand = primary(tokens)
    return function(value) return not is_true(operand(value)) end
  elseif take(tokens, "(") then
    local inner = expression(tokens)
    expect(tokens, ")")
    return inner
  end
  return path_steps(tokens, {})
end

local function both_numbers(a, b, holds)
  return type(a) == "number" and type(b) == "number" and holds(a, b) or nil
end

local COMPARE = {
  ["=="] = function(a, b) return a == b end,
  ["!="] = function(a, b) return a ~= b end,
  ["<"] = function(a, b) return both_numbers(a, b, function(x, y) return x < y end) end,
  [">"] = function(a, b) return both_numbers(a, b, function(x, y) return x > y end) end,
  ["<="] = function(a, b) return both_numbers(a, b, function(x, y) return x <= y end) end,
  [">="] = function(a, b) return both_numbers(a, b, function(x, y) return x >= y end) end,
}

local function comparison(tokens)
  local left = primary(tokens)
  local sign = take(tokens, "compare")
  if not sign then
    return left
  end
  local right, holds = primary(tokens), COMPARE[sign.text]
  return function(value) return holds(left(value), right(value)) end
end

local function chain(tokens, operand, kind, stops)
  local left = operand(tokens)
  while take(tokens, kind) do
    local a, b = left, operand(tokens)
    left = function(value)
      local first = a(value)
      if is_true(first) == stops then
        return first
      end
      return b(value)
    end
  end
  return left
end

local function conjunction(tokens)
  return chain(tokens, comparison, "and", false)
end

function expression(tokens)
  return chain(tokens, conjunction, "or", true)
end

-- Raises a string when the text is no expression, or uses what is not known here.
function jmespath.compile(text)
  local tokens = tokens_of(text)
  local evaluate = expression(tokens)
  if tokens[tokens.position] then
    error(("the JMESPath expression %q has something after its end"):format(text), 0)
  end
  return evaluate
end

return jmespath
