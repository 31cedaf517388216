-- Launch and replication configuration templates of an account and region: what new source servers begin with.

local failures = require "local_aws.drs.failures"
local ids = require "local_aws.drs.ids"
local json = require "json"
local pages = require "local_aws.drs.pages"
local replication_configuration = require "local_aws.drs.replication_configuration"

local templates = {}

templates.schema = [[
CREATE TABLE IF NOT EXISTS drs_templates (
  number INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL,
  tags TEXT NOT NULL, settings TEXT NOT NULL, UNIQUE (account, region, id)
);
]]

local LAUNCH = {
  name = "launch-configuration-template", prefix = "lct-", key = "launchConfigurationTemplateID", limit = 1,
  quota = "L-1F3FAE4D", type = "LaunchConfigurationTemplate", defaults = {
    launchDisposition = "STARTED", targetInstanceTypeRightSizingMethod = "BASIC", copyPrivateIp = false, copyTags = true,
    licensing = { osByol = true }, postLaunchEnabled = false, launchIntoSourceInstance = false, recoveryMode = "OPTIMAL",
  },
}
local REPLICATION = {
  name = "replication-configuration-template", prefix = "rct-", key = "replicationConfigurationTemplateID",
  type = "ReplicationConfigurationTemplate",
  defaults = {
    associateDefaultSecurityGroup = true, createPublicIP = false, dataPlaneRouting = "PRIVATE_IP",
    defaultLargeStagingDiskType = "GP3",
    replicationServerInstanceType = "t3.small", useDedicatedReplicationServer = false, autoReplicateNewDisks = true,
    internetProtocol = "IPV4",
  },
}

local function describe(kind, row)
  local described = json.decode(row.settings)
  described[kind.key] = row.id
  described.arn = ids.arn(row.account, row.region, kind.name, row.id)
  described.tags = json.decode(row.tags)
  return described
end

local function find(call, kind, id)
  return call.world.db:first("SELECT * FROM drs_templates WHERE account = ? AND region = ? AND kind = ? AND id = ?",
    call.account, call.region, kind.name, id) or failures.not_found(kind.type, id)
end

local function create(call, kind)
  local db, settings, id = call.world.db, {}, ids.new(kind.prefix)
  local count = db:first("SELECT count(*) AS n FROM drs_templates WHERE account = ? AND region = ? AND kind = ?",
    call.account, call.region, kind.name).n
  if kind.limit and count >= kind.limit then
    failures.quota(("The maximum number of launch configuration templates (%d) was reached"):format(kind.limit), kind.quota)
  end
  if call.input.pitPolicy then
    replication_configuration.check_policy(call.input.pitPolicy)
  end
  for name, value in pairs(kind.defaults) do
    settings[name] = value
  end
  for name, value in pairs(call.input) do
    settings[name] = value
  end
  settings.tags = nil
  db:run("INSERT INTO drs_templates (account, region, id, kind, tags, settings) VALUES (?, ?, ?, ?, ?, ?)", call.account,
    call.region, id, kind.name, json.encode(json.object(call.input.tags or {})), json.encode(settings))
  return describe(kind, find(call, kind, id))
end

local function update(call, kind)
  local row = find(call, kind, call.input[kind.key])
  local settings = json.decode(row.settings)
  if call.input.pitPolicy then
    replication_configuration.check_policy(call.input.pitPolicy)
  end
  for name, value in pairs(call.input) do
    settings[name] = value
  end
  settings[kind.key], settings.arn = nil, nil
  call.world.db:run("UPDATE drs_templates SET settings = ? WHERE number = ?", json.encode(settings), row.number)
  return describe(kind, find(call, kind, row.id))
end

local function delete(call, kind)
  local row = find(call, kind, call.input[kind.key])
  call.world.db:run("DELETE FROM drs_templates WHERE number = ?", row.number)
  return {}
end

local function list(call, kind)
  local wanted, found = call.input[kind.key .. "s"], {}
  for _, id in ipairs(wanted or {}) do
    found[#found + 1] = find(call, kind, id)
  end
  if not wanted or not wanted[1] then
    found = call.world.db:all("SELECT * FROM drs_templates WHERE account = ? AND region = ? AND kind = ? ORDER BY number",
      call.account, call.region, kind.name)
  end
  local items, token = pages.of_list(call, found)
  for index, row in ipairs(items) do
    items[index] = describe(kind, row)
  end
  return { items = items, nextToken = token }
end

templates.operations = {
  CreateLaunchConfigurationTemplate = function(call)
    return { launchConfigurationTemplate = create(call, LAUNCH) }
  end,
  UpdateLaunchConfigurationTemplate = function(call)
    return { launchConfigurationTemplate = update(call, LAUNCH) }
  end,
  DeleteLaunchConfigurationTemplate = function(call)
    return delete(call, LAUNCH)
  end,
  DescribeLaunchConfigurationTemplates = function(call)
    return list(call, LAUNCH)
  end,
  CreateReplicationConfigurationTemplate = function(call)
    return create(call, REPLICATION)
  end,
  UpdateReplicationConfigurationTemplate = function(call)
    return update(call, REPLICATION)
  end,
  DeleteReplicationConfigurationTemplate = function(call)
    return delete(call, REPLICATION)
  end,
  DescribeReplicationConfigurationTemplates = function(call)
    return list(call, REPLICATION)
  end,
}

return templates
