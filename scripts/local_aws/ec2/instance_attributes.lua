-- Single attributes of instances: read, changed; monitoring, metadata options, console output.

local crypto = require "crypto"
local fault = require "local_aws.fault"
local instance_view = require "local_aws.ec2.instance_view"
local instances = require "local_aws.ec2.instances"
local json = require "json"
local security_groups = require "local_aws.ec2.security_groups"
local store = require "local_aws.ec2.store"
local time = require "time"
local volumes = require "local_aws.ec2.volumes"

local operations = {}

local function instance_of(call)
  return instances.by_ids(call, { call.input.InstanceId }, time.now_us())[1]
end

local function first_interface(call, instance)
  return store.children(call, "network-interface", instance.id)[1]
end

-- The attribute's name in the call -> the member of the answer, and its value.
local READ = {
  instanceType = function(definition) return "InstanceType", { Value = definition.instanceType } end,
  userData = function(definition) return "UserData", { Value = definition.userData } end,
  disableApiTermination = function(definition)
    return "DisableApiTermination", { Value = definition.disableApiTermination == true }
  end,
  disableApiStop = function(definition) return "DisableApiStop", { Value = definition.disableApiStop == true } end,
  ebsOptimized = function(definition) return "EbsOptimized", { Value = definition.ebsOptimized == true } end,
  rootDeviceName = function(definition) return "RootDeviceName", { Value = definition.rootDeviceName or "/dev/sda1" } end,
  enaSupport = function() return "EnaSupport", { Value = true } end,
  kernel = function() return "KernelId", {} end,
  ramdisk = function() return "RamdiskId", {} end,
  sriovNetSupport = function() return "SriovNetSupport", {} end,
  productCodes = function() return "ProductCodes", json.array {} end,
  enclaveOptions = function() return "EnclaveOptions", { Enabled = false } end,
  instanceInitiatedShutdownBehavior = function(definition)
    return "InstanceInitiatedShutdownBehavior", { Value = definition.shutdownBehavior or "stop" }
  end,
  sourceDestCheck = function(_, call, instance)
    return "SourceDestCheck", { Value = first_interface(call, instance).SourceDestCheck }
  end,
  groupSet = function(_, call, instance)
    return "Groups", first_interface(call, instance).Groups
  end,
  blockDeviceMapping = function(_, call, instance)
    return "BlockDeviceMappings", instance_view.describe(call, instance, {}).BlockDeviceMappings
  end,
}

function operations.DescribeInstanceAttribute(call)
  local instance = instance_of(call)
  local member, value = READ[call.input.Attribute](instance.definition, call, instance)
  return { InstanceId = instance.id, [member] = value }
end

-- Members of ModifyInstanceAttribute that are kept in the definition -> their name there. Some need a stopped instance.
local KEPT = {
  InstanceType = "instanceType", UserData = "userData", DisableApiTermination = "disableApiTermination",
  DisableApiStop = "disableApiStop", EbsOptimized = "ebsOptimized", InstanceInitiatedShutdownBehavior = "shutdownBehavior",
}
local STOPPED_ONLY = { InstanceType = true, UserData = true, EbsOptimized = true }

-- The older form of the call, Attribute and Value, as the newer one.
local function as_member(input)
  for member in pairs(KEPT) do
    if input.Attribute and member:gsub("^%u", string.lower) == input.Attribute then
      input[member] = { Value = input.Value }
    end
  end
  local given = input.DisableApiTermination
  if given and type(given.Value) == "string" then
    given.Value = given.Value == "true"
  end
end

local function change_devices(call, instance, mappings)
  for _, mapping in ipairs(mappings) do
    local found
    for _, volume in ipairs(store.children(call, "volume", instance.id)) do
      if volume.Attachments[1].Device == mapping.DeviceName then
        found = volume
        volumes.attach(volume, instance.id, mapping.DeviceName, volume.Attachments[1].AttachTime,
          mapping.Ebs.DeleteOnTermination ~= false)
        store.save(call, volume)
      end
    end
    if not found then
      fault.raise("InvalidInstanceAttributeValue", ("No device is currently mapped at %s"):format(mapping.DeviceName))
    end
  end
end

local function change_interface(call, instance)
  local input, interface = call.input, first_interface(call, instance)
  if input.Groups and input.Groups[1] then
    interface.Groups = security_groups.references(call, input.Groups, interface.VpcId)
  end
  if input.SourceDestCheck then
    interface.SourceDestCheck = input.SourceDestCheck.Value
  end
  store.save(call, interface)
end

function operations.ModifyInstanceAttribute(call)
  local instance, input = instance_of(call), call.input
  as_member(input)
  for member, name in pairs(KEPT) do
    local given = input[member]
    if given and STOPPED_ONLY[member] and instance.state ~= "stopped" then
      fault.raise("IncorrectInstanceState", ("The instance '%s' is not in the 'stopped' state."):format(instance.id))
    elseif given then
      -- Bytes are kept as RunInstances brings them: in base64.
      instance.definition[name] = member == "UserData" and crypto.base64_encode(given.Value) or given.Value
    end
  end
  instances.save_definition(call, instance)
  if input.Groups and input.Groups[1] or input.SourceDestCheck then
    change_interface(call, instance)
  end
  change_devices(call, instance, input.BlockDeviceMappings or {})
end

function operations.ModifyInstanceMetadataOptions(call)
  local instance = instance_of(call)
  local options = instance.definition.metadataOptions or json.object {}
  for _, name in ipairs { "HttpTokens", "HttpPutResponseHopLimit", "HttpEndpoint", "HttpProtocolIpv6",
    "InstanceMetadataTags" } do
    if call.input[name] ~= nil then
      options[name] = call.input[name]
    end
  end
  instance.definition.metadataOptions = options
  instances.save_definition(call, instance)
  return { InstanceId = instance.id, InstanceMetadataOptions = instance_view.metadata_options(instance.definition) }
end

local function monitor(wanted, now_shown)
  return function(call)
    local list = json.array {}
    for index, instance in ipairs(instances.by_ids(call, call.input.InstanceIds, time.now_us())) do
      instance.definition.monitoring = wanted
      instances.save_definition(call, instance)
      list[index] = { InstanceId = instance.id, Monitoring = { State = now_shown } }
    end
    return { InstanceMonitorings = list }
  end
end

operations.MonitorInstances, operations.UnmonitorInstances = monitor(true, "pending"), monitor(false, "disabling")

-- What the machine would have written while it started.
function operations.GetConsoleOutput(call)
  local instance = instance_of(call)
  local text = instance.state == "running" and ("[    0.000000] Linux version 6.1.0\r\n[    2.104321] systemd[1]: "
    .. "Reached target multi-user.target\r\n%s login: "):format(instance.id) or ""
  return { InstanceId = instance.id, Timestamp = instance.since_us // 1000000, Output = crypto.base64_encode(text) }
end

-- A password is there for Windows instances with a key only, and needs a private key that we do not have.
function operations.GetPasswordData(call)
  local instance = instance_of(call)
  return { InstanceId = instance.id, Timestamp = instance.since_us // 1000000, PasswordData = "" }
end

return { operations = operations }
