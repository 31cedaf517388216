-- Composite alarms: alarms whose state follows from other alarms' states, as a rule says. They are rows like metric alarms,
-- with AlarmRule in their definition.
-- https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html

local fault = require "local_aws.fault"
local json = require "json"
local lpeg = require "lpeg"
local store = require "local_aws.cloudwatch.alarm_store"

local composite_alarms = {}

local space = lpeg.S " \t\r\n" ^ 0

local function token(pattern)
  return pattern * space
end

local function word(text)
  return token(lpeg.P(text) * -lpeg.R("az", "AZ", "09"))
end

local quoted = lpeg.P '"' * lpeg.C((1 - lpeg.P '"') ^ 1) * '"' + lpeg.P "'" * lpeg.C((1 - lpeg.P "'") ^ 1) * "'"
local bare = lpeg.C((1 - lpeg.S " \t\r\n()\"'") ^ 1)

-- Nodes: true, false, {state=, alarm=}, {op="AND"|"OR", a, b}, {op="NOT", a}.
local function join(op)
  return function(first, ...)
    for _, next_one in ipairs { ... } do
      first = { op = op, first, next_one }
    end
    return first
  end
end

local grammar = space * lpeg.P {
  "either",
  either = lpeg.V "both" * (word "OR" * lpeg.V "both") ^ 0 / join "OR",
  both = lpeg.V "negated" * (word "AND" * lpeg.V "negated") ^ 0 / join "AND",
  negated = word "NOT" * lpeg.V "negated" / function(node) return { op = "NOT", node } end + lpeg.V "atom",
  state = token(lpeg.C(lpeg.P "ALARM" + "OK" + "INSUFFICIENT_DATA")) * token "(" * token(quoted + bare) * token ")"
    / function(state, alarm) return { state = state, alarm = alarm:match("alarm:([^:]+)$") or alarm } end,
  atom = lpeg.V "state" + word "TRUE" * lpeg.Cc(true) + word "FALSE" * lpeg.Cc(false) + token "(" * lpeg.V "either" * token ")",
} * -1

local function holds(node, state_of)
  if type(node) ~= "table" then
    return node
  elseif node.state then
    return state_of(node.alarm) == node.state
  elseif node.op == "NOT" then
    return not holds(node[1], state_of)
  elseif node.op == "AND" then
    return holds(node[1], state_of) and holds(node[2], state_of)
  end
  return holds(node[1], state_of) or holds(node[2], state_of)
end

local function each_alarm(node, visit)
  if type(node) == "table" and node.state then
    visit(node.alarm)
  end
  for _, part in ipairs(type(node) == "table" and node or {}) do
    each_alarm(part, visit)
  end
end

-- The names of the alarms that a composite alarm's rule mentions.
function composite_alarms.children(rule)
  local names = {}
  each_alarm(grammar:match(rule), function(name)
    names[name] = true
  end)
  return names
end

local function state_of_rule(world, row)
  local is_alarm = holds(grammar:match(row.definition.AlarmRule), function(name)
    local other = store.find(world.db, row.account, row.region, name)
    return other and other.state
  end)
  return is_alarm and "ALARM" or "OK"
end

-- Looks at the composite alarms of a place after an alarm's state has changed. AWS follows chains; a circle ends here.
local DEEPEST = 10

function composite_alarms.follow(world, account, region, depth)
  for _, row in ipairs(world.db:all([[SELECT * FROM cloudwatch_alarms WHERE account = ? AND region = ?
    AND json_extract(definition, '$.AlarmRule') IS NOT NULL ORDER BY name]], account, region)) do
    row.definition = json.decode(row.definition)
    local state = state_of_rule(world, row)
    if state ~= row.state and depth < DEEPEST then
      store.set_state(world, row, state, ("%s transitioned to %s because its rule evaluated to %s"):format(store.arn(row),
        state,
        state == "ALARM" and "TRUE" or "FALSE"), nil, depth + 1)
    end
  end
end

local function check(call)
  local tree = grammar:match(call.input.AlarmRule)
  if tree == nil then
    fault.raise("ValidationError", "AlarmRule is not valid: its syntax is wrong")
  end
  each_alarm(tree, function(name)
    if not store.find(call.world.db, call.account, call.region, name) then
      fault.raise("ValidationError",
        ("Could not save the composite alarm as alarms [%s] in the alarm rule do not exist"):format(name))
    elseif name == call.input.AlarmName then
      fault.raise("ValidationError", "A composite alarm cannot depend on itself")
    end
  end)
end

local operations = {}

function operations.PutCompositeAlarm(call)
  check(call)
  store.put(call, call.input)
  composite_alarms.follow(call.world, call.account, call.region, 0)
end

composite_alarms.operations = operations

return composite_alarms
