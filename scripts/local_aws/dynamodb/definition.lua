-- Is this a table definition that DynamoDB takes? The checks in its own order, with its own sentences.

local fault = require "local_aws.fault"

local definition = {}

local INVALID = "One or more parameter values were invalid: "
local MOST_UNITS = 1000000000000
local MOST_LOCAL, MOST_GLOBAL = 5, 20
local MOST_PROJECTED = 100
local MOST_INDEX_KEYS = 4

local function refuse(message)
  fault.raise("ValidationException", message)
end

function definition.check_bounds(throughput)
  for _, name in ipairs { "ReadCapacityUnits", "WriteCapacityUnits" } do
    if throughput[name] > MOST_UNITS then
      refuse(("Given value %d for %s is out of bounds"):format(throughput[name], name))
    end
  end
end

local function check_billing(input)
  local throughput = input.ProvisionedThroughput
  if input.BillingMode == "PAY_PER_REQUEST" then
    if throughput then
      refuse(INVALID
        .. "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
    end
    return
  elseif not throughput then
    refuse(INVALID .. "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
  end
  definition.check_bounds(throughput)
end

local function attribute_names(list)
  local names = {}
  for place, each in ipairs(list) do
    names[place] = each.AttributeName
  end
  return names
end

local function includes(list, wanted)
  for _, each in ipairs(list) do
    if each == wanted then
      return true
    end
  end
  return false
end

local function check_defined(key_schema, defined)
  local names = attribute_names(key_schema)
  for _, name in ipairs(names) do
    if not includes(defined, name) then
      refuse(("%sSome index key attributes are not defined in AttributeDefinitions. Keys: [%s], AttributeDefinitions: [%s]")
        :format(INVALID, table.concat(names, ", "), table.concat(defined, ", ")))
    end
  end
end

local function check_key_types(key_schema)
  if key_schema[2] and key_schema[1].AttributeName == key_schema[2].AttributeName then
    refuse "Both the Hash Key and the Range Key element in the KeySchema have the same name"
  elseif key_schema[1].KeyType ~= "HASH" then
    refuse "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"
  elseif key_schema[2] and key_schema[2].KeyType ~= "RANGE" then
    refuse "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"
  end
end

local function check_projection(index)
  local projection = index.Projection
  if not projection.ProjectionType then
    refuse(INVALID .. "Unknown ProjectionType: null")
  elseif projection.NonKeyAttributes and projection.ProjectionType ~= "INCLUDE" then
    refuse(("%sProjectionType is %s, but NonKeyAttributes is specified"):format(INVALID, projection.ProjectionType))
  elseif projection.ProjectionType == "INCLUDE" and not projection.NonKeyAttributes then
    refuse(INVALID .. "ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
  end
end

-- A global index has one to four hash keys, and behind them up to four range keys.
local function check_global_key_types(key_schema)
  local hashes, ranges, seen = 0, 0, {}
  for place, element in ipairs(key_schema) do
    if seen[element.AttributeName] then
      refuse "Both the Hash Key and the Range Key element in the KeySchema have the same name"
    elseif place == 1 and element.KeyType ~= "HASH" then
      refuse "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"
    elseif element.KeyType == "HASH" and ranges > 0 then
      refuse "Invalid KeySchema: All HASH key elements must come before the RANGE key elements"
    end
    seen[element.AttributeName] = true
    hashes = hashes + (element.KeyType == "HASH" and 1 or 0)
    ranges = ranges + (element.KeyType == "RANGE" and 1 or 0)
  end
  if hashes > MOST_INDEX_KEYS or ranges > MOST_INDEX_KEYS then
    refuse(("Invalid KeySchema: A global secondary index can have at most %d HASH and %d RANGE key elements")
      :format(MOST_INDEX_KEYS, MOST_INDEX_KEYS))
  end
end

-- One global index, as CreateTable and UpdateTable take it.
function definition.check_global(index, defined, billing_mode)
  check_defined(index.KeySchema, defined)
  check_global_key_types(index.KeySchema)
  check_projection(index)
  if billing_mode == "PAY_PER_REQUEST" and index.ProvisionedThroughput then
    refuse(("%sProvisionedThroughput should not be specified for index: %s when BillingMode is PAY_PER_REQUEST")
      :format(INVALID, index.IndexName))
  elseif billing_mode ~= "PAY_PER_REQUEST" and not index.ProvisionedThroughput then
    refuse(INVALID .. "ProvisionedThroughput must be specified for index: " .. index.IndexName)
  end
end

local function check_local(index, defined, table_hash)
  check_defined(index.KeySchema, defined)
  check_key_types(index.KeySchema)
  if #index.KeySchema ~= 2 then
    refuse(INVALID .. "Index KeySchema does not have a range key for index: " .. index.IndexName)
  elseif index.KeySchema[1].AttributeName ~= table_hash then
    refuse(("%sIndex KeySchema does not have the same leading hash key as table KeySchema for index: %s. "
      .. "index hash key: %s, table hash key: %s")
      :format(INVALID, index.IndexName, index.KeySchema[1].AttributeName, table_hash))
  end
  check_projection(index)
end

local function check_name(index, seen)
  if seen[index.IndexName] then
    refuse(INVALID .. "Duplicate index name: " .. index.IndexName)
  end
  seen[index.IndexName] = true
end

local function check_locals(input, defined, seen)
  local list = input.LocalSecondaryIndexes
  if not list then
    return
  elseif #list == 0 then
    refuse(INVALID .. "List of LocalSecondaryIndexes is empty")
  elseif #input.KeySchema ~= 2 then
    refuse(INVALID .. "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex")
  end
  for _, index in ipairs(list) do
    check_local(index, defined, input.KeySchema[1].AttributeName)
    check_name(index, seen)
  end
  if #list > MOST_LOCAL then
    refuse(INVALID .. "Number of LocalSecondaryIndexes exceeds per-table limit of " .. MOST_LOCAL)
  end
end

local function check_globals(input, defined, seen)
  local list = input.GlobalSecondaryIndexes
  if not list then
    return
  elseif #list == 0 then
    refuse(INVALID .. "List of GlobalSecondaryIndexes is empty")
  end
  for _, index in ipairs(list) do
    definition.check_global(index, defined, input.BillingMode)
    check_name(index, seen)
  end
  if #list > MOST_GLOBAL then
    refuse(INVALID .. "GlobalSecondaryIndex count exceeds the per-table limit of " .. MOST_GLOBAL)
  end
end

local function count_projected(input)
  local count = 0
  for _, kind in ipairs { "LocalSecondaryIndexes", "GlobalSecondaryIndexes" } do
    for _, index in ipairs(input[kind] or {}) do
      count = count + #(index.Projection.NonKeyAttributes or {})
    end
  end
  return count
end

-- The names of all key attributes, of the table and its indexes -> set, whether there are indexes.
function definition.used_names(input)
  local used, indexed = {}, false
  for _, element in ipairs(input.KeySchema) do
    used[element.AttributeName] = true
  end
  for _, kind in ipairs { "LocalSecondaryIndexes", "GlobalSecondaryIndexes" } do
    for _, index in ipairs(input[kind] or {}) do
      indexed = true
      for _, element in ipairs(index.KeySchema) do
        used[element.AttributeName] = true
      end
    end
  end
  return used, indexed
end

-- Every attribute that is defined must be a key of something.
function definition.check_used(input)
  local used, indexed = definition.used_names(input)
  local defined, all_used, names = attribute_names(input.AttributeDefinitions), true, {}
  for _, name in ipairs(defined) do
    all_used = all_used and used[name] ~= nil
  end
  if all_used then
    return
  elseif not indexed then
    refuse(INVALID
      .. "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions")
  end
  for name in pairs(used) do
    names[#names + 1] = name
  end
  table.sort(names)
  table.sort(defined)
  refuse(("%sSome AttributeDefinitions are not used. AttributeDefinitions: [%s], keys used: [%s]")
    :format(INVALID, table.concat(defined, ", "), table.concat(names, ", ")))
end

-- A CreateTable request.
function definition.check(input)
  check_billing(input)
  local defined = attribute_names(input.AttributeDefinitions)
  local seen_names = {}
  for _, name in ipairs(defined) do
    if seen_names[name] then
      refuse(INVALID .. "Duplicate AttributeName in AttributeDefinitions: " .. name)
    end
    seen_names[name] = true
  end
  if #input.KeySchema > #defined then
    refuse "Invalid KeySchema: Some index key attribute have no definition"
  end
  check_defined(input.KeySchema, defined)
  check_key_types(input.KeySchema)
  if not input.LocalSecondaryIndexes and not input.GlobalSecondaryIndexes then
    definition.check_used(input)
  end
  local seen = {}
  check_locals(input, defined, seen)
  check_globals(input, defined, seen)
  definition.check_used(input)
  if count_projected(input) > MOST_PROJECTED then
    refuse(INVALID .. "Number of NonKeyAttributes exceeds the per-table limit of " .. MOST_PROJECTED)
  end
end

definition.attribute_names = attribute_names

return definition
