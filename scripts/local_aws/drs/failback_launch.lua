-- Failback by a failback client: a machine at the place of origin that was started with AWS's client, to which the recovery
-- instance replicates. The client has an API of its own, which no SDK has; here control connects one.

local after = require "local_aws.drs.after"
local behaviour = require "local_aws.drs.behaviour"
local events = require "local_aws.drs.events"
local failback_state = require "local_aws.drs.failback_state"
local failures = require "local_aws.drs.failures"
local ids = require "local_aws.drs.ids"
local jobs = require "local_aws.drs.jobs"
local json = require "json"
local recovery_instances = require "local_aws.drs.recovery_instances"
local source_servers = require "local_aws.drs.source_servers"
local time = require "time"
local timeline = require "local_aws.drs.timeline"

local failback_launch = {}

-- Connects a failback client with a recovery instance; false if there is no such instance, or it is on its way back already.
function failback_launch.connect_client(call, instance_id)
  local now = time.now_us()
  local row = recovery_instances.find(call, instance_id, now)
  local definition = row and json.decode(row.definition)
  if not row or definition.failback then
    return false
  end
  definition.failback, row.definition = { at = now, client = ids.new "s-" }, definition
  recovery_instances.save(call, row)
  events.failback_change(call, now, row.id, "FAILBACK_IN_PROGRESS")
  return true
end

-- The recovery instances of the call; refuses the whole call for one that cannot be launched back.
local function read_instances(call, now)
  local list, seen = {}, {}
  for index, id in ipairs(call.input.recoveryInstanceIDs) do
    local row = recovery_instances.find(call, id, now)
    if not row then
      failures.invalid(("Recovery Instance %s does not exist."):format(id))
    elseif seen[id] then
      failures.invalid(("Recovery Instance %s is given twice."):format(id))
    end
    seen[id], row.definition = true, json.decode(row.definition)
    local stored = row.definition.failback
    if recovery_instances.is_busy(call, row, now) then
      failures.conflict("The Recovery Instance is currently being processed by a Job", "RecoveryInstance", id)
    elseif not (stored and stored.client) or failback_state.of(call, stored, now) ~= "FAILBACK_READY_FOR_LAUNCH" then
      failures.conflict("The Recovery Instance is not ready for a failback launch.", "RecoveryInstance", id)
    end
    local server = source_servers.find(call, row.source_server)
    list[index] = { id = id, row = row, behaviour = behaviour.of(server) }
  end
  return list
end

local operations = {}

function operations.StartFailbackLaunch(call)
  local now = time.now_us()
  local list, participants = read_instances(call, now), {}
  jobs.check_quotas(call, #list, now)
  for index, instance in ipairs(list) do
    -- Its events are those of the source server.
    participants[index] = { server = instance.row.source_server, instance = instance.id, key = instance.row.source_server }
    list[index].id = instance.row.source_server
  end
  local plan = timeline.fail_back(call.world.settings.drs, jobs.next_number(call), list)
  local job = jobs.insert(call, now, "LAUNCH", "FAILBACK", call.input.tags, plan, participants)
  for _, instance in ipairs(list) do
    local way, row = plan.ways[instance.id], instance.row
    row.definition.failback.launch = { at = now, job = job.id, type = "RECOVERY", ends = after(now, way.ends_at),
      launch_starts = after(now, way.launch_starts_at), outcome = way.outcome }
    recovery_instances.save(call, row)
    events.failback_change(call, after(now, way.ends_at), row.id,
      way.outcome == "LAUNCHED" and "FAILBACK_COMPLETED" or "FAILBACK_ERROR")
  end
  return { job = jobs.describe(call, job, now) }
end

failback_launch.operations = operations

return failback_launch
