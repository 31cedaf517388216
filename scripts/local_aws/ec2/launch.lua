-- Puts an instance into the world with what it comes with: its volumes and its first network interface.

local default_network = require "local_aws.ec2.default_network"
local ids = require "local_aws.ids"
local instances = require "local_aws.ec2.instances"
local interfaces = require "local_aws.ec2.interfaces"
local json = require "json"
local security_groups = require "local_aws.ec2.security_groups"
local state = require "local_aws.ec2.state"
local store = require "local_aws.ec2.store"
local volumes = require "local_aws.ec2.volumes"

local launch = {}

local GIB = 1 << 30

local function add_volumes(call, instance_id, zone, given, at, tag_map)
  for _, item in ipairs(given) do
    local volume = volumes.insert(call, {
      id = item.volumeId, gib = item.gib or math.max((item.bytes or 8 * GIB) // GIB, 1), zone = zone, type = item.type,
      snapshotId = item.snapshotId, encrypted = item.encrypted, iops = item.iops, throughput = item.throughput, at = at,
    }, tag_map)
    volumes.attach(volume, instance_id, item.deviceName, at, item.deleteOnTermination ~= false)
    store.save(call, volume)
  end
end

local function add_interface(call, instance_id, subnet, given, at)
  local interface = given.interface or interfaces.insert(call, {
    subnet = subnet, address = given.privateIp, description = given.description,
    groups = given.groups or security_groups.references(call, nil, subnet.VpcId), others = given.otherIps,
  }, given.interfaceTags)
  interfaces.attach(interface, instance_id, 0, at, given.interface == nil and given.interfaceGoes ~= false)
  interface.Association = interface.Association or given.association
  store.save(call, interface)
end

-- call: world, account, region. given:
--   id=, subnet= a resource (nil: the default one of `zone`), privateIp=, groups= {{GroupId=, GroupName=}}
--   tags= {key -> value}, volumeTags=, interfaceTags=
--   association= of a public address, interface= one that is there already, interfaceGoes= with the instance (true),
--   otherIps=, description=
--   volumes= {{deviceName=, volumeId=, gib= | bytes=, type=, snapshotId=, encrypted=, deleteOnTermination=}}
--   definition= what the instance keeps of itself: imageId, instanceType, keyName, platform ... (ec2/instance_view.lua)
-- states: list of ec2/state.lua. Answers the instance's id.
function launch.instance(call, given, states)
  default_network.ensure(call)
  local subnet = given.subnet or default_network.subnet(call, given.zone)
    or error("somebody deleted the default subnets of " .. call.region, 0)
  local definition = given.definition
  definition.subnetId, definition.vpcId, definition.zone = subnet.SubnetId, subnet.VpcId, subnet.AvailabilityZone
  definition.reservationId = definition.reservationId or ids.new "r-"
  local id, at = given.id or ids.new "i-", states[1][1] // 1000000
  instances.insert(call, id, definition, given.tags or {}, states)
  add_volumes(call, id, definition.zone, given.volumes or {}, at, given.volumeTags)
  add_interface(call, id, subnet, given, at)
  return id
end

-- The life of an instance that starts now.
function launch.life(now)
  local states = json.array {}
  state.launch(states, now)
  return states
end

return launch
