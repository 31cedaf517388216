-- A DynamoDB for specs, with the table "things" (p: S, r: N) and indexes of every kind, and short ways to write and look.

local json    = require "json"
local service = require "tests.support.service"

local dynamodb_table = {}

local function key(hash, range)
  local schema = json.array { { AttributeName = hash, KeyType = "HASH" } }
  if range then
    schema[2] = { AttributeName = range, KeyType = "RANGE" }
  end
  return schema
end
dynamodb_table.key = key

function dynamodb_table.attributes(definitions)
  local list = json.array {}
  for _, definition in ipairs(definitions) do
    local name, kind = definition:match "^(%w+):(%w)$"
    list[#list + 1] = { AttributeName = name, AttributeType = kind }
  end
  return list
end

local function index(name, schema, projection, attributes)
  return {
    IndexName = name, KeySchema = schema,
    Projection = { ProjectionType = projection, NonKeyAttributes = attributes and json.array(attributes) },
  }
end
dynamodb_table.index = index

function dynamodb_table.definition()
  return {
    TableName = "things", BillingMode = "PAY_PER_REQUEST", KeySchema = key("p", "r"),
    AttributeDefinitions = dynamodb_table.attributes { "p:S", "r:N", "g:S", "l:N" },
    GlobalSecondaryIndexes = json.array {
      index("g-all", key("g", "l"), "ALL"), index("g-keys", key "g", "KEYS_ONLY"), index("g-some", key("g", "r"), "INCLUDE",
        { "x" }),
    },
    LocalSecondaryIndexes = json.array { index("l-keys", key("p", "l"), "KEYS_ONLY") },
  }
end

-- The client of tests.support.service, with the table made, and:
--   client.put(p, r, {attributes})   client.get(p, r) -> item | nil   client.update(p, r, expression, values, more) -> output
--   client.message(operation, input) -> the text of the ValidationException that must come
function dynamodb_table.open(settings)
  local client = service.open(require "local_aws.dynamodb", settings)
  client.CreateTable(dynamodb_table.definition())

  function client.put(p, r, attributes)
    local item = { p = { S = p }, r = { N = tostring(r) } }
    for name, value in pairs(attributes or {}) do
      item[name] = value
    end
    return client.PutItem { TableName = "things", Item = item }
  end

  function client.get(p, r)
    return client.GetItem({ TableName = "things", Key = { p = { S = p }, r = { N = tostring(r) } } }).Item
  end

  function client.update(p, r, expression, values, more)
    local input = {
      TableName = "things", Key = { p = { S = p }, r = { N = tostring(r) } },
      UpdateExpression = expression, ExpressionAttributeValues = values,
    }
    for name, value in pairs(more or {}) do
      input[name] = value
    end
    return client.UpdateItem(input)
  end

  function client.message(operation, input)
    local fault = client.fails(operation, input)
    if fault.code ~= "ValidationException" then
      error(("%s raised %s: %s"):format(operation, fault.code, fault.message), 2)
    end
    return fault.message
  end

  return client
end

-- Encodes with sorted keys, so that values compare as text.
function dynamodb_table.text(value)
  return json.encode(value)
end

return dynamodb_table
