-- Expressions of Lua 5.4 (manual, section 3.4), by operator precedence. Each node: {kind=, at= position in the text, ...}
--   nil true false vararg number{value} string{value}
--   local{declaration} global{name} index{object, key} call{callee, arguments} method{object, name, name_at, arguments}
--   function{parameters, is_vararg, body, parent} table{fields = {{key=, value=}}}; no key: a place in the list
--   binary{operator, left, right} unary{operator, operand} paren{inner}
local expressions = {}

-- Left and right binding powers.
local BINARY = {
  ["or"] = { 1, 1 }, ["and"] = { 2, 2 }, ["<"] = { 3, 3 }, [">"] = { 3, 3 }, ["<="] = { 3, 3 }, [">="] = { 3, 3 },
  ["~="] = { 3, 3 }, ["=="] = { 3, 3 }, ["|"] = { 4, 4 }, ["~"] = { 5, 5 }, ["&"] = { 6, 6 }, ["<<"] = { 7, 7 },
  [">>"] = { 7, 7 }, [".."] = { 9, 8 }, ["+"] = { 10, 10 }, ["-"] = { 10, 10 }, ["*"] = { 11, 11 }, ["/"] = { 11, 11 },
  ["//"] = { 11, 11 }, ["%"] = { 11, 11 }, ["^"] = { 14, 13 },
}
local UNARY, UNARY_POWER = { ["not"] = true, ["-"] = true, ["#"] = true, ["~"] = true }, 12

local function table_constructor(parser)
  local node = { kind = "table", at = parser:expect("{").at, fields = {} }
  while not parser:is "}" do
    local field = { at = parser.token.at }
    if parser:accept "[" then
      field.key = parser:expression()
      parser:expect "]"
      parser:expect "="
    elseif parser:is "name" and parser:following().kind == "=" then
      local name = parser:take()
      field.key = { kind = "string", at = name.at, value = name.value }
      parser:take()
    end
    field.value = parser:expression()
    node.fields[#node.fields + 1] = field
    if not (parser:accept "," or parser:accept ";") then break end
  end
  parser:expect "}"
  return node
end

local function arguments(parser)
  if parser:is "string" then return { parser:simple() } end
  if parser:is "{" then return { table_constructor(parser) } end
  parser:expect "("
  local list = parser:is ")" and {} or parser:list()
  parser:expect ")"
  return list
end

local CALLS = { ["("] = true, ["{"] = true, string = true }

-- A name or a parenthesis and what follows it: fields, indexes, calls.
local function suffixed(parser)
  local node
  if parser:is "(" then
    node = { kind = "paren", at = parser:take().at, inner = parser:expression() }
    parser:expect ")"
  else
    node = parser:variable(parser:expect "name")
  end
  while true do
    if parser:accept "." then
      local name = parser:expect "name"
      node = { kind = "index", at = node.at, object = node, key = { kind = "string", at = name.at, value = name.value } }
    elseif parser:accept "[" then
      node = { kind = "index", at = node.at, object = node, key = parser:expression() }
      parser:expect "]"
    elseif parser:accept ":" then
      local name = parser:expect "name"
      node = { kind = "method", at = node.at, object = node, name = name.value, name_at = name.at }
      node.arguments = arguments(parser)
    elseif CALLS[parser.token.kind] then
      node = { kind = "call", at = node.at, callee = node, arguments = arguments(parser) }
      local name = node.arguments[1]
      if node.callee.name == "require" and name and name.kind == "string" then
        parser.requires[#parser.requires + 1] = name.value
      end
    else
      return node
    end
  end
end
expressions.suffixed = suffixed

local LITERALS = {
  ["nil"] = "nil", ["true"] = "true", ["false"] = "false", ["..."] = "vararg", number = "number", string = "string",
}

function expressions.simple(parser)
  local token = parser.token
  if LITERALS[token.kind] then
    parser:take()
    return { kind = LITERALS[token.kind], at = token.at, value = token.value }
  elseif token.kind == "{" then
    return table_constructor(parser)
  elseif parser:accept "function" then
    return parser:function_body(token.at)
  end
  return suffixed(parser)
end

local function climb(parser, limit)
  local left
  local token = parser.token
  if UNARY[token.kind] then
    parser:take()
    left = { kind = "unary", at = token.at, operator = token.kind, operand = climb(parser, UNARY_POWER) }
  else
    left = expressions.simple(parser)
  end
  while BINARY[parser.token.kind] and BINARY[parser.token.kind][1] > limit do
    local operator = parser:take()
    local right = climb(parser, BINARY[operator.kind][2])
    left = { kind = "binary", at = left.at, operator = operator.kind, left = left, right = right, operator_at = operator.at }
  end
  return left
end

function expressions.expression(parser)
  return climb(parser, 0)
end

return expressions
