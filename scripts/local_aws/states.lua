-- The local AWS Step Functions: state machines, executions, activities and task tokens, in SQLite. The parts are in
-- states/: read schema.lua (what is stored), flow.lua (how states follow each other) and driver.lua (what moves them), in
-- this order.
local driver = require "local_aws.states.driver"

require "local_aws.states.nested_execution" -- sets what happens when an execution ends

local service = {
  name = "states",
  model = "sfn",
  schema = require "local_aws.states.schema",
  operations = {},
  -- These wait: for a task to hand out, for an execution to end, for a function. They make their own transactions.
  waits = { GetActivityTask = true, StartSyncExecution = true, TestState = true },
  start = driver.start,
}

for _, part in ipairs { "machines", "executions", "activities", "tokens", "tags", "test_state", "versions",
  "aliases", "map_runs", "execution_lists" } do
  for name, operation in pairs(require("local_aws.states." .. part).operations) do
    service.operations[name] = operation
  end
end

return service
