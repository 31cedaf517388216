-- Expressions to trees. The trees still hold placeholders; resolve.lua replaces and judges them.
--
--   condition  {kind="AND"|"OR", left, right}  {kind="NOT", condition}
--              {kind="compare", operator="=", arguments={operand, operand}}
--              {kind="BETWEEN", arguments={operand, low, high}}  {kind="IN", arguments={operand, choice...}}
--   operand    {kind="path", steps={{name="a"} | {placeholder="#a"} | {index=0} ...}}  {kind="value", placeholder=":v"}
--              {kind="call", name="size", arguments={operand...}}
--              {kind="arithmetic", operator="+", arguments={operand, operand}} (in SET only)
--   update     {sections={{kind="SET", actions={{path=, operand=}...}} ...}}
-- A function that stands as a condition is its "call". parens=true marks what stood in parentheses.

local lexer = require "local_aws.dynamodb.lexer"

local parser = {}

local HIGHEST_INDEX = 2147483647
local MOST_OPERATORS = 300
local COMPARATORS = { ["="] = true, ["<>"] = true, ["<"] = true, ["<="] = true, [">"] = true, [">="] = true }

local Parser = {}
Parser.__index = Parser

-- A problem of the expression, told apart from a fault of ours by being a table.
local function refuse(message)
  error({ problem = message }, 0)
end

local function new(text)
  return setmetatable({ text = text, tokens = lexer.tokens(text), place = 1, operators = 0 }, Parser)
end

