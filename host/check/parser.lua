-- Lua 5.4's grammar (manual, section 3.3) by recursive descent, each name resolved to its declaration on the way. Statements:
--   local{declarations, values} assign{targets, values} call{expression} do{body} while{condition, body}
--   repeat{body, condition} if{conditions, bodies} for_number{declaration, range, body} for_in{declarations, values, body}
--   return{values} jump
-- A declaration: {name=, at=, owner= the function node that it belongs to}.
local expressions = require "check.expressions"
local lexer = require "check.lexer"

local parser = {}
parser.__index = parser

-- --- words ---

function parser:take()
  local token = self.token
  self.index = self.index + 1
  self.token = self.tokens[self.index]
  return token
end

function parser:is(kind) return self.token.kind == kind end
function parser:following() return self.tokens[self.index + 1] end
function parser:accept(kind) return self:is(kind) and self:take() end

function parser:expect(kind)
  if not self:is(kind) then error(("%s expected at %d"):format(kind, self.token.at), 0) end
  return self:take()
end

-- --- scopes ---

function parser:declare(name, at)
  local declaration = { name = name, at = at, owner = self.owner }
  self.scope.names[name] = declaration
  return declaration
end

function parser:block(declare)
  self.scope = { names = {}, outer = self.scope }
  local more = declare and declare()
  local body = self:statements()
  self.scope = self.scope.outer
  return body, more
end

function parser:variable(token)
  local scope = self.scope
  while scope do
    local declaration = scope.names[token.value]
    if declaration then return { kind = "local", at = token.at, declaration = declaration } end
    scope = scope.outer
  end
  local node = { kind = "global", at = token.at, name = token.value }
  self.globals[#self.globals + 1] = node
  return node
end

-- --- expressions ---

parser.expression = expressions.expression
parser.simple = expressions.simple

function parser:list()
  local list = {}
  repeat list[#list + 1] = self:expression() until not self:accept ","
  return list
end

function parser:function_body(at, with_self)
  local node = { kind = "function", at = at, parameters = {}, parent = self.owner }
  self.functions[#self.functions + 1] = node
  self.owner = node
  self:expect "("
  node.body = self:block(function()
    if with_self then node.parameters[1] = self:declare("self", at) end
    while not self:accept ")" do
      if self:accept "..." then
        node.is_vararg = true
      else
        local name = self:expect "name"
        node.parameters[#node.parameters + 1] = self:declare(name.value, name.at)
      end
      self:accept ","
    end
  end)
  self:expect "end"
  self.owner = node.parent
  return node
end

-- --- statements ---

local statements = {}

statements["do"] = function(self)
  local body = self:block()
  self:expect "end"
  return { kind = "do", body = body }
end

statements["while"] = function(self)
  local condition = self:expression()
  self:expect "do"
  local body = self:block()
  self:expect "end"
  return { kind = "while", condition = condition, body = body }
end

statements["repeat"] = function(self)
  local node = { kind = "repeat" }
  self.scope = { names = {}, outer = self.scope }
  node.body = self:statements()
  self:expect "until"
  node.condition = self:expression() -- sees the body's locals
  self.scope = self.scope.outer
  return node
end

statements["if"] = function(self)
  local node = { kind = "if", conditions = {}, bodies = {} }
  repeat
    node.conditions[#node.conditions + 1] = self:expression()
    self:expect "then"
    node.bodies[#node.bodies + 1] = self:block()
  until not self:accept "elseif"
  if self:accept "else" then node.bodies[#node.bodies + 1] = self:block() end
  self:expect "end"
  return node
end

statements["for"] = function(self)
  local names = { self:expect "name" }
  local node
  if self:accept "=" then
    node = { kind = "for_number", range = self:list() }
  else
    while self:accept "," do names[#names + 1] = self:expect "name" end
    self:expect "in"
    node = { kind = "for_in", values = self:list() }
  end
  self:expect "do"
  node.body, node.declarations = self:block(function()
    local declared = {}
    for index, name in ipairs(names) do declared[index] = self:declare(name.value, name.at) end
    return declared
  end)
  self:expect "end"
  return node
end

statements["function"] = function(self, at)
  local target = self:variable(self:expect "name")
  local is_method = false
  while self:is "." or self:is ":" do
    is_method = self:take().kind == ":"
    local name = self:expect "name"
    target = { kind = "index", at = target.at, object = target, key = { kind = "string", at = name.at, value = name.value } }
  end
  if target.kind == "global" then target.is_set = true end
  return { kind = "assign", targets = { target }, values = { self:function_body(at, is_method) } }
end

statements["local"] = function(self, at)
  if self:accept "function" then
    local name = self:expect "name"
    local declaration = self:declare(name.value, name.at)
    return { kind = "local", declarations = { declaration }, values = { self:function_body(at) } }
  end
  local names = {}
  repeat
    names[#names + 1] = self:expect "name"
    if self:accept "<" then
      self:expect "name"
      self:expect ">"
    end
  until not self:accept ","
  local node = { kind = "local", values = self:accept "=" and self:list() or {}, declarations = {} }
  for index, name in ipairs(names) do node.declarations[index] = self:declare(name.value, name.at) end
  return node
end

statements["return"] = function(self)
  local ends = self:is "end" or self:is "eof" or self:is ";" or self:is "else" or self:is "elseif" or self:is "until"
  local node = { kind = "return", values = ends and {} or self:list() }
  self:accept ";"
  return node
end

statements["break"] = function() return { kind = "jump" } end
statements["goto"] = function(self) self:expect "name" return { kind = "jump" } end
statements["::"] = function(self) self:expect "name" self:expect "::" return { kind = "jump" } end
statements[";"] = function() return { kind = "jump" } end

local function expression_statement(self)
  local first = expressions.suffixed(self)
  if self:is "=" or self:is "," then
    local targets = { first }
    while self:accept "," do targets[#targets + 1] = expressions.suffixed(self) end
    self:expect "="
    for _, target in ipairs(targets) do
      if target.kind == "global" then target.is_set = true end
    end
    return { kind = "assign", targets = targets, values = self:list() }
  end
  return { kind = "call", expression = first }
end

local ENDS = { ["end"] = true, ["else"] = true, ["elseif"] = true, ["until"] = true, eof = true }

function parser:statements()
  local list = {}
  while not ENDS[self.token.kind] do
    local at = self.token.at
    local statement = statements[self.token.kind]
    if statement then self:take() end
    local node = (statement or expression_statement)(self, at)
    node.at = at
    list[#list + 1] = node
  end
  return list
end

--- The chunk as a function node, with all its `functions` (itself first), the uses of `globals`, and the names that it
-- `requires`.
function parser.parse(text)
  local tokens = lexer.tokens(text)
  local self = setmetatable({ tokens = tokens, index = 1, token = tokens[1], functions = {}, globals = {},
    requires = {} }, parser)
  local chunk = { kind = "function", at = 1, parameters = {}, is_vararg = true }
  self.functions[1], self.owner = chunk, chunk
  chunk.body = self:block()
  self:expect "eof"
  chunk.functions, chunk.globals, chunk.requires = self.functions, self.globals, self.requires
  return chunk
end

return parser
