-- Gives the placeholders of a parsed expression their names and values, and judges it as DynamoDB does before it looks at any
-- item. The judgements have an order of their own, which decides what the caller is told; they are written down in that order.
--
-- After this a path node has `path`, a list of names (strings) and list places (integers from 0), and a value node has `value`.

local operands = require "local_aws.dynamodb.operands"
local reserved = require "local_aws.dynamodb.reserved"

local resolve = {}

local DEEPEST_PATH = 32

local function refuse(message)
  error({ problem = message }, 0)
end

-- Calls visit(node, parent) for each node below `node`, parents first, in the order of the text.
local function walk(node, visit, parent)
  visit(node, parent)
  for _, child in ipairs(node.arguments or node) do
    walk(child, visit, node)
  end
end

local function check_parentheses(node)
  if node.redundant_parens then
    refuse("The expression has redundant parentheses;")
  end
end

local function check_reserved(node)
  for _, step in ipairs(node.steps or {}) do
    if step.name and reserved[step.name:upper()] then
      refuse("Attribute name is a reserved keyword; reserved keyword: " .. step.name)
    end
  end
end

local function resolve_step(step, context)
  if step.index then
    return step.index
  elseif step.name then
    return step.name
  end
  local name = context.names[step.placeholder]
  if not name then
    refuse("An expression attribute name used in the document path is not defined; attribute name: " .. step.placeholder)
  end
  context.used[step.placeholder] = true
  return name
end

local function resolve_path(node, context)
  local path = {}
  for place, step in ipairs(node.steps) do
    path[place] = resolve_step(step, context)
  end
  if #path > DEEPEST_PATH then
    refuse("The document path has too many nesting elements; nesting levels: " .. #path)
  end
  node.path = path
end

local function resolve_value(node, context)
  node.value = context.values[node.placeholder]
  if not node.value then
    refuse("An expression attribute value used in expression is not defined; attribute value: " .. node.placeholder)
  end
  context.used[node.placeholder] = true
end

local function resolve_placeholders(context)
  return function(node)
    if node.kind == "path" then
      resolve_path(node, context)
    elseif node.kind == "value" then
      resolve_value(node, context)
    end
  end
end

local function misused(name)
  refuse("The function is not allowed to be used this way in an expression; function: " .. name)
end

-- As operand only size may stand, as condition anything but size.
local function check_use(node, parent)
  if node.kind ~= "call" then
    return
  elseif not parent or parent.kind == "AND" or parent.kind == "OR" or parent.kind == "NOT" then
    if node.name == "size" then
      misused(node.name)
    end
  elseif node.name ~= "size" then
    misused(node.name)
  end
end

local function check_known(functions)
  return function(node)
    if node.kind == "call" and not functions[node.name] then
      refuse("Invalid function name; function: " .. node.name)
    end
  end
end

local function each_comparison(node, visit)
  if node.kind == "AND" or node.kind == "OR" or node.kind == "NOT" then
    for _, child in ipairs(node) do
      each_comparison(child, visit)
    end
  else
    visit(node)
  end
end

-- Judges a condition that has its values and paths already.
function resolve.judge_condition(tree)
  each_comparison(tree, operands.check_comparison)
end

-- Resolves and judges a condition (also a filter, a key condition) in place.
function resolve.condition(tree, context)
  walk(tree, check_parentheses)
  walk(tree, check_known(operands.CONDITION_FUNCTIONS))
  walk(tree, check_use)
  walk(tree, check_reserved)
  each_comparison(tree, function(node)
    walk(node, resolve_placeholders(context))
    operands.check_comparison(node)
  end)
  return tree
end

local function shown(path)
  local steps = {}
  for place, step in ipairs(path) do
    steps[place] = type(step) == "number" and "[" .. step .. "]" or step
  end
  return "[" .. table.concat(steps, ", ") .. "]"
end

-- "overlap" when one contains the other, "conflict" when one takes for a list what the other takes for a map.
local function relation(one, two)
  for place = 1, math.min(#one, #two) do
    if type(one[place]) ~= type(two[place]) then
      return "conflict"
    elseif one[place] ~= two[place] then
      return nil
    end
  end
  return "overlap"
end

local function check_paths(paths, wanted)
  for later = 2, #paths do
    for earlier = 1, later - 1 do
      if relation(paths[earlier], paths[later]) == wanted then
        refuse(("Two document paths %s with each other; must remove or rewrite one of these paths; path one: %s, path two: %s")
          :format(wanted, shown(paths[earlier]), shown(paths[later])))
      end
    end
  end
end

-- No path may contain another, nor contradict it.
function resolve.judge_paths(paths)
  check_paths(paths, "overlap")
  check_paths(paths, "conflict")
end

-- Resolves and judges a projection -> list of paths.
function resolve.projection(nodes, context)
  for _, node in ipairs(nodes) do
    check_reserved(node)
  end
  local paths = {}
  for place, node in ipairs(nodes) do
    resolve_path(node, context)
    paths[place] = node.path
  end
  resolve.judge_paths(paths)
  return paths
end

local function check_sections(tree)
  local seen = {}
  for _, section in ipairs(tree.sections) do
    if seen[section.kind] then
      refuse(('The "%s" section can only be used once in an update expression;'):format(section.kind))
    end
    seen[section.kind] = true
  end
end

-- Judges the actions of an update that have their values and paths already.
function resolve.judge_actions(actions)
  local paths = {}
  for place, action in ipairs(actions) do
    paths[place] = action.path
  end
  resolve.judge_paths(paths)
  for _, action in ipairs(actions) do
    operands.check_action(action)
  end
  for _, action in ipairs(actions) do
    if action.operand then
      operands.check_update_operands(action.operand)
    end
  end
end

-- Resolves and judges an update -> list of actions {section="SET", path={...}, operand=node|nil} in the order of the text.
function resolve.update(tree, context)
  local nodes, actions = {}, {}
  for _, section in ipairs(tree.sections) do
    for _, action in ipairs(section.actions) do
      nodes[#nodes + 1] = action.path
      nodes[#nodes + 1] = action.operand
      actions[#actions + 1] = { section = section.kind, target = action.path, operand = action.operand }
    end
  end
  local function each(visit)
    for _, node in ipairs(nodes) do
      walk(node, visit)
    end
  end
  each(check_parentheses)
  each(check_reserved)
  each(operands.check_update_function)
  check_sections(tree)
  each(function(node) if node.kind == "path" then resolve_path(node, context) end end)
  each(function(node) if node.kind == "value" then resolve_value(node, context) end end)
  for _, action in ipairs(actions) do
    action.path = action.target.path
  end
  resolve.judge_actions(actions)
  return actions
end

return resolve
