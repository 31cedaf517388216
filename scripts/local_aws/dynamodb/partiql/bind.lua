-- Gives a parsed statement its parameters, and turns PartiQL's expressions into the nodes that conditions and updates are made
-- of: what evaluates expressions (evaluate.lua, update.lua) evaluates PartiQL.

local fault    = require "local_aws.fault"
local json     = require "json"
local lexer    = require "local_aws.dynamodb.partiql.lexer"
local operands = require "local_aws.dynamodb.operands"
local resolve  = require "local_aws.dynamodb.resolve"
local value    = require "local_aws.dynamodb.value"

local bind = {}

local function refuse(message, ...)
  fault.raise("ValidationException", message:format(...))
end

-- Runs what judges expressions (a problem is a table there); the sentence stands by itself here.
local function judged(judge, ...)
  local ok, result = pcall(judge, ...)
  if ok then
    return result
  elseif type(result) ~= "table" or not result.problem then
    error(result, 0)
  end
  return refuse("%s", result.problem)
end

local function position(context, node)
  return lexer.position(context.text, node.at)
end

local literal -- of an expression: an attribute value

local function list(node, context)
  local members = json.array {}
  for place, member in ipairs(node) do
    members[place] = literal(member, context)
  end
  return { L = members }
end

local SETS = { S = "SS", N = "NS", B = "BS" }

local function set(node, context)
  if #node == 0 then
    refuse("Empty bags are not supported at %s", position(context, node))
  end
  local members, kind = json.array {}, nil
  for place, member in ipairs(node) do
    local attribute = literal(member, context)
    kind = kind or value.type(attribute)
    if not SETS[kind] or value.type(attribute) ~= kind then
      refuse "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags"
    end
    members[place] = attribute[kind]
  end
  return { [SETS[kind]] = members }
end

local function map(node, context)
  local members = json.object {}
  for _, entry in ipairs(node) do
    local name = entry.name
    if name.kind ~= "value" or not name.value.S then
      refuse("Tuple keys must be of type String. Actual type: %s under root at %s",
        name.kind == "path" and "VariableReference" or "Literal", position(context, name))
    elseif members[name.value.S] then
      refuse("Duplicate keys in tuple. Key: %s under root at %s", name.value.S, position(context, name))
    end
    members[name.value.S] = literal(entry.expression, context)
  end
  return { M = members }
end

local literals = { list = list, bag = set, tuple = map }

function literals.value(node) return node.value end
function literals.parameter(node, context) return context.parameters[node.number] end

function literal(node, context)
  local make = literals[node.kind]
  if not make then
    refuse("Unsupported data type: %s under key root at %s", node.operator or node.kind == "path" and "VariableReference"
      or node.kind, position(context, node))
  end
  return make(node, context)
end

-- A literal as a valid attribute value.
function bind.literal(node, context)
  local normal, problem = value.normalise(literal(node, context))
  return normal or refuse("%s", problem)
end

local function path_or_literal(node, context)
  if node.kind == "path" then
    return { kind = "path", path = node.path }
  end
  return { kind = "value", value = bind.literal(node, context) }
end

local all_operands

-- What may be compared.
local function operand(node, context)
  if node.kind == "call" then
    if node.name ~= "size" then
      refuse("Unrecognized function: %s", node.name)
    end
    return { kind = "call", name = "size", arguments = all_operands(node.arguments, context) }
  elseif node.kind == "arithmetic" then
    refuse("Unsupported operator in Condition Expression. Operator: %s", node.operator)
  elseif node.kind == "MISSING" then
    refuse "MISSING must be compared using IS operator"
  elseif node.kind ~= "path" and not literals[node.kind] then
    refuse "Unsupported nested expression in Condition Expression"
  end
  return path_or_literal(node, context)
end

function all_operands(nodes, context)
  local list_ = {}
  for place, node in ipairs(nodes) do
    list_[place] = operand(node, context)
  end
  return list_
end

local condition
local conditions = {}

local function junction(node, context)
  local bound = { kind = node.kind }
  for place, child in ipairs(node) do
    bound[place] = condition(child, context)
  end
  return bound
end
conditions.AND, conditions.OR, conditions.NOT = junction, junction, junction

function conditions.compare(node, context)
  return { kind = "compare", operator = node.operator, arguments = all_operands(node.arguments, context) }
