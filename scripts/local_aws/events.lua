-- EventBridge: buses, rules, targets, events. A rule's targets on the local AWS are served (SNS topics, state machines, Lambda
-- functions, other buses); what goes elsewhere is logged. Schedules are kept, and not run. The parts are in events/.

local PARTS = { "archives", "buses", "permissions", "put_events", "replays", "rules", "tags", "targets" }

local operations, schema = {}, {}
for _, part_name in ipairs(PARTS) do
  local part = require("local_aws.events." .. part_name)
  schema[#schema + 1] = part.schema or ""
  for name, operation in pairs(part.operations) do
    operations[name] = operation
  end
end

return {
  name = "events", model = "events", schema = table.concat(schema), operations = operations,
  start = function(world)
    require("local_aws.events.delivery").begin(world)
    require("local_aws.events.replays").begin(world)
  end,
}
