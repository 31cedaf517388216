-- The local DynamoDB. Each file of the folder keeps to one noun; here they come together.

local constraints = require "local_aws.dynamodb.constraints"

local PARTS = { "create_table", "update_table", "tags", "time_to_live", "account", "item_operations", "query", "scan", "batch",
  "transactions", "partiql", "backups", "restore", "resource_policy", "observers" }

-- What the model says of an input is judged before the operation looks at it.
local function checked(operation)
  return function(call)
    constraints.check(call.operation, call.input)
    return operation(call)
  end
end

local operations = {}
for _, part in ipairs(PARTS) do
  for name, operation in pairs(require("local_aws.dynamodb." .. part).operations) do
    operations[name] = checked(operation)
  end
end

return {
  name = "dynamodb",
  model = "dynamodb",
  schema = require "local_aws.dynamodb.schema",
  operations = operations,
  waits = {},
  judges_input = true, -- see constraints.lua
}
