-- What an IAM action is about, as AWS's service authorization reference lists it (list_drs, list_awsstepfunctions,
-- list_amazondynamodb): the ARNs that a policy names for it. An action without an entry takes no narrower resource than "*".
local config = require "config"

local resources = {}

-- Each set of ARNs has a name, which begins the Sid of its statement.
local SERVERS, INSTANCES, JOBS = "DrsSourceServers", "DrsRecoveryInstances", "DrsJobs"

local KINDS = {
  ["drs:StartRecovery"] = SERVERS, ["drs:CreateRecoveryInstanceForDrs"] = SERVERS, ["drs:DescribeRecoverySnapshots"] = SERVERS,
  ["drs:DeleteSourceServer"] = SERVERS, ["drs:DisconnectSourceServer"] = SERVERS, ["drs:GetLaunchConfiguration"] = SERVERS,
  ["drs:GetReplicationConfiguration"] = SERVERS, ["drs:RetryDataReplication"] = SERVERS, ["drs:StartReplication"] = SERVERS,
  ["drs:StopReplication"] = SERVERS, ["drs:UpdateLaunchConfiguration"] = SERVERS,
  ["drs:UpdateReplicationConfiguration"] = SERVERS, ["drs:TerminateRecoveryInstances"] = INSTANCES,
  ["drs:DeleteRecoveryInstance"] = INSTANCES, ["drs:DisconnectRecoveryInstance"] = INSTANCES,
  ["drs:ReverseReplication"] = INSTANCES, ["drs:StartFailbackLaunch"] = INSTANCES, ["drs:StopFailback"] = INSTANCES,
  ["drs:GetFailbackReplicationConfiguration"] = INSTANCES, ["drs:UpdateFailbackReplicationConfiguration"] = INSTANCES,
  ["drs:DescribeJobLogItems"] = JOBS, ["drs:DeleteJob"] = JOBS, ["drs:TagResource"] = "DrsTags",
  ["states:StartExecution"] = "StateMachine", ["states:DescribeStateMachine"] = "StateMachine",
  ["states:ListExecutions"] = "StateMachine", ["states:UpdateStateMachine"] = "StateMachine",
  ["states:DescribeExecution"] = "Executions", ["states:StopExecution"] = "Executions",
  ["states:GetExecutionHistory"] = "Executions", ["states:RedriveExecution"] = "Executions",
  ["states:DescribeStateMachineForExecution"] = "Executions", ["states:GetActivityTask"] = "Activity",
  ["states:DescribeActivity"] = "Activity", ["sts:AssumeRole"] = "TargetAccounts",
}

--- The settings that name our tables.
resources.TABLES = { "EXECUTION_HISTORY_TABLE", "RECOVERY_PLANS_TABLE", "PROTECTION_GROUPS_TABLE", "TARGET_ACCOUNTS_TABLE" }
local DEFAULT_ROLE = "DRSOrchestrationCrossAccountRole"
local DEFAULT_MACHINE = "drsh-orchestrator"

-- Partition, region and account of this configuration; a star where it does not say.
local function place()
  local machine = config.get "STATE_MACHINE_ARN"
  local partition, region, account, name = (machine or ""):match "^arn:([%w-]+):states:([%w-]+):(%d+):stateMachine:(.+)$"
  region = config.get "AWS_REGION" or region or "*"
  return partition or "aws", region, account or "*", name or DEFAULT_MACHINE
end

local function drs(kind)
  local partition = place()
  return ("arn:%s:drs:*:*:%s/*"):format(partition, kind)
end

local arns = {}

arns[SERVERS] = function() return { drs "source-server" } end
arns[INSTANCES] = function() return { drs "recovery-instance" } end
arns[JOBS] = function() return { drs "job" } end
arns.DrsTags = function() return { drs "job", drs "recovery-instance", drs "source-server" } end

local function states(pattern)
  local partition, region, account, name = place()
  if config.get "STATE_MACHINE_ARN" then region = config.get "STATE_MACHINE_ARN":match "^arn:[^:]*:states:([^:]*)" end
  return ("arn:%s:states:%s:%s:%s"):format(partition, region, account, pattern:format(name))
end

arns.StateMachine = function() return { states "stateMachine:%s" } end
arns.Executions = function() return { states "execution:%s:*" } end
arns.Activity = function() return { states("activity:" .. DEFAULT_MACHINE) } end

arns.TargetAccounts = function(_, roles)
  if roles and #roles > 0 then return roles end
  return { ("arn:%s:iam::*:role/%s"):format(place(), DEFAULT_ROLE) }
end

-- `uses` is what the code says about the tables: {tables = set of settings or nil: any, indexes = {setting -> set of names}}.
local function tables(uses)
  local partition, region, account = place()
  local list = {}
  for _, setting in ipairs(resources.TABLES) do
    local arn = ("arn:%s:dynamodb:%s:%s:table/%s"):format(partition, region, account, config.get(setting) or "*")
    if not uses or not uses.tables or uses.tables[setting] then list[#list + 1] = arn end
    local indexes = uses and uses.indexes[setting] or {}
    for index in pairs(indexes["*"] and { ["*"] = true } or indexes) do list[#list + 1] = arn .. "/index/" .. index end
  end
  for name in pairs(uses and uses.names or {}) do
    list[#list + 1] = ("arn:%s:dynamodb:%s:%s:table/%s"):format(partition, region, account, name)
  end
  table.sort(list)
  return list
end

--- The name of the kind of resource and the list of ARNs, {"*"} where nothing narrower can be said. `uses`: see above;
-- `roles`: the ARNs of the roles in target accounts, if they are known.
function resources.of(action, uses, roles)
  local service = action:match "^[^:]*"
  if service == "dynamodb" then return "Tables", tables(uses) end
  local kind = KINDS[action]
  if not kind then return service:gsub("^%l", string.upper):gsub("%W", "") .. "Any", { "*" } end
  return kind, arns[kind](uses, roles)
end

--- The ARN of the role that a row of the target accounts' table names.
function resources.role(row)
  if type(row.crossAccountRoleArn) == "string" then return row.crossAccountRoleArn end
  local name = type(row.assumeRoleName) == "string" and row.assumeRoleName or DEFAULT_ROLE
  return ("arn:%s:iam::%s:role/%s"):format(place(), row.accountId, name)
end

return resources
