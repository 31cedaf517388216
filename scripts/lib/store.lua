-- DynamoDB: the client, the tables, and reading many items at once.

local aws    = require "aws"
local config = require "config"
local json   = require "json"
local lists  = require "lib.lists"
local reply  = require "lib.reply"
local task   = require "task"

local store = {}

local BATCH_GET_LIMIT = 100     -- keys in one BatchGetItem
local UNPROCESSED_ROUNDS = 8    -- DynamoDB gives back what it had no capacity for

function store.client()
  return aws.client("dynamodb", { document = true })
end

--- The name of a table, by the setting that holds it. A missing setting raises, naming it.
function store.table(setting)
  return config.require(setting)
end

--- One item, or nil. Always the newest version.
function store.get(setting, key)
  return store.client():get_item { TableName = store.table(setting), Key = key, ConsistentRead = true }.Item
end

--- The items with these values of the hash key, by that value. Asks once for each 100 different ones.
function store.get_many(setting, key_name, values)
  local found, name, client = {}, store.table(setting), store.client()
  for _, chunk in ipairs(lists.chunks(lists.unique(values), BATCH_GET_LIMIT)) do
    local keys = lists.map(chunk, function(value) return { [key_name] = value } end)
    local wanted = { [name] = { Keys = keys, ConsistentRead = true } }
    for round = 1, UNPROCESSED_ROUNDS + 1 do
      local result = client:batch_get_item { RequestItems = wanted }
      for _, item in ipairs(result.Responses and result.Responses[name] or {}) do found[item[key_name]] = item end
      wanted = result.UnprocessedKeys
      if not wanted or next(wanted) == nil then break end
      if round > UNPROCESSED_ROUNDS then
        reply.fail(503, "AWS_ERROR", "DynamoDB has no capacity for table " .. name .. "; try again",
          { service = "dynamodb", operation = "BatchGetItem", awsErrorCode = "ProvisionedThroughputExceededException",
            headers = { ["Retry-After"] = "5" } })
      end
      task.sleep(0.05 * 2 ^ round)
    end
  end
  return found
end

--- A marker for store.update: take this attribute away.
store.REMOVE = setmetatable({}, { __tostring = function() return "(removed)" end })

--- The parts of an UpdateItem that sets and removes attributes, with names and values that never clash with reserved words.
function store.update_expression(changes)
  local sets, removes, names, values = {}, {}, {}, {}
  local attributes = {}
  for attribute in pairs(changes) do attributes[#attributes + 1] = attribute end
  table.sort(attributes)
  for position, attribute in ipairs(attributes) do
    names["#u" .. position] = attribute
    if changes[attribute] == store.REMOVE then
      removes[#removes + 1] = "#u" .. position
    else
      values[":u" .. position] = changes[attribute]
      sets[#sets + 1] = ("#u%d = :u%d"):format(position, position)
    end
  end
  local expression = ""
  if #sets > 0 then expression = "SET " .. table.concat(sets, ", ") end
  if #removes > 0 then expression = expression .. " REMOVE " .. table.concat(removes, ", ") end
  return expression, names, values
end

--- About how many bytes DynamoDB counts for this item (400 KB is its limit).
function store.size(item)
  return #json.encode(item)
end

return store
