-- What DRS tells EventBridge, best effort. Names: docs.aws.amazon.com/eventbridge/latest/ref/events-ref-drs.html; what is in
-- them: the user guide's page "Sample events for Elastic Disaster Recovery". That page has no sample of the two events on
-- source networks: their detail is ours, made like the others.

local agenda = require "local_aws.drs.agenda"
local ids = require "local_aws.drs.ids"
local json = require "json"
local time = require "time"

local events = {}

agenda.define("event", function(call, event)
  event.time = time.iso8601(call.at_us // 1000000)
  require("local_aws.events.delivery").emit(call.world, call.account, call.region, event)
end)

-- Puts an event on the default bus at `at_us`. resource: {kind, id} as in ARNs.
function events.send(call, at_us, detail_type, resource, detail)
  agenda.add(call, at_us, "event", {
    source = "aws.drs", ["detail-type"] = detail_type, detail = json.object(detail),
    resources = json.array { ids.arn(call.account, call.region, resource[1], resource[2]) },
  })
end

-- How the launch of a server will have ended at `at_us`.
function events.launch_result(call, at_us, server_id, job_id, is_drill, is_launched)
  events.send(call, at_us, "DRS Source Server Launch Result", { "source-server", server_id }, {
    state = is_launched and "RECOVERY_LAUNCH_SUCCEEDED" or "RECOVERY_LAUNCH_FAILED", ["job-id"] = job_id,
    ["is-drill"] = is_drill and "TRUE" or "FALSE",
  })
end

function events.stalled_change(call, at_us, server_id, is_stalled)
  events.send(call, at_us, "DRS Source Server Data Replication Stalled Change", { "source-server", server_id },
    { state = is_stalled and "STALLED" or "NOT_STALLED" })
end

-- state: FAILBACK_IN_PROGRESS, FAILBACK_COMPLETED, FAILBACK_ERROR.
function events.failback_change(call, at_us, instance_id, state)
  events.send(call, at_us, "DRS Recovery Instance Failback State Change", { "recovery-instance", instance_id },
    { state = state })
end

function events.network_protection(call, at_us, network_id, status)
  events.send(call, at_us, "DRS Source Network Protection Status Change", { "source-network", network_id }, { state = status })
end

function events.network_recovery(call, at_us, network_id, job_id, result)
  events.send(call, at_us, "DRS Source Network Recovery Result", { "source-network", network_id },
    { state = result, ["job-id"] = job_id })
end

function events.snapshot_taken(call, at_us, server_id, snapshot_id, volume_ids)
  events.send(call, at_us, "DRS PIT Snapshot Taken", { "source-server", server_id },
    { DrsSnapshotID = snapshot_id, EbsSnapshotIDs = table.concat(volume_ids, ",") })
end

return events
