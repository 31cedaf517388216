-- The expressions of PartiQL: paths, literals, operators. The part of the parser that statements are made of.
--
--   {kind="path", path={"a", 0, "b"}}   {kind="value", value={S="x"}}   {kind="parameter", number=1}   {kind="MISSING"}
--   {kind="list"|"bag", members...}   {kind="tuple", {name=, expression=}...}   {kind="call", name="size", arguments={...}}
--   {kind="arithmetic", operator="+", arguments={...}}   {kind="LIKE"}
--   {kind="compare"|"BETWEEN"|"IN"|"AND"|"OR"|"NOT", ...} as in dynamodb/parser.lua
--   {kind="IS", what="NULL"|"MISSING", expression}
-- `at` of each is its first token.

local fault = require "local_aws.fault"
local lexer = require "local_aws.dynamodb.partiql.lexer"

local expressions = {}

local COMPARATORS = { ["="] = "=", ["<>"] = "<>", ["!="] = "<>", ["<"] = "<", ["<="] = "<=", [">"] = ">", [">="] = ">=" }
local DEEPEST = 64

function expressions.new(class, text)
  local self = setmetatable({ text = text, tokens = lexer.tokens(text), place = 1, parameters = 0, depth = 0 }, class)
  if not self.tokens then
    self:fail()
  end
  return self
end

-- Nothing that is PartiQL.
function expressions:fail(why)
  fault.raise("ValidationException", "Statement wasn't well formed, can't be processed: " .. (why or self.text))
end

-- PartiQL, but nothing that DynamoDB does.
function expressions:refuse(message, node)
  fault.raise("ValidationException", node and message .. " at " .. lexer.position(self.text, node.at) or message)
end

