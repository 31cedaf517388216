-- EC2, to the depth that recovery and its runbooks need. The parts are in ec2/.

local default_network = require "local_aws.ec2.default_network"
local fault = require "local_aws.fault"
local instances = require "local_aws.ec2.instances"
local launch_templates = require "local_aws.ec2.launch_templates"
local store = require "local_aws.ec2.store"
local time = require "time"

-- What keeps something is there from the start. The operations are many, and are read when the first is called.
local KEEPERS = { "client_tokens", "default_network", "instances", "launch_templates", "store", "tags" }
local PARTS = {
  "addresses", "iam_profiles", "images", "instance_attributes", "instance_operations", "instance_status", "instance_types",
  "internet_gateways", "key_pairs", "launch_template_versions", "launch_templates", "network_interfaces", "prefix_lists",
  "regions", "route_tables", "routes", "run_instances", "security_group_rules", "security_groups", "snapshot_attributes",
  "snapshots", "subnets", "tags", "volume_attachments", "volumes", "vpcs",
}

-- DryRun: everything is done and judged, and then refused, which takes it back. In which state things are is not judged.
local STATES = { IncorrectInstanceState = true, IncorrectState = true, OperationNotPermitted = true,
  DependencyViolation = true }

local function dry_run(operation, call)
  local done, problem = pcall(operation, call)
  if not done and not (fault.is(problem) and STATES[problem.code]) then
    error(problem, 0)
  end
  fault.raise("DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
end

local function complete(operation)
  return function(call)
    default_network.ensure(call)
    if call.input.DryRun then
      return dry_run(operation, call)
    end
    return operation(call)
  end
end

local schema = {}
for index, name in ipairs(KEEPERS) do
  schema[index] = require("local_aws.ec2." .. name).schema
end

local function read_operations(operations)
  setmetatable(operations, nil)
  for _, part in ipairs(PARTS) do
    for name, operation in pairs(require("local_aws.ec2." .. part).operations) do
      operations[name] = complete(operation)
    end
  end
end

local operations = setmetatable({}, { __index = function(self, name)
  read_operations(self)
  return self[name]
end })

return {
  name = "ec2", model = "ec2", schema = table.concat(schema), operations = operations,
  -- Is there such a resource? For calls that name resources of any kind.
  exists = function(call, kind, id)
    if kind.name == "instance" then
      return instances.find(call.world.db, call.account, call.region, id, time.now_us()) ~= nil
    elseif kind.name == "launch-template" then
      return launch_templates.exists(call, id)
    end
    return store.find(call, kind.name, id) ~= nil
  end,
}
