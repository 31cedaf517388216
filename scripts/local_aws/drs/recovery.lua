-- StartRecovery: one job for all servers, drill or not. All that will happen is decided and stored here, in one transaction. A
-- recovery plan's step starts its servers the same way, at the time when it is due.

local after = require "local_aws.drs.after"
local behaviour = require "local_aws.drs.behaviour"
local default_network = require "local_aws.ec2.default_network"
local elsewhere = require "local_aws.drs.elsewhere"
local events = require "local_aws.drs.events"
local failures = require "local_aws.drs.failures"
local ids = require "local_aws.drs.ids"
local jobs = require "local_aws.drs.jobs"
local json = require "json"
local launch = require "local_aws.ec2.launch"
local launch_actions = require "local_aws.drs.launch_actions"
local launch_configuration = require "local_aws.drs.launch_configuration"
local launch_templates = require "local_aws.ec2.launch_templates"
local recovery_instances = require "local_aws.drs.recovery_instances"
local replication = require "local_aws.drs.replication"
local snapshots = require "local_aws.drs.snapshots"
local source_networks = require "local_aws.drs.source_networks"
local source_servers = require "local_aws.drs.source_servers"
local staging = require "local_aws.drs.staging"
local states = require "local_aws.ec2.state"
local store = require "local_aws.ec2.store"
local subnets = require "local_aws.ec2.subnets"
local time = require "time"
local timeline = require "local_aws.drs.timeline"

local recovery = {}

-- The servers of the call with what their launch needs to know; refuses the whole call for one that is not there.
local function read_servers(call, asked_servers, now)
  local list, seen = {}, {}
  for index, asked in ipairs(asked_servers) do
    local id = asked.sourceServerID
    local server = source_servers.find(call, id)
    if not server then
      failures.invalid(("Source Server %s does not exist."):format(id))
    elseif seen[id] then
      failures.invalid(("Source Server %s is given twice."):format(id))
    end
    seen[id] = true
    local point = asked.recoverySnapshotID and snapshots.find(server, asked.recoverySnapshotID, now)
    if asked.recoverySnapshotID and not point then
      failures.invalid(("Recovery Snapshot %s of Source Server %s does not exist."):format(asked.recoverySnapshotID, id))
    end
    list[index] = { id = id, row = server, point = point }
  end
  return list
end

-- What the conversion of a server makes: a snapshot of each volume.
local function conversion_properties(server, now)
  local snapshots_of, sizes = json.object {}, json.object {}
  for _, volume in ipairs(server.row.properties.volumes) do
    snapshots_of[volume.deviceName] = json.object { [ids.new "snap-"] = ids.new "snap-" }
    sizes[volume.deviceName] = volume.bytes
  end
  return { volumeToConversionMap = snapshots_of, volumeToVolumeSize = sizes, forceUefi = false,
    rootVolumeName = server.row.properties.volumes[1].deviceName, dataTimestamp = ids.timestamp(server.point or now) }
end

local function prepare(call, servers, now)
  local network_of = source_networks.by_origin(call)
  for _, server in ipairs(servers) do
    local row = server.row
    server.network = network_of(row.properties)
    server.behaviour = behaviour.of(row)
    server.launch = launch_configuration.of(call, row)
    server.former = recovery_instances.former_drill(call, server.id, now)
    server.snapshot_given = server.point ~= nil
    server.can_snapshot = not row.is_source_lost and replication.can_snapshot(row.replication, now)
    server.has_snapshot = not row.is_source_lost and snapshots.exist(row, now)
    server.fast = server.launch.recoveryMode == "FAST"
    server.instance, server.conversion_server = ids.new "i-", ids.new "i-"
    server.conversion_properties = conversion_properties(server, now)
    server.actions = server.launch.postLaunchEnabled and launch_actions.active(call, server.id) or {}
  end
end

local function instance_tags(server)
  local map = {}
  if server.launch.copyTags then
    for key, value in pairs(server.row.tags) do
      map[key] = not key:find("^aws:") and value or nil
    end
  end
  map.Name = map.Name or server.row.properties.hostname
  map.AWSElasticDisasterRecoveryManaged = "drs.amazonaws.com"
  map.AWSElasticDisasterRecoverySourceServerID = server.id
  map.AWSElasticDisasterRecoverySourceServerArn = source_servers.arn(server.row)
  return map
end

-- Where the machine goes. Of a recovered network there are only the ids (drs/network_recovery.lua), none of whose parts EC2
-- knows; its addresses are those of the default subnet.
local function subnet_of(call, server, id, now)
  default_network.ensure(call)
  local default = default_network.subnet(call)
    or failures.invalid("The default subnet of the region, in which recovery instances are launched, was deleted.")
  local known = not id and default or store.find(call, "subnet", id)
  if known then
    return known
  end
  local vpc = server.network and select(2, source_networks.deployed(server.network, now))
  return { SubnetId = id, VpcId = vpc or default.VpcId, AvailabilityZone = default.AvailabilityZone,
    CidrBlock = default.CidrBlock }
end

