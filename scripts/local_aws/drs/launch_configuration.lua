-- How a source server is launched: settings of DRS, and an EC2 launch template of its own for the rest (subnet, security
-- groups, type).

local failures = require "local_aws.drs.failures"
local json = require "json"
local launch_templates = require "local_aws.ec2.launch_templates"
local source_servers = require "local_aws.drs.source_servers"
local time = require "time"
local tags = require "local_aws.ec2.tags"

local launch_configuration = {}

local DEFAULTS = {
  launchDisposition = "STARTED", targetInstanceTypeRightSizingMethod = "BASIC", copyPrivateIp = false, copyTags = true,
  licensing = { osByol = true }, postLaunchEnabled = false, recoveryMode = "OPTIMAL",
}

-- The EC2 launch template is made when somebody first asks for it.
local function ensure_template(call, server, own)
  if own.ec2LaunchTemplateID then
    return
  end
  own.ec2LaunchTemplateID = launch_templates.insert(call, "drs-" .. server.id, {
    InstanceType = server.properties.instanceType,
    NetworkInterfaces = json.array { { DeviceIndex = 0, DeleteOnTermination = true } },
  })
  tags.put(call.world.db, call.account, call.region, own.ec2LaunchTemplateID, {
    AWSElasticDisasterRecoveryManaged = "drs.amazonaws.com", AWSElasticDisasterRecoverySourceServerID = server.id,
    Name = server.properties.hostname,
  })
  server.launch_configuration = json.object(own)
  source_servers.save(call, server, "launch_configuration")
end

-- The launch settings of a server (as found by source_servers), complete.
function launch_configuration.of(call, server)
  local own = server.launch_configuration or {}
  ensure_template(call, server, own)
  local settings = { name = server.properties.hostname }
  for name, value in pairs(DEFAULTS) do
    settings[name] = value
  end
  for name, value in pairs(own) do
    settings[name] = value
  end
  settings.sourceServerID = server.id
  return settings
end

local operations = {}

function operations.GetLaunchConfiguration(call)
  return launch_configuration.of(call, source_servers.get(call, call.input.sourceServerID))
end

function operations.UpdateLaunchConfiguration(call)
  local server = source_servers.get(call, call.input.sourceServerID)
  source_servers.refuse_busy(call, { server.id }, time.now_us())
  local input = call.input
  if input.copyPrivateIp and input.launchIntoInstanceProperties then
    failures.invalid("copyPrivateIp cannot be used together with launchIntoInstanceProperties.", "fieldValidationFailed")
  end
  launch_configuration.of(call, server)
  for name, value in pairs(input) do
    server.launch_configuration[name] = value
  end
  server.launch_configuration.sourceServerID = nil
  source_servers.save(call, server, "launch_configuration")
  return launch_configuration.of(call, server)
end

launch_configuration.operations = operations

return launch_configuration
