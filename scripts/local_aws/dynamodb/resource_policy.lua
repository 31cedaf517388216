-- PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy. Policies are kept and told, not enforced: everybody who may sign
-- has all rights here.

local fault  = require "local_aws.fault"
local json   = require "json"
local tables = require "local_aws.dynamodb.tables"

local operations = {}

local NOT_FOUND = "Resource-based policy not found for the provided ResourceArn: "

local function not_found(message, ...)
  fault.raise("PolicyNotFoundException", NOT_FOUND .. message:format(...))
end

-- The caller says which policy it thinks it changes.
local function check_revision(table_, policy, expected)
  if expected == "NO_POLICY" and policy then
    not_found("Requested policy update expecting none to be present for table %s, but a policy exists with revision id %s.",
      table_.name, policy.RevisionId)
  elseif expected and expected ~= "NO_POLICY" and not policy then
    not_found("Requested update for policy with revision id %s, but no policy is associated to target table %s.", expected,
      table_.name)
  elseif expected and expected ~= "NO_POLICY" and policy.RevisionId ~= expected then
    not_found("Requested update for policy with revision id %s, but the policy associated to target table %s has revision id "
      .. "%s.", expected, table_.name, policy.RevisionId)
  end
end

-- A revision is the moment of the change in milliseconds, greater than the one before.
local function next_revision(policy)
  local now = math.floor(tables.now() * 1000)
  return ("%d"):format(math.max(now, policy and policy.RevisionId + 1 or 0))
end

local function find(call)
  local table_ = tables.describe(call, call.input.ResourceArn)
  return table_, table_.definition.ResourcePolicy
end

local function keep(call, table_, policy)
  local definition = tables.edit(table_)
  definition.ResourcePolicy = policy
  tables.replace(call, table_, definition, true)
end

function operations.PutResourcePolicy(call)
  local table_, policy = find(call)
  check_revision(table_, policy, call.input.ExpectedRevisionId)
  if not pcall(json.decode, call.input.Policy) then
    fault.raise("ValidationException", "Invalid policy document: JSON strings must not have leading spaces or be malformed")
  elseif not policy or policy.Policy ~= call.input.Policy then
    policy = { Policy = call.input.Policy, RevisionId = next_revision(policy) }
    keep(call, table_, policy)
  end
  return { RevisionId = policy.RevisionId }
end

function operations.GetResourcePolicy(call)
  local table_, policy = find(call)
  if not policy then
    not_found("%s", table_.arn)
  end
  return { Policy = policy.Policy, RevisionId = policy.RevisionId }
end

function operations.DeleteResourcePolicy(call)
  local table_, policy = find(call)
  check_revision(table_, policy, call.input.ExpectedRevisionId)
  if policy then
    keep(call, table_, nil)
  end
  return { RevisionId = policy and policy.RevisionId }
end

return { operations = operations }