-- What the server's EC2 launch template says of the machine. With right-sizing DRS itself chooses the type.
local function machine(call, server, now)
  local template = launch_templates.default_data(call, server.launch.ec2LaunchTemplateID)
  local interface, profile = (template.NetworkInterfaces or {})[1] or {}, template.IamInstanceProfile or {}
  local groups = json.array {}
  for index, id in ipairs(interface.Groups or template.SecurityGroupIds or {}) do
    local group = store.find(call, "security-group", id)
    groups[index] = { GroupId = id, GroupName = group and group.GroupName or id }
  end
  local subnet = subnet_of(call, server, interface.SubnetId, now)
  local rightsized = server.launch.targetInstanceTypeRightSizingMethod ~= "NONE" and server.row.properties.instanceType
  return {
    type = rightsized or template.InstanceType or "t3.medium", subnet = subnet, ip = interface.PrivateIpAddress,
    groups = (groups[1] or not subnet.number) and groups or nil,
    profile = profile.Arn or profile.Name and ("arn:aws:iam::%s:instance-profile/%s"):format(call.account, profile.Name),
  }
end

-- The EC2 instance and the recovery instance that a launch will make.
local function launch_instance(call, server, way, job, is_drill)
  local now, properties = job.created_us, server.row.properties
  local made = machine(call, server, now)
  local starts, launched = after(now, way.launch_starts_at), after(now, way.launched_at)
  local life, volumes = {}, {}
  states.launch(life, starts, server.launch.launchDisposition == "STOPPED" and way.launched_at - way.launch_starts_at or nil)
  for index, volume in ipairs(properties.volumes) do
    volumes[index] = { deviceName = volume.deviceName, bytes = volume.bytes, volumeId = ids.new "vol-" }
  end
  local copied = server.launch.copyPrivateIp and properties.ips and properties.ips[1]
  local address = copied or made.ip or subnets.next_address(call, made.subnet)
  launch.instance(call, {
    id = server.instance, subnet = made.subnet, groups = made.groups, privateIp = address, volumes = volumes,
    tags = instance_tags(server),
    definition = {
      imageId = "ami-0d5eff06f840b45e9", instanceType = made.type, profile = made.profile,
      platform = properties.os:find("Windows") and "windows" or nil,
    },
  }, life)
  recovery_instances.insert(call, {
    id = server.instance, sourceServer = server.id, job = job.id, isDrill = is_drill, visibleUs = launched,
    snapshotUs = server.point or (server.can_snapshot and now) or snapshots.latest(server.row, now) or now, privateIp = address,
    volumes = volumes, properties = properties, tags = server.launch.copyTags and server.row.tags or {},
  })
end

-- Tells EventBridge of the end, and, when the server was on its way back, of the failback's.
local function announce(call, server, way, job, is_drill)
  local is_launched, ends = way.outcome == "LAUNCHED", after(job.created_us, way.ends_at)
  events.launch_result(call, ends, server.id, job.id, is_drill, is_launched)
  local properties = server.row.properties
  if properties.direction == "FAILBACK" and not is_drill then
    local there = elsewhere(call, { region = properties.originRegion })
    events.failback_change(there, ends, properties.awsInstanceId, is_launched and "FAILBACK_COMPLETED" or "FAILBACK_ERROR")
  end
end

local function carry_out(call, server, way, job, is_drill)
  local now = job.created_us
  if way.cleanup_ends_at then
    recovery_instances.remove(call, server.former, after(now, way.cleanup_starts_at), after(now, way.cleanup_ends_at))
  end
  if way.launched_at then
    launch_instance(call, server, way, job, is_drill)
  end
  server.row.last_launch = {
    at = now, job = job.id, type = is_drill and "DRILL" or "RECOVERY", ends = after(now, way.ends_at),
    launch_starts = way.launch_starts_at and after(now, way.launch_starts_at) or nil, outcome = way.outcome,
  }
  source_servers.save(call, server.row, "last_launch")
  announce(call, server, way, job, is_drill)
end

-- Starts a job at `now`, for the input of a StartRecovery. Refuses the whole input if anything is wrong with it. Answers the
-- job's row.
function recovery.start(call, input, now)
  local servers, server_ids = read_servers(call, input.sourceServers, now), {}
  for index, server in ipairs(servers) do
    server_ids[index] = server.id
  end
  source_servers.refuse_busy(call, server_ids, now)
  jobs.check_quotas(call, #servers, now)
  prepare(call, servers, now)
  local converted_at = staging.convert(call, servers, now)
  local plan = timeline.launch(call.world.settings.drs, jobs.next_number(call), servers, converted_at)
  local participants = {}
  for index, server in ipairs(servers) do
    participants[index] = { server = server.id, instance = server.instance, key = server.id }
  end
  local is_drill = input.isDrill == true
  local job = jobs.insert(call, now, "LAUNCH", is_drill and "START_DRILL" or "START_RECOVERY", input.tags, plan, participants)
  for _, server in ipairs(servers) do
    carry_out(call, server, plan.ways[server.id], job, is_drill)
  end
  return job
end

recovery.operations = {
  StartRecovery = function(call)
    local now = time.now_us()
    return { job = jobs.describe(call, recovery.start(call, call.input, now), now) }
  end,
}

return recovery
