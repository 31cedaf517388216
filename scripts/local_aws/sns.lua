-- SNS: topics, subscriptions, messages. What is published is kept and listed by the control endpoint (GET /_drsh/messages),
-- with
-- who would have got it; nothing leaves this machine. The parts are in sns/.

local PARTS = { "permissions", "topics", "subscriptions", "messages" }

local operations, schema = {}, {}
for _, part_name in ipairs(PARTS) do
  local part = require("local_aws.sns." .. part_name)
  schema[#schema + 1] = part.schema
  for name, operation in pairs(part.operations) do
    operations[name] = operation
  end
end

return { name = "sns", model = "sns", schema = table.concat(schema), operations = operations }
