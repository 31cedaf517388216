-- CloudWatch: metrics, their statistics, alarms that are evaluated on the world's clock and act through SNS and EventBridge.
-- Anomaly detection and insight rules are not there. The parts are in cloudwatch/.

local PARTS = { "alarm_lists", "alarms", "composite_alarms", "dashboards", "metric_data", "metrics", "statistics" }

local operations, schema = {}, {}
for _, part_name in ipairs(PARTS) do
  local part = require("local_aws.cloudwatch." .. part_name)
  schema[#schema + 1] = part.schema or ""
  for name, operation in pairs(part.operations) do
    operations[name] = operation
  end
end

return {
  name = "monitoring", model = "cloudwatch", schema = table.concat(schema), operations = operations,
  start = require("local_aws.cloudwatch.evaluation").begin,
}