end

function conditions.BETWEEN(node, context)
  return { kind = "BETWEEN", arguments = all_operands(node.arguments, context) }
end

function conditions.IN(node, context)
  if node.arguments[1].kind ~= "path" or #node.arguments < 2 then
    refuse("IN operator must have a left hand argument of type Variable Reference and right hand argument of type Seq with at "
      .. "least one member")
  end
  return { kind = "IN", arguments = all_operands(node.arguments, context) }
end

function conditions.IS(node, context)
  local subject = operand(node[1], context)
  if node.what == "MISSING" then
    return { kind = "call", name = "attribute_not_exists", arguments = { subject } }
  end
  return { kind = "compare", operator = "=", arguments = { subject, { kind = "value", value = { NULL = true } } } }
end

function conditions.LIKE()
  refuse "Unsupported operator in Condition Expression. Operator: like"
end

function conditions.call(node, context)
  if node.name == "size" then
    refuse "WHERE clause must contain an expression that resolves to a boolean"
  elseif not operands.CONDITION_FUNCTIONS[node.name] then
    refuse("Unrecognized function: %s", node.name)
  end
  return { kind = "call", name = node.name, arguments = all_operands(node.arguments, context) }
end

function condition(node, context)
  local make = conditions[node.kind] or refuse "WHERE clause must contain an expression that resolves to a boolean"
  return make(node, context)
end

-- A WHERE clause as a condition tree; nil where there is none.
function bind.condition(node, context)
  if not node then
    return nil
  end
  local tree = condition(node, context)
  judged(resolve.judge_condition, tree)
  return tree
end

-- Paths that stand side by side.
function bind.judge_paths(paths)
  judged(resolve.judge_paths, paths)
end

-- What stands on the right of SET.
local UPDATE_FUNCTIONS = { list_append = true, if_not_exists = true }

local function assigned(node, context)
  if node.kind == "arithmetic" and (node.operator == "+" or node.operator == "-") or node.kind == "call" then
    if node.kind == "call" and not UPDATE_FUNCTIONS[node.name] then
      refuse("Unrecognized function: %s", node.name)
    end
    local bound = { kind = node.kind, operator = node.operator, name = node.name, arguments = {} }
    for place, argument in ipairs(node.arguments) do
      bound.arguments[place] = assigned(argument, context)
    end
    return bound
  elseif node.kind == "MISSING" then
    refuse "Unsupported data type: MISSING"
  end
  return path_or_literal(node, context)
end

local SET_FUNCTIONS = { set_add = "ADD", set_delete = "DELETE" }

-- set_add(path, set) is what ADD does, and may only be assigned to that path.
local function set_function(action, context)
  local call = action.operand
  local subject, members = call.arguments[1], call.arguments[2]
  if not subject or not members or subject.kind ~= "path"
    or table.concat(subject.path, "\0") ~= table.concat(action.path.path, "\0") then
    refuse("The first argument to %s must equal the assignment value", call.name:upper())
  end
  return {
    section = SET_FUNCTIONS[call.name], path = action.path.path,
    operand = { kind = "value", value = bind.literal(members, context) },
  }
end

-- An UPDATE's SET and REMOVE as the actions of an update expression.
function bind.actions(nodes, context)
  local actions = {}
  for place, node in ipairs(nodes) do
    if node.path.kind ~= "path" then
      refuse "Unsupported target of an assignment"
    elseif node.operand and node.operand.kind == "call" and SET_FUNCTIONS[node.operand.name] then
      actions[place] = set_function(node, context)
    else
      local operand_ = node.operand and assigned(node.operand, context)
      actions[place] = { section = node.section, path = node.path.path, operand = operand_ }
    end
  end
  judged(resolve.judge_actions, actions)
  return actions
end

-- The parameters of a request for a parsed statement -> what the functions above take as context.
function bind.context(text, tree, parameters)
  if #(parameters or {}) < tree.parameters then
    refuse "Number of parameters in request and statement don't match."
  end
  local normal = {}
  for place, parameter in ipairs(parameters or {}) do
    local problem
    normal[place], problem = value.normalise(parameter)
    if not normal[place] then
      refuse("%s", problem)
    end
  end
  return { text = text, parameters = normal }
end

return bind
