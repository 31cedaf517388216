-- What watches a table: CloudWatch Contributor Insights (Describe, Update, List) and Kinesis destinations (Enable, Disable,
-- Update, Describe). They are kept and told; nothing is sent anywhere.

local fault  = require "local_aws.fault"
local json   = require "json"
local tables = require "local_aws.dynamodb.tables"

local operations = {}

local RULES = { "DynamoDBContributorInsights-PKC-", "DynamoDBContributorInsights-PKT-" }

-- A list in the table's definition, the entry that `matches`, and what writes both back.
local function open(call, member, matches)
  local table_ = tables.describe(call, call.input.TableName)
  local definition = tables.edit(table_)
  local list, found = definition[member] or json.array {}, nil
  for _, entry in ipairs(list) do
    found = matches(entry) and entry or found
  end
  return table_, found, function(entry)
    if not found then
      list[#list + 1] = entry
    else
      for name, value in pairs(entry) do
        found[name] = value
      end
    end
    definition[member] = list
    tables.replace(call, table_, definition, true)
  end
end

local function open_insights(call)
  return open(call, "ContributorInsights", function(entry) return entry.IndexName == call.input.IndexName end)
end

function operations.DescribeContributorInsights(call)
  local table_, entry = open_insights(call)
  local rules, enabled = json.array {}, entry and entry.Status == "ENABLED"
  for place, prefix in ipairs(enabled and RULES or {}) do
    rules[place] = prefix .. table_.name .. "-" .. math.floor(entry.LastUpdateDateTime * 1000)
  end
  return {
    TableName = table_.name, IndexName = call.input.IndexName, ContributorInsightsStatus = entry and entry.Status or "DISABLED",
    ContributorInsightsMode = entry and entry.Mode, LastUpdateDateTime = entry and entry.LastUpdateDateTime,
    ContributorInsightsRuleList = rules,
  }
end

function operations.UpdateContributorInsights(call)
  local input = call.input
  local table_, _, write = open_insights(call)
  if input.IndexName and not tables.index(table_, input.IndexName) then
    fault.raise("ResourceNotFoundException", "Requested resource not found: Index: " .. input.IndexName .. " not found")
  end
  local enable = input.ContributorInsightsAction == "ENABLE"
  local mode = input.ContributorInsightsMode or "ACCESSED_AND_THROTTLED_KEYS"
  write {
    IndexName = input.IndexName, Status = enable and "ENABLED" or "DISABLED", Mode = mode, LastUpdateDateTime = tables.now(),
  }
  return {
    TableName = table_.name, IndexName = input.IndexName, ContributorInsightsStatus = enable and "ENABLING" or "DISABLING",
    ContributorInsightsMode = mode,
  }
end

function operations.ListContributorInsights(call)
  local summaries = json.array {}
  local name = call.input.TableName and tables.describe(call, call.input.TableName).name
  for _, row in ipairs(call.world.db:all([[SELECT name, definition FROM dynamodb_table
    WHERE account = ? AND region = ? AND (? IS NULL OR name = ?) ORDER BY name]], call.account, call.region, name, name)) do
    for _, entry in ipairs(json.decode(row.definition).ContributorInsights or {}) do
      summaries[#summaries + 1] = {
        TableName = row.name, IndexName = entry.IndexName, ContributorInsightsStatus = entry.Status,
        ContributorInsightsMode = entry.Mode,
      }
    end
  end
  return { ContributorInsightsSummaries = summaries }
end

local function open_destination(call)
  return open(call, "KinesisDestinations", function(entry) return entry.StreamArn == call.input.StreamArn end)
end

local function answer(table_, call, status, member, precision)
  return {
    TableName = table_.name, StreamArn = call.input.StreamArn, DestinationStatus = status,
    [member] = precision and { ApproximateCreationDateTimePrecision = precision },
  }
end

function operations.EnableKinesisStreamingDestination(call)
  local table_, entry, write = open_destination(call)
  if entry and entry.Status == "ACTIVE" then
    fault.raise("ValidationException", "Table is not in a valid state to enable Kinesis Streaming Destination: "
      .. "EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform ENABLE operation.")
  end
  local given = call.input.EnableKinesisStreamingConfiguration
  local precision = given and given.ApproximateCreationDateTimePrecision or "MILLISECOND"
  write { StreamArn = call.input.StreamArn, Status = "ACTIVE", Precision = precision }
  return answer(table_, call, "ENABLING", "EnableKinesisStreamingConfiguration", given and precision)
end

local function active_destination(call, action)
  local table_, entry, write = open_destination(call)
  if not entry or entry.Status ~= "ACTIVE" then
    fault.raise("ValidationException", ("Table is not in a valid state to %s Kinesis Streaming Destination: "
      .. "KinesisStreamingDestination must be ACTIVE to perform %s operation."):format(action:lower(), action))
  end
  return table_, entry, write
end

function operations.DisableKinesisStreamingDestination(call)
  local table_, _, write = active_destination(call, "DISABLE")
  write { Status = "DISABLED" }
  return answer(table_, call, "DISABLING", "EnableKinesisStreamingConfiguration")
end

function operations.UpdateKinesisStreamingDestination(call)
  local table_, entry, write = active_destination(call, "UPDATE")
  local given = call.input.UpdateKinesisStreamingConfiguration
  local precision = given and given.ApproximateCreationDateTimePrecision
  if not precision or precision == entry.Precision then
    fault.raise("ValidationException", "Invalid Request: Precision is already set to the desired value of "
      .. (precision or entry.Precision) .. " for tableId: " .. table_.definition.TableId .. ", kdsArn: " .. entry.StreamArn)
  end
  write { Precision = precision }
  return answer(table_, call, "UPDATING", "UpdateKinesisStreamingConfiguration", precision)
end

function operations.DescribeKinesisStreamingDestination(call)
  local table_ = tables.describe(call, call.input.TableName)
  local list = json.array {}
  for place, entry in ipairs(table_.definition.KinesisDestinations or {}) do
    list[place] = {
      StreamArn = entry.StreamArn, DestinationStatus = entry.Status, ApproximateCreationDateTimePrecision = entry.Precision,
    }
  end
  return { TableName = table_.name, KinesisDataStreamDestinations = list }
end

return { operations = operations }
