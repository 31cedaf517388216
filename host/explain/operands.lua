-- Which expressions of a line may be the ones that Lua's message is about.
local operands = {}

local ARITHMETIC = { ["+"] = true, ["-"] = true, ["*"] = true, ["/"] = true, ["//"] = true, ["%"] = true, ["^"] = true }
local BITS = { ["&"] = true, ["|"] = true, ["~"] = true, ["<<"] = true, [">>"] = true }
local ORDER = { ["<"] = true, [">"] = true, ["<="] = true, [">="] = true }

local function sides(of)
  return function(node)
    if node.kind == "binary" and of[node.operator] then return { node.left, node.right } end
    if node.kind == "unary" and of[node.operator] then return { node.operand } end
  end
end

local function name_of(node)
  if node.kind == "method" then return node.name end
  local callee = node.callee
  if callee.kind == "index" then return callee.key.value end
  return callee.kind == "local" and callee.declaration.name or callee.name
end

local function indexed(node)
  if node.kind == "index" or node.kind == "method" then return { node.object } end
end

local function called(node)
  if node.kind == "call" then return { node.callee } end
  return node.kind == "method" and { node } or nil
end

local function argument(number, name)
  return function(node)
    local is_call = (node.kind == "call" or node.kind == "method") and name_of(node) == name
    return is_call and { node.arguments[tonumber(number)] } or nil
  end
end

-- Any that a C function was called with.
local function arguments(node)
  return (node.kind == "call" or node.kind == "method") and node.arguments or nil
end

local function bound(node)
  return node.kind == "for_number" and node.range or nil
end

-- {what Lua says, the operands of a node}; captures: types, or what else the second needs. `pair`: the values of all operands
-- are wanted, for together they were wrong.
local KINDS = {
  { "^attempt to index an? (.-) value", function() return indexed end },
  { "^attempt to call an? (.-) value", function() return called end, calls = true },
  { "^attempt to perform arithmetic on an? (.-) value", function() return sides(ARITHMETIC) end },
  { "^attempt to perform bitwise operation on an? (.-) value", function() return sides(BITS) end },
  { "^attempt to concatenate an? (.-) value", function() return sides { [".."] = true } end },
  { "^attempt to get length of an? (.-) value", function() return sides { ["#"] = true } end },
  { "^attempt to compare two (.-) values", function() return sides(ORDER) end, pair = true },
  { "^attempt to compare (.-) with (.-)$", function() return sides(ORDER) end, pair = true },
  { "^bad 'for' (.-) %(number expected, got (.-)%)", function() return bound end, got = 2 },
  { "^'for' (.-) must be a number", function() return bound end, got = 0 },
  { "^bad argument #(%d+) to '([^']+)' %(.- expected, got (.-)%)", argument, got = 3 },
}

--- What Lua's message (without its place) is about: {types = {...}, of = function(node) -> operands, pair}; nil when it is
-- none of these. `in_c`: a C function failed with it, which has only its arguments.
function operands.of_message(said, in_c)
  for _, kind in ipairs(KINDS) do
    local first, second, third = said:match(kind[1])
    if first then
      local captures = { first, second, third }
      local types = kind.got and { captures[kind.got] } or { first, second or kind.pair and first or nil }
      local of = kind[2](first, second)
      if in_c and not kind[1]:find("bad argument", 1, true) then of = arguments end
      return { types = types, of = of, pair = kind.pair, calls = kind.calls }
    end
  end
end

local BACKWARDS = { declaration = true, owner = true, parent = true, functions = true, globals = true, requires = true }

--- Calls visit with each node of the chunk that has a place on the line.
function operands.on_line(chunk, source, line, visit)
  local seen = {}
  local function is_there(position) return position ~= nil and source:place(position) == line end
  local function walk(node)
    if seen[node] then return end
    seen[node] = true
    local key = type(node.key) == "table" and node.key.at
    if node.kind and (is_there(node.at) or is_there(node.operator_at) or is_there(node.name_at) or is_there(key or nil)) then
      visit(node)
    end
    for name, value in pairs(node) do
      if type(value) == "table" and not BACKWARDS[name] then walk(value) end
    end
  end
  walk(chunk)
end

local function list_text(list) return #list > 0 and "(...)" or "()" end

--- An expression as a person would write it; what a call is given is left out.
function operands.text(node)
  local kind = node.kind
  if kind == "local" then return node.declaration.name end
  if kind == "global" then return node.name end
  if kind == "paren" then return "(" .. operands.text(node.inner) .. ")" end
  if kind == "number" then return tostring(node.value) end
  if kind == "string" then return ("%q"):format(node.value) end
  if kind == "vararg" then return "..." end
  if kind == "call" then return operands.text(node.callee) .. list_text(node.arguments) end
  if kind == "method" then return ("%s:%s%s"):format(operands.text(node.object), node.name, list_text(node.arguments)) end
  if kind == "index" then
    local name = node.key.kind == "string" and node.key.value:match "^[%a_][%w_]*$"
    return operands.text(node.object) .. (name and "." .. name or "[" .. operands.text(node.key) .. "]")
  end
  return "the " .. (kind == "binary" and "'" .. node.operator .. "' expression" or kind)
end

return operands
