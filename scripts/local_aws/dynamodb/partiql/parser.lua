-- PartiQL statements to trees.
-- https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
--
--   select  {kind="select", columns= list of expressions | nil for *, table=, index=, where=, order={{name=, descending=}...}}
--   exists  {kind="exists", select= select}
--   insert  {kind="insert", table=, tuple= expression}
--   update  {kind="update", table=, index=, actions={{section="SET"|"REMOVE", path= expression, operand= expression}...},
--           where=, returning="ALL_OLD"...}
--   delete  {kind="delete", table=, index=, where=, returning=}
-- `parameters` of each is how many question marks it has. Expressions: expressions.lua.

local expressions = require "local_aws.dynamodb.partiql.expressions"

local parser = {}

local Parser = setmetatable({}, { __index = expressions })
Parser.__index = Parser

function Parser:component()
  local name = self:name()
  if name == "" then
    self:refuse "Path component cannot be an empty string"
  end
  return name
end

-- "table", "table.index" -> both
function Parser:source(tree)
  tree.table = self:component()
  if self:accept "." then
    tree.index = self:component()
  end
  if self:at "." then
    self:refuse "A path may contain at most 2 components in the FROM clause"
  end
  return tree
end

function Parser:where()
  return self:accept "WHERE" and self:expression() or nil
end

local function refuse_clauses(self)
  if self:at "GROUP" or self:at "HAVING" then
    self:refuse("Unsupported clause: " .. (self:at "GROUP" and "GROUP BY" or "HAVING"))
  elseif self:accept "LIMIT" then
    self:refuse("Unsupported clause: LIMIT", self:expression())
  end
end

function Parser:order()
  local order = {}
  if self:accept "ORDER" then
    self:expect "BY"
    repeat
      local entry = { name = self:name() }
      entry.descending = not self:accept "ASC" and self:accept "DESC" ~= nil
      order[#order + 1] = entry
    until not self:accept ","
  end
  return order
end

function Parser:columns()
  if self:accept "DISTINCT" then
    self:refuse "Unsupported token in expression: DISTINCT"
  elseif self:accept "VALUE" or self:accept "PIVOT" then
    self:refuse "Select projection doesn't support value or pivot keywords"
  elseif self:accept "*" then
    return nil
  end
  local columns = {}
  repeat
    columns[#columns + 1] = self:expression()
    self:refuse_alias()
  until not self:accept ","
  return columns
end

function Parser:refuse_alias()
  if self:accept "AS" or self:peek().kind == "name" then
    self:name()
    self:refuse "Aliasing is not supported"
  end
end

local statements = {}

function statements.SELECT(self)
  local tree = { kind = "select", columns = self:columns() }
  self:expect "FROM"
  self:source(tree)
  self:refuse_alias()
  if self:accept "," then
    self:refuse "Only select from a single table or index is supported."
  end
  tree.where = self:where()
  tree.order = self:order()
  refuse_clauses(self)
  return tree
end

function statements.EXISTS(self)
  self:expect "("
  self:expect "SELECT"
  local tree = { kind = "exists", select = statements.SELECT(self) }
  self:expect ")"
  return tree
end

function statements.INSERT(self)
  self:expect "INTO"
  local tree = self:source { kind = "insert" }
  if tree.index then
    self:refuse "FROM clause may only contain a single table name"
  end
  if self:accept "<<" then
    self:refuse "Unsupported operation: InsertOp"
  end
  self:expect "VALUE"
  tree.tuple = self:expression()
  return tree
end

local function set_action(self)
  local path = self:primary()
  self:expect "="
  return { section = "SET", path = path, operand = self:sum() }
end

local function remove_action(self)
  return { section = "REMOVE", path = self:primary() }
end

function Parser:actions()
  local actions = {}
  repeat
    local action = self:accept "SET" and set_action or self:accept "REMOVE" and remove_action or self:fail()
    repeat
      actions[#actions + 1] = action(self)
    until not self:accept ","
  until not (self:at "SET" or self:at "REMOVE")
  return actions
end

-- "RETURNING ALL OLD *" as UpdateItem's ReturnValues has it.
function Parser:returning()
  if not self:accept "RETURNING" then
    return nil
  end
  local which = self:accept "ALL" and "ALL" or self:expect "MODIFIED" and "UPDATED"
  local when = self:accept "OLD" and "OLD" or self:expect "NEW" and "NEW"
  self:expect "*"
  return which .. "_" .. when
end

function statements.UPDATE(self)
  local tree = self:source { kind = "update" }
  tree.actions = self:actions()
  tree.where = self:where()
  tree.returning = self:returning()
  return tree
end

function statements.DELETE(self)
  self:expect "FROM"
  local tree = self:source { kind = "delete" }
  tree.where = self:where()
  tree.returning = self:returning()
  if tree.returning and tree.returning ~= "ALL_OLD" then
    self:refuse(("Invalid returning clause: RETURNING %s *. Only RETURNING ALL OLD * is allowed in DELETE statements.")
      :format((tree.returning:gsub("UPDATED", "MODIFIED"):gsub("_", " "))))
  end
  return tree
end

local function statement(self)
  local start = self:take().keyword
  local read = statements[start] or self:fail "Expected data manipulation"
  local tree = read(self)
  self:accept ";"
  if self:peek().kind ~= "end" then
    self:fail()
  end
  tree.parameters = self.parameters
  return tree
end

-- -> tree; raises a ValidationException
function parser.parse(text)
  return statement(expressions.new(Parser, text))
end

return parser
