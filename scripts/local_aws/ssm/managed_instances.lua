-- The instances that Systems Manager can reach: those that run.

local fault = require "local_aws.fault"
local json = require "json"
local paging = require "local_aws.ssm.paging"
local time = require "time"

local managed_instances = {}

-- The running instances that fit EC2 filters: list of EC2's descriptions.
function managed_instances.running(call, filters, ids)
  local list, token = {}, nil
  filters = json.array(filters or {})
  filters[#filters + 1] = { Name = "instance-state-name", Values = json.array { "running" } }
  repeat
    local answer = call.world.call("ec2", "DescribeInstances", call.account, call.region,
      { Filters = filters, InstanceIds = ids, NextToken = token })
    for _, reservation in ipairs(answer.Reservations) do
      table.move(reservation.Instances, 1, #reservation.Instances, #list + 1, list)
    end
    token = answer.NextToken
  until not token
  return list
end

local operations = {}

local function ec2_filters(call)
  local filters, ids = {}, nil
  for _, filter in ipairs(call.input.Filters or {}) do
    if filter.Key == "InstanceIds" then
      ids = {}
      for _, id in ipairs(filter.Values) do
        ids[id] = true
      end
    elseif filter.Key:find("^tag:") then
      filters[#filters + 1] = { Name = filter.Key, Values = filter.Values }
    elseif filter.Key ~= "PingStatus" then
      fault.raise("InvalidFilterKey", "The specified key isn't valid.")
    end
  end
  return filters, ids
end

function operations.DescribeInstanceInformation(call)
  local filters, ids = ec2_filters(call)
  local found = {}
  for _, instance in ipairs(managed_instances.running(call, filters)) do
    if not ids or ids[instance.InstanceId] then
      local windows = instance.Platform == "windows"
      found[#found + 1] = {
        InstanceId = instance.InstanceId, PingStatus = "Online", LastPingDateTime = time.now(), AgentVersion = "3.3.2299.0",
        IsLatestVersion = true, PlatformType = windows and "Windows" or "Linux",
        PlatformName = windows and "Microsoft Windows Server 2022 Datacenter" or "Amazon Linux",
        PlatformVersion = windows and "10.0.20348" or "2023", ResourceType = "EC2Instance",
        IPAddress = instance.PrivateIpAddress,
        ComputerName = instance.PrivateDnsName,
      }
    end
  end
  local items, token = paging.cut(found, call.input, 50)
  return { InstanceInformationList = items, NextToken = token }
end

managed_instances.operations = operations

return managed_instances
