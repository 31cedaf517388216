-- UpdateTable: throughput, billing mode, global indexes, stream, class, protection.

local codec        = require "local_aws.dynamodb.codec"
local create_table = require "local_aws.dynamodb.create_table"
local definition   = require "local_aws.dynamodb.definition"
local describe     = require "local_aws.dynamodb.describe"
local fault        = require "local_aws.fault"
local items        = require "local_aws.dynamodb.items"
local json         = require "json"
local tables       = require "local_aws.dynamodb.tables"

local operations = {}

local INVALID = "One or more parameter values were invalid: "
local BLOCKED = "This operation cannot be performed with given input values. "
  .. "Please contact DynamoDB service team for more info: Action Blocked: IndexUpdate"
local MOST_UNITS = 1000000000000
local ANY_OF = { "ProvisionedThroughput", "BillingMode", "StreamSpecification", "SSESpecification", "ReplicaUpdates",
  "TableClass", "DeletionProtectionEnabled", "OnDemandThroughput", "WarmThroughput" }

local function refuse(message)
  fault.raise("ValidationException", message)
end

local function billing_mode(stored)
  return stored.BillingModeSummary and stored.BillingModeSummary.BillingMode or "PROVISIONED"
end

local function check_something(input)
  local something = input.GlobalSecondaryIndexUpdates and #input.GlobalSecondaryIndexUpdates > 0
  for _, member in ipairs(ANY_OF) do
    something = something or input[member] ~= nil
  end
  if not something then
    refuse("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or "
      .. "SSESpecification or ReplicaUpdates is required")
  elseif input.BillingMode == "PROVISIONED" and not input.ProvisionedThroughput then
    refuse(INVALID .. "ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
  elseif input.ProvisionedThroughput then
    definition.check_bounds(input.ProvisionedThroughput)
  end
end

local function check_index_updates(list)
  local seen = {}
  for _, entry in ipairs(list) do
    local action = entry.Update or entry.Create or entry.Delete
    if not action then
      refuse(INVALID .. "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
        .. "GlobalSecondaryIndexUpdate.Delete must not be null")
    elseif seen[action.IndexName] then
      refuse(INVALID .. "Only one global secondary index update per index is allowed simultaneously. Index: "
        .. action.IndexName)
    end
    seen[action.IndexName] = true
  end
  local online = 0
  for _, entry in ipairs(list) do
    online = online + ((entry.Create or entry.Delete) and 1 or 0)
  end
  if #list > 5 or online > 1 then
    fault.raise("LimitExceededException",
      "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table")
  end
end

local function find_index(stored, name)
  for place, index in ipairs(stored.GlobalSecondaryIndexes or {}) do
    if index.IndexName == name then
      return index, place
    end
  end
  return fault.raise("ResourceNotFoundException", "Requested resource not found")
end

-- Sets the units of a table or index, with the times and counts that AWS keeps of it.
local function set_throughput(holder, wanted)
  local current = holder.ProvisionedThroughput or {}
  local read, write = current.ReadCapacityUnits or 0, current.WriteCapacityUnits or 0
  if read == wanted.ReadCapacityUnits and write == wanted.WriteCapacityUnits then
    refuse(("The provisioned throughput for the table will not change. The requested value equals the current value. "
      .. "Current ReadCapacityUnits provisioned for the table: %d. Requested ReadCapacityUnits: %d. "
      .. "Current WriteCapacityUnits provisioned for the table: %d. Requested WriteCapacityUnits: %d. "
      .. "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.")
      :format(read, wanted.ReadCapacityUnits, write, wanted.WriteCapacityUnits))
  end
  local lower = wanted.ReadCapacityUnits < read or wanted.WriteCapacityUnits < write
  local higher = wanted.ReadCapacityUnits > read or wanted.WriteCapacityUnits > write
  holder.ProvisionedThroughput = {
    ReadCapacityUnits = wanted.ReadCapacityUnits,
    WriteCapacityUnits = wanted.WriteCapacityUnits,
    LastIncreaseDateTime = higher and tables.now() or current.LastIncreaseDateTime,
    LastDecreaseDateTime = lower and tables.now() or current.LastDecreaseDateTime,
    NumberOfDecreasesToday = (current.NumberOfDecreasesToday or 0) + (lower and 1 or 0),
  }
end

local function set_billing_mode(stored, input)
  local mode = input.BillingMode or billing_mode(stored)
  if input.ProvisionedThroughput and mode == "PAY_PER_REQUEST" then
    refuse(INVALID .. "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
  elseif mode == billing_mode(stored) then
    return
  elseif mode == "PROVISIONED" then
    local given, missing = {}, {}
    for _, entry in ipairs(input.GlobalSecondaryIndexUpdates or {}) do
      given[entry.Update and entry.Update.IndexName or ""] = true
    end
    for _, index in ipairs(stored.GlobalSecondaryIndexes or {}) do
      missing[#missing + 1] = not given[index.IndexName] and index.IndexName or nil
    end
    if #missing > 0 then
      refuse(INVALID .. "ProvisionedThroughput must be specified for index: " .. table.concat(missing, ","))
    end
    stored.BillingModeSummary.BillingMode = mode
    return
  end
  stored.BillingModeSummary = { BillingMode = mode, LastUpdateToPayPerRequestDateTime = tables.now() }
  stored.ProvisionedThroughput = nil
  for _, index in ipairs(stored.GlobalSecondaryIndexes or {}) do
    index.ProvisionedThroughput = nil
  end
end

-- Keeps the definitions of attributes that are keys of something, adding those that the request brings.
local function merge_definitions(stored, given)
  local used, merged, known = definition.used_names(stored), json.array {}, {}
  for _, list in ipairs { given or {}, stored.AttributeDefinitions } do
    for _, attribute in ipairs(list) do
      local name = attribute.AttributeName
      if used[name] and not known[name] then
        known[name] = true
        merged[#merged + 1] = attribute
      end
    end
  end
  stored.AttributeDefinitions = merged
end

local function create_index(stored, entry, input)
  local given = input.AttributeDefinitions or stored.AttributeDefinitions
  definition.check_global(entry, definition.attribute_names(given), billing_mode(stored))
  for _, kind in ipairs { "LocalSecondaryIndexes", "GlobalSecondaryIndexes" } do
    for _, index in ipairs(stored[kind] or {}) do
      if index.IndexName == entry.IndexName then
        refuse("Attempting to create an index which already exists")
      end
    end
  end
  stored.GlobalSecondaryIndexes = stored.GlobalSecondaryIndexes or json.array {}
  table.insert(stored.GlobalSecondaryIndexes, entry)
  merge_definitions(stored, given)
end

local function delete_index(stored, name)
  local _, place = find_index(stored, name)
  table.remove(stored.GlobalSecondaryIndexes, place)
  if #stored.GlobalSecondaryIndexes == 0 then
    stored.GlobalSecondaryIndexes = nil
  end
  merge_definitions(stored)
end

local function change_indexes(stored, input)
  local statuses = {}
  for _, entry in ipairs(input.GlobalSecondaryIndexUpdates or {}) do
    if entry.Update then
      local wanted = entry.Update.ProvisionedThroughput
      if wanted and (wanted.ReadCapacityUnits > MOST_UNITS or wanted.WriteCapacityUnits > MOST_UNITS) then
        refuse(BLOCKED)
      end
      local index = find_index(stored, entry.Update.IndexName)
      if wanted then
        set_throughput(index, wanted)
      end
      index.OnDemandThroughput = entry.Update.OnDemandThroughput or index.OnDemandThroughput
      statuses[entry.Update.IndexName] = "UPDATING"
    elseif entry.Create then
      create_index(stored, entry.Create, input)
      statuses[entry.Create.IndexName] = "CREATING"
    else
      find_index(stored, entry.Delete.IndexName)
      statuses[entry.Delete.IndexName] = "DELETING"
    end
  end
  return statuses
end

local function set_stream(stored, specification, name)
  if not specification then
    return
  elseif specification.StreamEnabled then
    if stored.StreamSpecification then
      refuse("Table already has an enabled stream: TableName: " .. name)
    end
    stored.StreamSpecification = specification
    stored.LatestStreamLabel = create_table.stream_label(specification)
  elseif not stored.StreamSpecification then
    refuse "Table does not have a stream to disable"
  else
    stored.StreamSpecification = nil
  end
end

-- Puts the items that the table has already into a new index.
local function fill_index(call, table_, name)
  local db = call.world.db
  db:run("INSERT INTO dynamodb_index (table_id, name) VALUES (?, ?)", table_.id, name)
  table_ = tables.reload(call, table_.name)
  local index = tables.index(table_, name)
  for _, row in ipairs(db:all("SELECT id FROM dynamodb_item WHERE table_id = ?", table_.id)) do
    local item = codec.decode(db:first("SELECT item FROM dynamodb_item WHERE id = ?", row.id).item)
    items.insert_entry(db, table_, index, row.id, item)
  end
end

local function drop_index(call, table_, name)
  local db = call.world.db
  local row = db:first("SELECT id FROM dynamodb_index WHERE table_id = ? AND name = ?", table_.id, name)
  db:run("DELETE FROM dynamodb_index_entry WHERE index_id = ?", row.id)
  db:run("DELETE FROM dynamodb_index WHERE id = ?", row.id)
end

-- The indexes that are to go are shown once more, as DELETING, in the answer.
local function apply_indexes(call, table_, stored, input, statuses)
  local description
  for _, entry in ipairs(input.GlobalSecondaryIndexUpdates or {}) do
    if entry.Create then
      fill_index(call, table_, entry.Create.IndexName)
    elseif entry.Delete then
      description = describe.table(call, tables.look_up(call, table_.name), "UPDATING", statuses)
      delete_index(stored, entry.Delete.IndexName)
      drop_index(call, table_, entry.Delete.IndexName)
      tables.replace(call, table_, stored)
    end
  end
  return description or describe.table(call, tables.look_up(call, table_.name), "UPDATING", statuses)
end

function operations.UpdateTable(call)
  local input = call.input
  check_something(input)
  check_index_updates(input.GlobalSecondaryIndexUpdates or {})
  local table_ = tables.describe(call, input.TableName)
  if table_.status ~= "ACTIVE" then
    fault.raise("ResourceInUseException", "Attempt to change a resource which is still in use: Table is being "
      .. table_.status:lower():gsub("ing$", "ed") .. ": " .. table_.name)
  end
  local stored = tables.edit(table_)
  set_billing_mode(stored, input)
  if input.ProvisionedThroughput then
    set_throughput(stored, input.ProvisionedThroughput)
  end
  local statuses = change_indexes(stored, input)
  set_stream(stored, input.StreamSpecification, table_.name)
  stored.SSEDescription = input.SSESpecification and create_table.sse_description(call, input.SSESpecification)
    or not input.SSESpecification and stored.SSEDescription or nil
  stored.TableClassSummary = input.TableClass and { TableClass = input.TableClass } or stored.TableClassSummary
  stored.OnDemandThroughput = input.OnDemandThroughput or stored.OnDemandThroughput
  stored.WarmThroughput = input.WarmThroughput or stored.WarmThroughput
  if input.DeletionProtectionEnabled ~= nil then
    stored.DeletionProtectionEnabled = input.DeletionProtectionEnabled
  end
  table_ = tables.replace(call, table_, stored)
  return { TableDescription = apply_indexes(call, table_, stored, input, statuses) }
end

return { operations = operations }
