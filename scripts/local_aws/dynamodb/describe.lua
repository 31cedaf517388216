-- TableDescription, as CreateTable, DescribeTable, UpdateTable and DeleteTable answer it.

local json   = require "json"
local tables = require "local_aws.dynamodb.tables"

local describe = {}

local ON_DEMAND_WARM = { reads = 12000, writes = 4000 }

local function throughput(definition)
  local given = definition.ProvisionedThroughput or {}
  return {
    NumberOfDecreasesToday = given.NumberOfDecreasesToday or 0,
    ReadCapacityUnits = given.ReadCapacityUnits or 0,
    WriteCapacityUnits = given.WriteCapacityUnits or 0,
    LastIncreaseDateTime = given.LastIncreaseDateTime,
    LastDecreaseDateTime = given.LastDecreaseDateTime,
  }
end

local function warm_throughput(definition, status)
  local given = definition.ProvisionedThroughput or {}
  local wanted = definition.WarmThroughput or {}
  local reads, writes = given.ReadCapacityUnits or 0, given.WriteCapacityUnits or 0
  return {
    ReadUnitsPerSecond = wanted.ReadUnitsPerSecond or reads > 0 and reads or ON_DEMAND_WARM.reads,
    WriteUnitsPerSecond = wanted.WriteUnitsPerSecond or writes > 0 and writes or ON_DEMAND_WARM.writes,
    Status = status == "ACTIVE" and "ACTIVE" or "UPDATING",
  }
end

local function describe_index(table_, index, counts, status)
  local definition = index.definition
  local out = {
    IndexName = index.name,
    KeySchema = definition.KeySchema,
    Projection = definition.Projection,
    IndexSizeBytes = counts.size_bytes,
    ItemCount = counts.item_count,
    IndexArn = table_.arn .. "/index/" .. index.name,
  }
  if index.kind == "GLOBAL" then
    out.IndexStatus = status
    out.ProvisionedThroughput = throughput(definition)
    out.OnDemandThroughput = definition.OnDemandThroughput
    out.WarmThroughput = warm_throughput(definition, status)
  end
  return out
end

local function describe_indexes(call, table_, description, statuses)
  local counts = {}
  for _, row in ipairs(call.world.db:all("SELECT * FROM dynamodb_index WHERE table_id = ?", table_.id)) do
    counts[row.name] = row
  end
  for _, index in ipairs(table_.indexes) do
    local member = index.kind == "LOCAL" and "LocalSecondaryIndexes" or "GlobalSecondaryIndexes"
    description[member] = description[member] or json.array {}
    local status = statuses[index.name] or (description.TableStatus == "CREATING" and "CREATING") or "ACTIVE"
    local described = describe_index(table_, index, counts[index.name], status)
    if statuses[index.name] == "CREATING" then
      described.Backfilling = false -- only of an index that comes to a table which is there already
    end
    table.insert(description[member], described)
  end
end

local function billing_summary(definition)
  if not definition.BillingModeSummary then
    return nil
  end
  return {
    BillingMode = definition.BillingModeSummary.BillingMode,
    LastUpdateToPayPerRequestDateTime = definition.BillingModeSummary.LastUpdateToPayPerRequestDateTime,
  }
end

local function restore_summary(definition)
  local kept, summary = definition.RestoreSummary, {}
  for name, value in pairs(kept or {}) do
    summary[name] = value
  end
  return kept and summary
end

-- `status` overrides the table's own (the answer of the call that begins a transition); `statuses` those of indexes by name.
function describe.table(call, table_, status, statuses)
  local definition = table_.definition
  local description = {
    TableName = table_.name,
    TableArn = tables.arn(table_.account, table_.region, table_.name),
    TableId = definition.TableId,
    TableStatus = status or table_.status,
    CreationDateTime = definition.CreationDateTime,
    AttributeDefinitions = definition.AttributeDefinitions,
    KeySchema = definition.KeySchema,
    ItemCount = table_.item_count,
    TableSizeBytes = table_.size_bytes,
    ProvisionedThroughput = throughput(definition),
    BillingModeSummary = billing_summary(definition),
    StreamSpecification = definition.StreamSpecification,
    LatestStreamLabel = definition.LatestStreamLabel,
    LatestStreamArn = definition.LatestStreamLabel and table_.arn .. "/stream/" .. definition.LatestStreamLabel,
    SSEDescription = definition.SSEDescription,
    TableClassSummary = definition.TableClassSummary,
    OnDemandThroughput = definition.OnDemandThroughput,
    DeletionProtectionEnabled = definition.DeletionProtectionEnabled or false,
    RestoreSummary = restore_summary(definition),
  }
  description.WarmThroughput = warm_throughput(definition, description.TableStatus)
  describe_indexes(call, table_, description, statuses or {})
  return description
end

return describe
