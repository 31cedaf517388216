-- The AWS actions that a script needs, as its code tells, against those that it declares.
local action_names = require "aws.actions"
local loading = require "check.loading"
local models = require "models"
local nearest = require "aws.nearest"
local values = require "check.values"

local actions = {}

-- --- needed ---

-- TransactWriteItems is no action of IAM: its parts are. nil: the code does not say which.
local function parts_of(call)
  local parts = {}
  for _, input in ipairs(values.of_kind(call.input or {}, "table")) do
    for _, item in ipairs(values.of_kind(values.elements(values.field(input, "TransactItems")), "table")) do
      for kind in pairs(item.fields) do parts[kind] = true end
    end
  end
  return next(parts) and parts or nil
end

-- Tags that are given to what a call makes need the right to tag: { field of the parameters, operation }.
local TAGGING = { { "tags", "TagResource" }, { "TagSpecifications", "CreateTags" } }

-- The operation that the call needs besides; nil: none.
local function tagging(call)
  for _, pair in ipairs(call.operation and TAGGING or {}) do
    local field, operation = pair[1], pair[2]
    if call.operation.name ~= operation and call.model.operations[operation] then
      for _, input in ipairs(values.of_kind(call.input or {}, "table")) do
        if input.fields[field] then return operation end
      end
    end
  end
end

local function note(needed, action, call)
  needed[action] = needed[action] or {}
  table.insert(needed[action], call)
end

--- action -> the calls that need it; and what the code leaves open: prefix -> true, or action -> true.
function actions.calls(calls)
  local needed, open = {}, {}
  for _, call in ipairs(calls) do
    local model = models.load(call.client.service)
    local tags = tagging(call)
    if tags then note(needed, action_names.name(model, tags), call) end
    if call.client.assumes then note(needed, "sts:AssumeRole", call) end
    if not call.operation then
      open[action_names.prefix(model)] = true
    elseif action_names.is_transaction(model, call.operation) then
      local parts = parts_of(call)
      local items = {}
      for kind in pairs(parts or {}) do items[#items + 1] = { [kind] = {} } end
      local named = action_names.needed(model, call.operation, { TransactItems = items })
      for _, action in ipairs(named) do note(needed, action, call) end
      for _, action in ipairs(parts and {} or action_names.parts(model, call.operation)) do open[action] = true end
    else
      note(needed, action_names.name(model, call.operation.name), call)
    end
  end
  return needed, open
end

-- --- known ---

local known

local function known_actions()
  if not known then
    known = { services = {}, names = {} }
    for _, service in ipairs(models.services()) do
      local model = models.load(service)
      known.services[action_names.prefix(model)] = true
      for name, operation in pairs(model.operations) do
        for _, action in ipairs(action_names.is_transaction(model, operation) and action_names.parts(model, operation)
          or { action_names.name(model, name) }) do
          known.names[action] = true
        end
      end
    end
  end
  return known
end

local function check_declared(unit, node, action, report)
  local all = known_actions()
  local prefix = action:match "^[^:]*"
  if action:sub(-1) == "*" then
    report(unit, node.at, "unknown-action", ("%s: an action is declared by its whole name"):format(action),
      "the host compares whole names; list the actions one by one")
  elseif action:find "^dynamodb:Transact%a+Items$" then
    report(unit, node.at, "unknown-action", ("IAM knows no %s"):format(action),
      "declare those of its parts: dynamodb:PutItem, dynamodb:UpdateItem, dynamodb:DeleteItem, dynamodb:ConditionCheckItem")
  elseif all.services[prefix] and not all.names[action] then
    report(unit, node.at, "unknown-action", nearest.message("there is no action", action, nearest.names(all.names)),
      "actions are named as IAM names them")
  elseif not all.services[prefix] and prefix == "sfn" then
    report(unit, node.at, "unknown-action", "IAM's prefix of Step Functions is states", "write states" .. action:sub(4))
  end
end

-- --- declared ---

local function where(call)
  local line = call.unit.source:place(call.at)
  return ("%s:%d"):format(call.unit.path, line)
end

-- The first call in the order of files and lines.
local function first(calls)
  local best
  for _, call in ipairs(calls) do
    local before = best and (best.unit.path < call.unit.path or (best.unit == call.unit and best.at <= call.at))
    if not before then best = call end
  end
  return best
end

--- Compares. allowed: the actions that the unit declares, and those of the policies that it asks.
function actions.check(unit, allowed, calls, report)
  local field, at = loading.field(unit, "aws")
  local needed, open = actions.calls(calls)
  local declared = {}
  for _, action in ipairs(allowed) do declared[action] = true end
  for action, list in pairs(needed) do
    local call = first(list)
    if not declared[action] and not declared["dynamodb:" .. (call.operation and call.operation.name or "")] then
      report(unit, at, "undeclared-action", ("%s is needed by the call in %s, and not declared"):format(action, where(call)),
        ("add %q to aws; without it the call is refused"):format(action))
    end
  end
  for _, each in ipairs(field and field.value.kind == "table" and field.value.fields or {}) do
    local action = each.value.kind == "string" and each.value.value
    if action then
      check_declared(unit, each.value, action, report)
      if known_actions().names[action] and not needed[action] and not open[action] and not open[action:match "^[^:]*"] then
        report(unit, each.value.at, "unneeded-action", ("%s is declared, and no call of this script needs it"):format(action),
          "remove it: the IAM policy of `drsh iam` should be the least that does")
      end
    end
  end
end

return actions
