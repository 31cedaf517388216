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

local function describe(call, instance, now)
  local status = health(instance, now)
  return {
    InstanceId = instance.id, AvailabilityZone = instance.definition.zone or call.region .. "a",
    InstanceState = instance_view.state(instance.state), InstanceStatus = summary(status), SystemStatus = summary(status),
  }
end

local function one(read)
  return function(item)
    return { read(item) }
  end
end

local FIELDS = {
  ["instance-state-name"] = one(function(item)
    return item.InstanceState.Name
  end),
  ["instance-state-code"] = one(function(item)
    return item.InstanceState.Code
  end),
  ["instance-status.status"] = one(function(item)
    return item.InstanceStatus.Status
  end),
  ["system-status.status"] = one(function(item)
    return item.SystemStatus.Status
  end),
  ["availability-zone"] = one(function(item)
    return item.AvailabilityZone
  end),
}

local operations = {}

function operations.DescribeInstanceStatus(call)
  local input, now = call.input, time.now_us()
  if input.MaxResults and input.InstanceIds and input.InstanceIds[1] then
    fault.raise("InvalidParameterCombination", "The parameter instancesSet cannot be used with the parameter maxResults")
  end
  local matches = filters.compile(input.Filters, function(name)
    return FIELDS[name]
  end)
  local list, token = instances.select(call, input.MaxResults or 1000, now, function(instance)
    local described = describe(call, instance, now)
    return (input.IncludeAllInstances or instance.state == "running") and matches(described) and described or nil
  end)
  return { InstanceStatuses = list, NextToken = token }
end

return { operations = operations }
