-- Metric math: arithmetic over series, and the functions that alarms and runbooks use. What is not here is refused by name.
-- https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
--
-- A value is a number or a series {time -> number}. Two series meet where both have data.

local fault = require "local_aws.fault"
local lpeg = require "lpeg"

local metric_math = {}

local function refuse(expression, why)
  fault.raise("ValidationError", ("Error in expression '%s': %s"):format(expression, why))
end

local space = lpeg.S " \t\n" ^ 0

local function token(pattern)
  return pattern * space
end

local number = token(lpeg.C(lpeg.R "09" ^ 1 * (lpeg.P "." * lpeg.R "09" ^ 1) ^ -1) / tonumber)
local name = token(lpeg.C(lpeg.R("az", "AZ") * (lpeg.R("az", "AZ", "09") + "_") ^ 0))

-- {left, operator, right, operator, right ...} -> nested {op=, left, right}, from the left.
local function from_left(first, ...)
  local rest, tree = { ... }, first
  for index = 1, #rest, 2 do
    tree = { op = rest[index], tree, rest[index + 1] }
  end
  return tree
end

local function binary(next_level, operators)
  return next_level * (operators * next_level) ^ 0 / from_left
end

local comparison = token(lpeg.C(lpeg.P "<=" + ">=" + "==" + "!=" + "<" + ">"))

local grammar = space * lpeg.P {
  "either",
  either = binary(lpeg.V "both", token(lpeg.P "||" + "OR") * lpeg.Cc "||"),
  both = binary(lpeg.V "compared", token(lpeg.P "&&" + "AND") * lpeg.Cc "&&"),
  compared = binary(lpeg.V "sum", comparison),
  sum = binary(lpeg.V "product", token(lpeg.C(lpeg.S "+-"))),
  product = binary(lpeg.V "power", token(lpeg.C(lpeg.S "*/"))),
  power = binary(lpeg.V "unary", token(lpeg.C "^")),
  unary = token "-" * lpeg.V "unary" / function(value) return { op = "-", 0, value } end + lpeg.V "atom",
  list = token "[" * lpeg.Ct(lpeg.V "either" * (token "," * lpeg.V "either") ^ 0) * token "]" / function(items)
    return { items = items }
  end,
  call = name * token "(" * lpeg.Ct((lpeg.V "argument" * (token "," * lpeg.V "argument") ^ 0) ^ -1) * token ")"
    / function(called, arguments) return { call = called, arguments = arguments } end,
  argument = lpeg.V "either" + lpeg.V "list",
  atom = number + lpeg.V "call" + name / function(id) return { id = id } end + lpeg.V "list"
    + token "(" * lpeg.V "either" * token ")",
} * -1

local function truth(value)
  return value and 1 or 0
end

local OPERATORS = {
  ["+"] = function(a, b) return a + b end, ["-"] = function(a, b) return a - b end, ["*"] = function(a, b) return a * b end,
  ["/"] = function(a, b) return b ~= 0 and a / b or nil end, ["^"] = function(a, b) return a ^ b end,
  ["<"] = function(a, b) return truth(a < b) end, [">"] = function(a, b) return truth(a > b) end,
  ["<="] = function(a, b) return truth(a <= b) end, [">="] = function(a, b) return truth(a >= b) end,
  ["=="] = function(a, b) return truth(a == b) end, ["!="] = function(a, b) return truth(a ~= b) end,
  ["&&"] = function(a, b) return truth(a ~= 0 and b ~= 0) end, ["||"] = function(a, b) return truth(a ~= 0 or b ~= 0) end,
}

-- Applies fn to numbers, or at each time at which all series among the values have one.
local function map(fn, ...)
  local values, times = { ... }, nil
  for _, value in ipairs(values) do
    times = times or type(value) == "table" and value
  end
  if not times then
    return fn(...)
  end
  local out = {}
  for at in pairs(times) do
    local row = {}
    for index, value in ipairs(values) do
      row[index] = type(value) ~= "table" and value or value[at]
    end
    if #row == #values then
      out[at] = fn(table.unpack(row))
    end
  end
  return out
end

-- What a fold over all numbers of a series, or over several series at each time, begins and goes on with.
local FOLDS = {
  SUM = function(list) local sum = 0 for _, value in ipairs(list) do sum = sum + value end return sum end,
  MIN = function(list) return math.min(table.unpack(list)) end,
  MAX = function(list) return math.max(table.unpack(list)) end,
}
function FOLDS.AVG(list)
  return FOLDS.SUM(list) / #list
end

-- Of a list: a series of the fold at each time at which any has data. Of one series: the fold of all its values, a number.
local function fold(combine, argument)
  local by_time, flat = {}, {}
  for _, series in ipairs(argument.items or { argument }) do
    for at, value in pairs(series) do
      by_time[at] = by_time[at] or {}
      table.insert(by_time[at], value)
      flat[#flat + 1] = value
    end
  end
  if not argument.items then
    return flat[1] and combine(flat) or {}
  end
  for at, list in pairs(by_time) do
    by_time[at] = combine(list)
  end
  return by_time
end

local FUNCTIONS = {
  ABS = function(value) return map(math.abs, value) end,
  CEIL = function(value) return map(math.ceil, value) end,
  FLOOR = function(value) return map(math.floor, value) end,
  IF = function(condition, yes, no)
    return map(function(test, a, b) if test ~= 0 then return a end return b end, condition, yes, no)
  end,
}

local evaluate

local function call_function(tree, expression, get)
  local arguments = {}
  for index, argument in ipairs(tree.arguments) do
    arguments[index] = evaluate(argument, expression, get)
  end
  if FOLDS[tree.call] and type(arguments[1]) == "table" then
    return fold(FOLDS[tree.call], arguments[1])
  elseif FUNCTIONS[tree.call] then
    return FUNCTIONS[tree.call](table.unpack(arguments))
  end
  return refuse(expression, ("the local AWS has no function %s"):format(tree.call))
end

function evaluate(tree, expression, get)
  if type(tree) == "number" then
    return tree
  elseif tree.id then
    return get(tree.id)
  elseif tree.call then
    return call_function(tree, expression, get)
  elseif tree.items then
    local items = {}
    for index, item in ipairs(tree.items) do
      items[index] = evaluate(item, expression, get)
    end
    return { items = items }
  end
  return map(OPERATORS[tree.op], evaluate(tree[1], expression, get), evaluate(tree[2], expression, get))
end

-- A number stands for itself at every time at which any metric has data.
local function as_series(value, found)
  if type(value) == "table" then
    return value
  end
  local out = {}
  for _, series in pairs(found) do
    for at in pairs(series) do
      out[at] = value
    end
  end
  return out
end

-- Adds to `found` {id -> series} what the expressions {id -> text} give. They may use one another, not in a circle.
function metric_math.solve(expressions, found)
  local metrics, under_way = {}, {}
  for id, series in pairs(found) do
    metrics[id] = series
  end
  local function get(id)
    if found[id] then
      return found[id]
    end
    local text = expressions[id] or refuse(id, "Unknown id")
    if under_way[id] then
      refuse(text, "Circular reference")
    end
    under_way[id] = true
    local tree = grammar:match(text) or refuse(text, "Parse error")
    found[id] = as_series(evaluate(tree, text, get), metrics)
    return found[id]
  end
  for id in pairs(expressions) do
    get(id)
  end
end

return metric_math
