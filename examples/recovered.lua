-- The recovery instances that run, by the name of the server that they stand for.
local aws = require "aws"
local json = require "json"

local recovered = {}

-- -> list of {name=, instance=, job=, address=}, sorted by name; the newest one of a server. Addresses are EC2's: DRS knows
-- only those that its agent last told.
function recovered.list(region, is_drill)
  local by_name, by_instance, ids = {}, {}, json.array {}
  for item in aws.client("drs", { region = region }):items("describe_recovery_instances", {}) do
    local name = item.recoveryInstanceProperties.identificationHints.hostname
    local other = by_name[name]
    local is_newer = not other or other.snapshot < item.pointInTimeSnapshotDateTime
    if item.ec2InstanceState == "RUNNING" and item.isDrill == is_drill and is_newer then
      by_name[name] = {
        name = name, instance = item.ec2InstanceID, job = item.jobID, snapshot = item.pointInTimeSnapshotDateTime,
      }
    end
  end
  local list = {}
  for _, server in pairs(by_name) do
    list[#list + 1] = server
    ids[#ids + 1] = server.instance
    by_instance[server.instance] = server
  end
  if #ids == 0 then return list end
  for reservation in aws.client("ec2", { region = region }):items("describe_instances", { InstanceIds = ids }) do
    for _, instance in ipairs(reservation.Instances) do
      local server = by_instance[instance.InstanceId]
      server.address = instance.PrivateIpAddress
    end
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

return recovered
