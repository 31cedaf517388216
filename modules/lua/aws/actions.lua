-- Which IAM actions a call needs, and whether the running script has declared them. Refused before anything is signed.

local failure = require "aws.failure"
local task    = require "task"

local actions = {}

local PREFIX = { sfn = "states" } -- the others' IAM prefix is our name of the service

-- A transaction needs the actions of its parts; IAM knows none for the transaction itself.
local PARTS = {
  TransactWriteItems = { Put = "PutItem", Update = "UpdateItem", Delete = "DeleteItem", ConditionCheck = "ConditionCheckItem" },
  TransactGetItems = { Get = "GetItem" },
}

-- The service as IAM names it: "states" for Step Functions.
function actions.prefix(model)
  return PREFIX[model.service] or model.metadata.signingName or model.service
end

-- "drs:DescribeJobs" for an operation.
function actions.name(model, operation_name)
  return actions.prefix(model) .. ":" .. operation_name
end

-- Is it an operation that IAM knows by its parts alone?
function actions.is_transaction(model, operation)
  return model.service == "dynamodb" and PARTS[operation.name] ~= nil
end

-- The actions of all parts that such an operation can have, sorted.
function actions.parts(model, operation)
  local names = {}
  for _, part in pairs(PARTS[operation.name]) do
    names[#names + 1] = actions.name(model, part)
  end
  table.sort(names)
  return names
end

-- All that this call needs, sorted.
function actions.needed(model, operation, parameters)
  local parts = model.service == "dynamodb" and PARTS[operation.name]
  if not parts then
    return { actions.name(model, operation.name) }
  end
  local found, names = {}, {}
  for _, item in ipairs(parameters.TransactItems or {}) do
    for kind in pairs(item) do
      local name = parts[kind] and actions.name(model, parts[kind])
      if name and not found[name] then
        found[name] = true
        names[#names + 1] = name
      end
    end
  end
  table.sort(names)
  return names
end

-- Raises ACTION_NOT_DECLARED when the task's script has declared actions and lacks one that is needed.
function actions.check(model, operation, parameters)
  local context = task.context()
  local declared = context and context.actions
  if not declared or declared[actions.name(model, operation.name)] then
    return
  end
  for _, name in ipairs(actions.needed(model, operation, parameters)) do
    if not declared[name] then
      error(failure.new {
        code = "ACTION_NOT_DECLARED", message = ("%s is not among the AWS actions that this script declares"):format(name),
        service = model.service, operation = operation.name, retryable = false, action = name,
      }, 0)
    end
  end
end

return actions