function expressions:peek(offset)
  return self.tokens[math.min(self.place + (offset or 0), #self.tokens)]
end

function expressions:take()
  local token = self:peek()
  self.place = self.place + 1
  return token
end

function expressions:at(text)
  local token = self:peek()
  return token.kind == "operator" and token.text == text or token.keyword == text
end

function expressions:accept(text)
  return self:at(text) and self:take() or nil
end

function expressions:expect(text)
  return self:accept(text) or self:fail()
end

function expressions:name()
  return self:peek().kind == "name" and self:take().text or self:fail()
end

local function members(self, node, close)
  if self:accept(close) then
    return node
  end
  repeat
    node[#node + 1] = self:expression()
  until not self:accept ","
  self:expect(close)
  return node
end

local function tuple(self, node)
  if self:accept "}" then
    return node
  end
  repeat
    local name = self:expression()
    self:expect ":"
    node[#node + 1] = { name = name, expression = self:expression() }
  until not self:accept ","
  self:expect "}"
  return node
end

local function call(self, token)
  self:expect "("
  local node = { kind = "call", name = token.text:lower(), at = token, arguments = {} }
  if self:accept "*" then -- COUNT(*)
    self:expect ")"
    return node
  end
  members(self, node.arguments, ")")
  return node
end

local function step(self, path)
  if self:accept "." then
    if self:accept "*" then
      self:refuse "Changing item's hierarchy while reading isn't supported"
    end
    path[#path + 1] = self:name()
    return true
  elseif self:accept "[" then
    local token = self:take()
    local index = token.kind == "number" and math.tointeger(tonumber(token.text))
    path[#path + 1] = token.kind == "string" and token.text or index or self:fail()
    self:expect "]"
    return true
  end
  return false
end

local function path(self)
  local node = { kind = "path", at = self:peek(), path = {} }
  node.path[1] = self:name()
  while step(self, node.path) do end -- luacheck: ignore 542
  return node
end

-- "(a)" is a; "(a, b)" is a list.
local function parentheses(self, node)
  members(self, node, ")")
  return #node == 1 and node[1] or node
end

local opened = {
  ["["] = function(self, token) return members(self, { kind = "list", at = token }, "]") end,
  ["<<"] = function(self, token) return members(self, { kind = "bag", at = token }, ">>") end,
  ["{"] = function(self, token) return tuple(self, { kind = "tuple", at = token }) end,
  ["("] = function(self, token) return parentheses(self, { kind = "list", at = token }) end,
}

local CONSTANTS = { TRUE = { BOOL = true }, FALSE = { BOOL = false }, NULL = { NULL = true } }

local function constant(self, token)
  if token.kind == "string" then
    return { kind = "value", value = { S = token.text }, at = self:take() }
  elseif token.kind == "number" then
    return { kind = "value", value = { N = token.text }, at = self:take() }
  elseif CONSTANTS[token.keyword] then
    return { kind = "value", value = CONSTANTS[token.keyword], at = self:take() }
  elseif token.keyword == "MISSING" then
    return { kind = "MISSING", at = self:take() }
  elseif token.kind == "parameter" then
    self.parameters = self.parameters + 1
    return { kind = "parameter", number = self.parameters, at = self:take() }
  end
  return nil
end

local function unary(self)
  local sign = self:take()
  local number = self:take()
  if number.kind ~= "number" then
    self:fail()
  end
  return { kind = "value", value = { N = (sign.text == "-" and "-" or "") .. number.text }, at = sign }
end

function expressions:primary()
  local token = self:peek()
  local node = constant(self, token)
  if node then
    return node
  elseif self:peek(1).text == "(" and (token.kind == "name" or token.kind == "keyword") then
    return call(self, self:take())
  elseif self:at "-" or self:at "+" then
    return unary(self)
  elseif token.kind == "operator" and opened[token.text] then
    return opened[token.text](self, self:take())
  end
  return path(self)
end

function expressions:sum()
  local left = self:primary()
  while self:at "+" or self:at "-" or self:at "||" or self:at "*" or self:at "/" or self:at "%" do
    local operator = self:take()
    left = { kind = "arithmetic", operator = operator.text, at = operator, arguments = { left, self:primary() } }
  end
  return left
end

local function between(self, left)
  local low = self:sum()
  self:expect "AND"
  return { kind = "BETWEEN", at = left.at, arguments = { left, low, self:sum() } }
end

local function among(self, left)
  local choices = self:sum()
  -- "IN (a)" is a list of one although "(a)" is not.
  local list = choices.kind == "list" and choices or { choices }
  return { kind = "IN", at = left.at, arguments = { left, table.unpack(list) } }
end

local function is(self, left)
  local negated = self:accept "NOT"
  local what = self:accept "NULL" or self:expect "MISSING"
  local node = { kind = "IS", what = what.keyword, at = left.at, left }
  return negated and { kind = "NOT", at = left.at, node } or node
end

local function comparison(self)
  local left = self:sum()
  local token = self:peek()
  if token.kind == "operator" and COMPARATORS[token.text] then
    self:take()
    return { kind = "compare", operator = COMPARATORS[token.text], at = left.at, arguments = { left, self:sum() } }
  elseif self:accept "IS" then
    return is(self, left)
  end
  local negated, node = self:accept "NOT", nil
  if self:accept "BETWEEN" then
    node = between(self, left)
  elseif self:accept "IN" then
    node = among(self, left)
  elseif self:accept "LIKE" then
    node = { kind = "LIKE", at = left.at, left, self:sum() }
  elseif negated then
    self:fail()
  end
  return negated and { kind = "NOT", at = left.at, node } or node or left
end

local function negation(self)
  local token = self:accept "NOT"
  return token and { kind = "NOT", at = token, negation(self) } or comparison(self)
end

local function chain(self, keyword, next_level)
  local left = next_level(self)
  while self:accept(keyword) do
    left = { kind = keyword, at = left.at, left, next_level(self) }
  end
  return left
end

local function conjunction(self)
  return chain(self, "AND", negation)
end

function expressions:expression()
  self.depth = self.depth + 1
  if self.depth > DEEPEST then
    self:fail()
  end
  local node = chain(self, "OR", conjunction)
  self.depth = self.depth - 1
  return node
end

return expressions
