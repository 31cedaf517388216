-- How the job of a network recovery goes, as drs/timeline.lua does for servers: each network's way is computed when the job
-- starts. What a network does otherwise than succeed is its behaviour (the tag `drsh:behaviour`):
--   {deploy="FAILED"} {update="FAILED"}       its stack; {templates="FAILED"}   the launch templates of its servers

local plan = require "local_aws.drs.plan"

local network_timeline = {}

local ERRORS = {
  deploy = "The CloudFormation stack could not be created: ROLLBACK_COMPLETE.",
  update = "The CloudFormation stack could not be updated: UPDATE_ROLLBACK_COMPLETE.",
  templates = "The launch templates of the servers in this network could not be updated.",
}

local EVENTS = {
  deploy = "DEPLOY_NETWORK_CONFIGURATION", update = "UPDATE_NETWORK_CONFIGURATION", templates = "UPDATE_LAUNCH_TEMPLATE",
}

local WELL = { SUCCESS = true, ASSOCIATE_SUCCESS = true }

local function note(way, event, problem)
  local network = way.participant
  way:note(event, { rawError = problem, eventResourceData = { sourceNetworkData = {
    sourceNetworkID = network.id, sourceVpc = network.source_vpc, targetVpc = way.deployed_at and network.target_vpc or nil,
    stackName = network.stack,
  } } })
end

-- One step with its _START and _END or _FAILED; true when it went well.
local function step(way, name)
  note(way, EVENTS[name] .. "_START")
  way:pass("network_" .. name)
  if way.behaviour[name] == "FAILED" then
    note(way, EVENTS[name] .. "_FAILED", ERRORS[name])
    return false
  end
  if name ~= "templates" then
    way.deployed_at = way.at
  end
  note(way, EVENTS[name] .. "_END")
  return true
end

-- Goes all the way; answers the network's lastRecoveryResult. A stack that is associated is there already.
local function go(way)
  local kind = way.participant.kind
  if kind == "associate" then
    way.deployed_at = way.at
  elseif not step(way, kind) then
    note(way, "NETWORK_RECOVERY_FAIL")
    return "FAIL"
  end
  if step(way, "templates") then
    return kind == "associate" and "ASSOCIATE_SUCCESS" or "SUCCESS"
  end
  note(way, "NETWORK_RECOVERY_FAIL")
  return kind == "associate" and "ASSOCIATE_FAIL" or "PARTIAL_SUCCESS"
end

-- networks: list of {id=, source_vpc=, target_vpc=, stack=, kind="deploy"|"update"|"associate", behaviour={}}. Answers as
-- timeline.launch, each way with result= (as in lastRecovery) and deployed_at=.
function network_timeline.recover(settings, job_number, networks)
  local job = plan.new_job(settings, job_number, 0)
  for _, network in ipairs(networks) do
    local way = plan.new_way(settings, job_number, network, job.starts_at)
    way.result = go(way)
    plan.add_way(job, way, WELL[way.result] and "LAUNCHED" or "FAILED")
  end
  return plan.end_job(settings, job_number, job)
end

return network_timeline
