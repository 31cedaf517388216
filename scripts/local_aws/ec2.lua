-- EC2, to the depth that recovery needs: instances and their life, tags, launch templates, regions. The parts are in ec2/.

local instances = require "local_aws.ec2.instances"
local launch_templates = require "local_aws.ec2.launch_templates"
local time = require "time"

local PARTS = { "instances", "instance_operations", "instance_status", "launch_templates", "regions", "snapshots", "tags" }

local operations, schema = {}, {}
for _, part_name in ipairs(PARTS) do
  local part = require("local_aws.ec2." .. part_name)
  schema[#schema + 1] = part.schema
  for name, operation in pairs(part.operations or {}) do
    operations[name] = operation
  end
end

return {
  name = "ec2", model = "ec2", schema = table.concat(schema), operations = operations,
  -- The prefix of an id -> is there such a resource? For calls that name resources of any kind.
  exists = {
    i = function(call, id)
      return instances.find(call.world.db, call.account, call.region, id, time.now_us()) ~= nil
    end,
    lt = launch_templates.exists,
  },
}
