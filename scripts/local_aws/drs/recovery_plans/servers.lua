-- The servers of a step, as they are given ({serverArn=, impactLevel=}) and stored ({server= id, impact=}).

local failures = require "local_aws.drs.failures"
local ids = require "local_aws.drs.ids"
local json = require "json"
local source_servers = require "local_aws.drs.source_servers"

local servers = {}

-- User guide, "Recovery plan quotas": source servers of a plan, across all steps.
servers.MAX = 100

-- Reads a given list. All servers are in the plan's account and region, exist, and come once.
function servers.read(call, list)
  local found, seen = {}, {}
  for index, given in ipairs(list) do
    local id = given.serverArn:match("[^/]+$")
    if given.serverArn ~= ids.arn(call.account, call.region, "source-server", id) then
      failures.invalid_field("serverArn", ("Source Server %s is not in the account and Region of the plan."):format(
        given.serverArn))
    elseif seen[id] then
      failures.invalid_field("servers", ("Source Server %s is given twice."):format(id))
    end
    seen[id] = source_servers.get(call, id)
    found[index] = { server = id, impact = given.impactLevel or "CRITICAL" }
  end
  return found
end

-- The ids of stored servers as JSON, for `IN (SELECT value FROM json_each(?))`.
function servers.ids_json(list)
  local found = json.array {}
  for index, server in ipairs(list) do
    found[index] = server.server
  end
  return json.encode(found)
end

-- Stored servers as a plan's step shows them; an execution's have a job, too.
function servers.describe(account, region, rows)
  local list = json.array {}
  for index, row in ipairs(rows) do
    list[index] = {
      serverArn = ids.arn(account, region, "source-server", row.server), impactLevel = row.impact, jobID = row.job,
    }
  end
  return list
end

return servers
