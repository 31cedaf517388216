-- DescribeInstanceStatus: the health of instances, computed from how long they have been running.

local fault = require "local_aws.fault"
local filters = require "local_aws.ec2.filters"
local instance_view = require "local_aws.ec2.instance_view"
local instances = require "local_aws.ec2.instances"
local time = require "time"

-- Seconds of "initializing" before the checks are passed.
local INITIALIZING = 60

local function summary(status)
  local detail = status == "ok" and "passed" or status
  return { Status = status, Details = { { Name = "reachability", Status = detail } } }
end

local function health(instance, now)
  if instance.state ~= "running" then
    return "not-applicable"
  end
  return now - instance.since_us < INITIALIZING * 1000000 and "initializing" or "ok"
end

local function describe(instance, now)
  local status = health(instance, now)
  return {
    InstanceId = instance.id, AvailabilityZone = instance.definition.zone,
    InstanceState = instance_view.state(instance.state), InstanceStatus = summary(status), SystemStatus = summary(status),
  }
end

local field = filters.fields {
  ["instance-state-name"] = "InstanceState.Name", ["instance-state-code"] = "InstanceState.Code",
  ["instance-status.status"] = "InstanceStatus.Status", ["instance-status.reachability"] = "InstanceStatus.Details.Status",
  ["system-status.status"] = "SystemStatus.Status", ["system-status.reachability"] = "SystemStatus.Details.Status",
  ["availability-zone"] = "AvailabilityZone",
}

local operations = {}

function operations.DescribeInstanceStatus(call)
  local input, now = call.input, time.now_us()
  if input.MaxResults and input.InstanceIds and input.InstanceIds[1] then
    fault.raise("InvalidParameterCombination", "The parameter instancesSet cannot be used with the parameter maxResults")
  end
  local matches = filters.compile(input.Filters, field)
  local list, token = instances.select(call, now, function(instance)
    local described = describe(instance, now)
    return (input.IncludeAllInstances or instance.state == "running") and matches(described) and described or nil
  end)
  return { InstanceStatuses = list, NextToken = token }
end

return { operations = operations }
