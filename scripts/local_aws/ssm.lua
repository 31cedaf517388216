-- Systems Manager, to the depth of runbooks: automations that act on the local EC2 (and on whatever else is local), commands,
-- parameters, documents. The parts are in ssm/.

local PARTS = { "automation_lists", "automations", "commands", "document_permissions", "documents", "managed_instances",
  "parameter_labels", "parameter_reads", "parameters" }

local operations, schema = {}, {}
for _, part_name in ipairs(PARTS) do
  local part = require("local_aws.ssm." .. part_name)
  schema[#schema + 1] = part.schema or ""
  for name, operation in pairs(part.operations) do
    operations[name] = operation
  end
end

return {
  name = "ssm", model = "ssm", schema = table.concat(schema), operations = operations,
  start = require("local_aws.ssm.automation_run").begin,
}
