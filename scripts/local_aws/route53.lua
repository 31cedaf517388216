-- Route 53, to the depth that a switch of DNS needs: hosted zones, record sets and their atomic changes, health checks, test
-- answers, tags. It is a global service: one place an account, whatever region signs. The parts are in route53/.

local json = require "json"

local PARTS = { "answers", "changes", "health_checks", "limits", "networks", "records", "tags", "zone_lists", "zones" }

local operations, schema = {}, {}
for _, part_name in ipairs(PARTS) do
  local part = require("local_aws.route53." .. part_name)
  schema[#schema + 1] = part.schema or ""
  for name, operation in pairs(part.operations or {}) do
    operations[name] = operation
  end
end

return {
  name = "route53", model = "route53", schema = table.concat(schema), operations = operations,
  -- insyncSeconds: how long a change is PENDING. unhealthy: ids of the health checks whose endpoint does not answer.
  settings = function()
    return { insyncSeconds = 30, unhealthy = json.array {} }
  end,
}