function Parser:peek(offset)
  return self.tokens[math.min(self.place + (offset or 0), #self.tokens)]
end

-- The bad token, and the text from the one before to the one after it.
function Parser:unexpected()
  local bad = self:peek()
  local before = self.tokens[self.place - 1] or bad
  local start = self.place == 1 and bad.kind == "end" and 1 or before.start
  refuse(('Syntax error; token: "%s", near: "%s"'):format(bad.text, self.text:sub(start, self:peek(1).stop - 1)))
end

function Parser:take()
  local token = self:peek()
  self.place = self.place + 1
  return token
end

function Parser:at(text)
  local token = self:peek()
  return token.kind == "operator" and token.text == text or token.keyword == text
end

function Parser:accept(text)
  if self:at(text) then
    return self:take()
  end
  return nil
end

function Parser:expect(text)
  return self:accept(text) or self:unexpected()
end

function Parser:count_operator()
  self.operators = self.operators + 1
  if self.operators > MOST_OPERATORS then
    refuse("The expression contains too many operators; operator count: " .. self.operators)
  end
end

function Parser:step()
  local token = self:peek()
  if token.kind == "name" then
    self:take()
    return { name = token.text }
  elseif token.kind == "name_placeholder" then
    self:take()
    return { placeholder = token.text }
  end
  return self:unexpected()
end

function Parser:path()
  local steps = { self:step() }
  while true do
    if self:accept "." then
      steps[#steps + 1] = self:step()
    elseif self:accept "[" then
      if self:peek().kind ~= "index" then
        self:unexpected()
      end
      local text = self:take().text
      local index = math.tointeger(tonumber(text))
      if not index or index > HIGHEST_INDEX then
        refuse("List index is not within the allowable range; index: [" .. text .. "]")
      end
      steps[#steps + 1] = { index = index }
      self:expect "]"
    else
      return { kind = "path", steps = steps }
    end
  end
end

function Parser:call()
  local node = { kind = "call", name = self:take().text, arguments = {} }
  self:expect "("
  self:count_operator()
  repeat
    node.arguments[#node.arguments + 1] = self:operand()
  until not self:accept ","
  self:expect ")"
  return node
end

local function in_parentheses(node)
  if node.parens then
    node.redundant_parens = true
  end
  node.parens = true
  return node
end

-- A path, a value or a function, perhaps in parentheses.
function Parser:operand()
  local token = self:peek()
  if token.kind == "value_placeholder" then
    self:take()
    return { kind = "value", placeholder = token.text }
  elseif token.kind == "name" and self:peek(1).text == "(" then
    return self:call()
  elseif self:accept "(" then
    local node = in_parentheses(self:operand())
    self:expect ")"
    return node
  end
  return self:path()
end

function Parser:choices(first)
  local node = { kind = "IN", arguments = { first } }
  self:expect "("
  repeat
    node.arguments[#node.arguments + 1] = self:operand()
  until not self:accept ","
  self:expect ")"
  return node
end

-- What follows an operand; `inside` parentheses a lone operand may be all there is: "(a) = :v".
function Parser:comparison(left, inside)
  local token = self:peek()
  if token.kind == "operator" and COMPARATORS[token.text] then
    self:take()
    self:count_operator()
    return { kind = "compare", operator = token.text, arguments = { left, self:operand() } }
  elseif self:accept "BETWEEN" then
    self:count_operator()
    local low = self:operand()
    self:expect "AND"
    return { kind = "BETWEEN", arguments = { left, low, self:operand() } }
  elseif self:accept "IN" then
    self:count_operator()
    return self:choices(left)
  elseif left.kind == "call" or inside and self:at ")" then
    return left
  end
  return self:unexpected()
end

local function is_operand(node)
  return node.kind == "path" or node.kind == "value" or node.kind == "call"
end

function Parser:primary(inside)
  if self:accept "NOT" then
    self:count_operator()
    return { kind = "NOT", self:primary() }
  elseif self:accept "(" then
    local node = in_parentheses(self:disjunction(true))
    self:expect ")"
    if not is_operand(node) then
      return node
    end
    return self:comparison(node, inside)
  end
  return self:comparison(self:operand(), inside)
end

function Parser:chain(keyword, next_level, inside)
  local left = next_level(self, inside)
  while self:at(keyword) do
    self:take()
    self:count_operator()
    left = { kind = keyword, left, next_level(self) }
  end
  return left
end

function Parser:conjunction(inside)
  return self:chain("AND", self.primary, inside)
end

function Parser:disjunction(inside)
  return self:chain("OR", self.conjunction, inside)
end

function Parser:finish(node)
  if self:peek().kind ~= "end" then
    self:unexpected()
  end
  return node
end

-- Right-hand side of SET: an operand, or two with + or - between; parentheses may stand round all of it.
function Parser:sum()
  if self:at "(" then
    local start = self.place
    self:take()
    local node = self:sum()
    if node.kind == "arithmetic" then
      self:expect ")"
      return in_parentheses(node)
    end
    self.place = start
  end
  local left = self:operand()
  local operator = self:accept "+" or self:accept "-"
  if not operator then
    return left
  end
  self:count_operator()
  return { kind = "arithmetic", operator = operator.text, arguments = { left, self:operand() } }
end

local sections = {}

function sections.SET(self)
  local path = self:path()
  self:expect "="
  self:count_operator()
  return { path = path, operand = self:sum() }
end

function sections.REMOVE(self)
  return { path = self:path() }
end

function sections.ADD(self)
  local path = self:path()
  if self:peek().kind ~= "value_placeholder" then
    self:unexpected()
  end
  return { path = path, operand = self:operand() }
end
sections.DELETE = sections.ADD

function parser.condition(text)
  local self = new(text)
  return self:finish(self:disjunction())
end

-- -> list of paths
function parser.projection(text)
  local self = new(text)
  local paths = {}
  repeat
    paths[#paths + 1] = self:path()
  until not self:accept ","
  return self:finish(paths)
end

function parser.update(text)
  local self = new(text)
  local list = {}
  repeat
    local section = self:peek().keyword
    if not sections[section] then
      self:unexpected()
    end
    self:take()
    local actions = {}
    repeat
      actions[#actions + 1] = sections[section](self)
    until not self:accept ","
    list[#list + 1] = { kind = section, actions = actions }
  until self:peek().kind == "end"
  return { sections = list }
end

return parser
