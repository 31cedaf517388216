-- Tags of DRS resources, by ARN. These calls work before a region is initialised.

local failures = require "local_aws.drs.failures"
local json = require "json"

local tags = {}

-- The resource types of ARNs, and where their rows are.
local TABLES = {
  ["source-server"] = "drs_source_servers", job = "drs_jobs", ["recovery-instance"] = "drs_recovery_instances",
  ["source-network"] = "drs_source_networks",
  ["launch-configuration-template"] = "drs_templates", ["replication-configuration-template"] = "drs_templates",
  ["recovery-plan"] = "drs_recovery_plans", ["recovery-plan-execution"] = "drs_recovery_plan_executions",
}

local MAX_TAGS = 50

local function resource(call)
  local arn = call.input.resourceArn
  local region, account, kind, id = arn:match("^arn:aws[%w-]*:drs:([%w-]+):(%d+):([%w-]+)/([%w-]+)$")
  local name = TABLES[kind]
  local row = name and region == call.region and account == call.account
    and call.world.db:first(("SELECT number, tags FROM %s WHERE account = ? AND region = ? AND id = ?"):format(name), account,
      region, id)
  if not row then
    failures.not_found("Resource", arn)
  end
  return name, row.number, json.decode(row.tags)
end

local function save(call, name, number, map)
  call.world.db:run(("UPDATE %s SET tags = ? WHERE number = ?"):format(name), json.encode(json.object(map)), number)
  return {}
end

-- Refuses a map of tags that no resource can have.
function tags.check(map)
  local count = 0
  for key in pairs(map) do
    if key:find("^aws:") then
      failures.invalid("Tag keys that begin with aws: are reserved.", "fieldValidationFailed")
    end
    count = count + 1
  end
  if count > MAX_TAGS then
    failures.invalid(("A resource can have at most %d tags."):format(MAX_TAGS), "fieldValidationFailed")
  end
end

local operations = {}

function operations.ListTagsForResource(call)
  local _, _, map = resource(call)
  return { tags = map }
end

function operations.TagResource(call)
  local name, number, map = resource(call)
  for key, value in pairs(call.input.tags) do
    map[key] = value
  end
  tags.check(map)
  return save(call, name, number, map)
end

function operations.UntagResource(call)
  local name, number, map = resource(call)
  for _, key in ipairs(call.input.tagKeys) do
    map[key] = nil
  end
  return save(call, name, number, map)
end

tags.operations = operations

return tags
