-- Who else may put events on a bus: its policy, statement by statement or as a whole.

local buses = require "local_aws.events.buses"
local fault = require "local_aws.fault"
local json = require "json"

local function policy_of(row)
  return row.policy and json.decode(row.policy) or { Version = "2012-10-17", Statement = json.array {} }
end

-- The statement that Action, Principal, StatementId and Condition stand for.
local function statement(call, row)
  local input = call.input
  if not input.StatementId or not input.Principal or not input.Action then
    fault.raise("ValidationException", "Parameters StatementId, Action and Principal, or Policy, must be specified.")
  elseif input.Action ~= "events:PutEvents" then
    fault.raise("ValidationException", "Provided value in parameter 'action' is not supported.")
  end
  local condition = input.Condition
  return {
    Sid = input.StatementId, Effect = "Allow", Action = input.Action, Resource = buses.arn(call, row.name),
    Principal = input.Principal == "*" and "*" or { AWS = ("arn:aws:iam::%s:root"):format(input.Principal) },
    Condition = condition and { [condition.Type] = { [condition.Key] = condition.Value } },
  }
end

-- The statements of a policy but the one with this id; and whether there was one.
local function without(policy, id)
  local list, found = json.array {}, false
  for _, item in ipairs(policy.Statement) do
    if item.Sid == id then
      found = true
    else
      list[#list + 1] = item
    end
  end
  return list, found
end

local operations = {}

function operations.PutPermission(call)
  local row = buses.find(call, buses.name(call, call.input.EventBusName))
  if call.input.Policy then
    if not pcall(json.decode, call.input.Policy) then
      fault.raise("ValidationException", "This policy contains invalid Json")
    end
    row.policy = call.input.Policy
  else
    local policy = policy_of(row)
    policy.Statement = without(policy, call.input.StatementId)
    table.insert(policy.Statement, statement(call, row))
    row.policy = json.encode(policy)
  end
  buses.save(call, row)
end

function operations.RemovePermission(call)
  local row = buses.find(call, buses.name(call, call.input.EventBusName))
  if call.input.RemoveAllPermissions then
    row.policy = nil
    return buses.save(call, row)
  elseif not row.policy then
    fault.raise("ResourceNotFoundException", "EventBus does not have a policy.")
  end
  local policy = policy_of(row)
  local rest, found = without(policy, call.input.StatementId)
  if not found then
    fault.raise("ResourceNotFoundException", "Statement with the provided id does not exist.")
  end
  policy.Statement = rest
  row.policy = rest[1] and json.encode(policy) or nil
  buses.save(call, row)
end

return { operations = operations }
