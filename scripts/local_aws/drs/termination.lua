-- TerminateRecoveryInstances: a TERMINATE job that ends the machines and then lets DRS forget the recovery instances. It asks
-- nobody whether an instance is a drill's or a real recovery's.

local after = require "local_aws.drs.after"
local behaviour = require "local_aws.drs.behaviour"
local failures = require "local_aws.drs.failures"
local jobs = require "local_aws.drs.jobs"
local recovery_instances = require "local_aws.drs.recovery_instances"
local source_servers = require "local_aws.drs.source_servers"
local time = require "time"
local timeline = require "local_aws.drs.timeline"

local termination = {}

local BUSY = "One or more of the Recovery Instances included in API call are currently being processed by a Job"

-- Gone or busy: a conflict, and the whole call fails.
local function read_instances(call, now)
  local list, seen = {}, {}
  for index, id in ipairs(call.input.recoveryInstanceIDs) do
    local row = recovery_instances.find(call, id, now)
    if seen[id] then
      failures.invalid(("Recovery Instance %s is given twice."):format(id))
    elseif not row then
      failures.conflict(("The Recovery Instance %s does not exist."):format(id), "RecoveryInstance", id)
    elseif recovery_instances.is_busy(call, row, now) then
      failures.conflict(BUSY, "RecoveryInstance", id)
    end
    seen[id] = true
    local server = source_servers.find(call, row.source_server)
    list[index] = { id = id, row = row, server = server, behaviour = behaviour.of(server) }
  end
  return list
end

local function carry_out(call, instance, way, job, now)
  if way.outcome ~= "TERMINATED" then
    return
  end
  local gone = after(now, way.ends_at)
  recovery_instances.remove(call, instance.id, job.starts_us, gone)
  local server = instance.server
  if server and server.last_launch and server.last_launch.job == instance.row.job then
    server.last_launch.terminated = gone
    source_servers.save(call, server, "last_launch")
  end
end

local operations = {}

function operations.TerminateRecoveryInstances(call)
  local now = time.now_us()
  local list, participants = read_instances(call, now), {}
  jobs.check_concurrency(call, now)
  for index, instance in ipairs(list) do
    participants[index] = { server = instance.row.source_server, instance = instance.id, key = instance.id }
  end
  local plan = timeline.terminate(call.world.settings.drs, jobs.next_number(call), list)
  local job = jobs.insert(call, now, "TERMINATE", "TERMINATE_RECOVERY_INSTANCES", nil, plan, participants)
  for _, instance in ipairs(list) do
    carry_out(call, instance, plan.ways[instance.id], job, now)
  end
  return { job = jobs.describe(call, job, now) }
end

termination.operations = operations

return termination
