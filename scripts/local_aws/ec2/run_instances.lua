-- RunInstances.

local client_tokens = require "local_aws.ec2.client_tokens"
local default_network = require "local_aws.ec2.default_network"
local fault = require "local_aws.fault"
local iam_profiles = require "local_aws.ec2.iam_profiles"
local ids = require "local_aws.ids"
local instance_view = require "local_aws.ec2.instance_view"
local instances = require "local_aws.ec2.instances"
local interfaces = require "local_aws.ec2.interfaces"
local json = require "json"
local launch = require "local_aws.ec2.launch"
local launch_settings = require "local_aws.ec2.launch_settings"
local names = require "local_aws.ec2.names"
local public_addresses = require "local_aws.ec2.public_addresses"
local store = require "local_aws.ec2.store"
local subnets = require "local_aws.ec2.subnets"
local time = require "time"

local function check_counts(input)
  local low, high = input.MinCount, input.MaxCount
  if low < 1 or high < 1 then
    fault.raise("InvalidParameterValue", ("Value (%d) for parameter %s is invalid. Minimum value is 1."):format(
      low < 1 and low or high, low < 1 and "minCount" or "maxCount"))
  elseif high < low then
    fault.raise("InvalidParameterCombination", ("Request's min count %d can't be greater than its max count %d"):format(low,
      high))
  end
  return high
end

local function public_address(call, settings, subnet)
  if settings.wants_public == false or settings.wants_public == nil and not subnet.MapPublicIpOnLaunch then
    return nil
  end
  local address = public_addresses.next(call.world)
  return { PublicIp = address, IpOwnerId = "amazon", PublicDnsName = names.public(address, call.region) }
end

local function launch_one(call, settings, index, reservation, now)
  local given, definition = {}, {}
  for name, value in pairs(settings) do given[name] = value end
  for name, value in pairs(settings.definition) do definition[name] = value end
  given.definition, definition.reservationId, definition.launchIndex = definition, reservation, index - 1
  definition.clientToken = call.input.ClientToken
  if settings.interface_id then
    given.interface = interfaces.need(call, settings.interface_id)
    given.subnet = store.need(call, "subnet", given.interface.SubnetId)
  end
  if settings.zone and settings.zone:sub(1, -2) ~= call.region then
    fault.raise("InvalidParameterValue", ("Invalid availability zone: [%s]"):format(settings.zone))
  end
  local subnet = given.subnet or default_network.subnet(call, settings.zone)
    or fault.raise("MissingInput", "No subnets found for the default VPC. Please specify a subnet.")
  given.subnet, given.association = subnet, public_address(call, settings, subnet)
  given.privateIp = settings.privateIp and subnets.check_address(call, subnet, settings.privateIp)
  local id = launch.instance(call, given, launch.life(now))
  if definition.profile then
    iam_profiles.associate(call, instances.find(call.world.db, call.account, call.region, id, now), definition.profile)
  end
  return id
end

-- The instances of a reservation as the call answers them.
local function show(call, reservation, now)
  local list = json.array {}
  for row in call.world.db:rows([[SELECT id FROM ec2_instances WHERE account = ? AND region = ?
    AND json_extract(definition, '$.reservationId') = ? ORDER BY number]], call.account, call.region, reservation) do
    local instance = instances.find(call.world.db, call.account, call.region, row.id, now)
    if instance then
      local described = instance_view.describe(call, instance, store.tags(call, row.id))
      described.owner, described.reservation = nil, nil
      list[#list + 1] = described
    end
  end
  return { ReservationId = reservation, OwnerId = call.account, Groups = json.array {}, Instances = list }
end

local operations = {}

function operations.RunInstances(call)
  local now = time.now_us()
  local count, asked = check_counts(call.input), client_tokens.fingerprint(call.input)
  local known = client_tokens.earlier(call, asked, now)
  if known then
    return show(call, known, now)
  end
  local settings, reservation = launch_settings.read(call), ids.new "r-"
  for index = 1, count do
    launch_one(call, settings, index, reservation, now)
  end
  client_tokens.keep(call, asked, reservation, now)
  return show(call, reservation, now)
end

return { operations = operations }
