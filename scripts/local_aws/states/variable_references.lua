-- Which variables the states of a definition use: what DescribeStateMachine gives as variableReferences.
--
--   variable_references.of(machine) -> {state name = list of variable names}, nil when no state uses one
local checks     = require "local_aws.states.field_checks"
local expression = require "local_aws.states.expression"
local json       = require "json"

local variable_references = {}

local SCOPES = { Branches = true, ItemProcessor = true, Iterator = true } -- states of their own, which speak for themselves

local function add_of(node, found)
  if node.kind == "call" then
    for _, argument in ipairs(node.arguments) do
      add_of(argument, found)
    end
  elseif node.kind == "path" and node.path.root ~= "$" and node.path.root ~= "$$" then
    found[node.path.root:sub(2)] = true
  end
end

-- Expressions stand in fields that end with ".$" or "Path", and in Variable.
local function collect(value, found)
  if type(value) ~= "table" or value == json.null then
    return
  end
  for name, child in pairs(value) do
    local reads = type(name) == "string" and (name:sub(-2) == ".$" or name:find "Path$" or name == "Variable")
    local node = reads and expression.parse(child)
    if node then
      add_of(node, found)
    elseif not SCOPES[name] then
      collect(child, found)
    end
  end
end

function variable_references.of(machine)
  local references = json.object {}
  for _, scope in ipairs(machine.scopes) do
    for name, state in pairs(scope.states) do
      local found = {}
      collect(state, found)
      references[name] = next(found) and json.array(checks.sorted_keys(found)) or nil
    end
  end
  return next(references) and references or nil
end

return variable_references
