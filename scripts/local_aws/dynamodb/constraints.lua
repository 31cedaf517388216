-- The checks that the API model itself asks for (required, lengths, ranges, patterns, enumerations), told in one sentence:
-- "2 validation errors detected: Value ... at '...' failed to satisfy constraint: ...; ...".

local fault  = require "local_aws.fault"
local models = require "models"

local constraints = {}

local MOST_ERRORS = 10

-- The order in which AWS lists the values of an enumeration, which is not the model's.
local ENUM_ORDER = {
  ReturnConsumedCapacity = "INDEXES, TOTAL, NONE",
  ReturnItemCollectionMetrics = "SIZE, NONE",
  ReturnValue = "ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW",
  ReturnValuesOnConditionCheckFailure = "ALL_OLD, NONE",
  ConditionalOperator = "OR, AND",
  ComparisonOperator = "IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, CONTAINS",
  Select = "SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES",
  ScalarAttributeType = "B, N, S",
  KeyType = "HASH, RANGE",
  BillingMode = "PROVISIONED, PAY_PER_REQUEST",
  ProjectionType = "ALL, INCLUDE, KEYS_ONLY",
  AttributeAction = "ADD, DELETE, PUT",
}

-- The order in which AWS looks at the members of a request; the others follow by name.
local MEMBER_ORDER = { "AttributeDefinitions", "Select", "IndexName", "TotalSegments", "ReturnConsumedCapacity", "QueryFilter",
  "TableName", "BillingMode", "ReturnItemCollectionMetrics", "ReturnValues", "Item", "Key", "ConditionalOperator", "ScanFilter",
  "Segment", "Limit", "AttributesToGet", "KeyConditions", "Expected", "ProvisionedThroughput", "WriteCapacityUnits",
  "ReadCapacityUnits", "KeySchema", "AttributeName", "AttributeType", "KeyType", "LocalSecondaryIndexes",
  "GlobalSecondaryIndexes", "Projection", "ProjectionType", "NonKeyAttributes" }
local RANK = {}
for place, name in ipairs(MEMBER_ORDER) do
  RANK[name] = place
end

-- Where the service itself is stricter or laxer than the model, which lets an ARN stand for a name.
local OVERRIDES = {
  TableArn = { min = 3, max = 255, pattern = "[a-zA-Z0-9_.-]+", unless_arn = true },
  TableName = { min = 3, max = 255, pattern = "[a-zA-Z0-9_.-]+" },
  KeySchema = { min = 1, max = 2 }, -- of global indexes: GLOBAL_KEY_SCHEMA
  -- Judged by the operations, which have sentences of their own for them.
  TagList = {}, TagKeyList = {}, ResourceArnString = {},
}
local GLOBAL_KEY_SCHEMA = { min = 1, max = 8 }
-- Attribute values have rules of their own (value.lua).
local OPAQUE = { AttributeValue = true }

local sorted_members = models.memo(function(model, name)
  local list = {}
  for member in pairs(model.shapes[name].members or {}) do
    list[#list + 1] = member
  end
  table.sort(list, function(a, b)
    local rank_a, rank_b = RANK[a] or math.huge, RANK[b] or math.huge
    if rank_a ~= rank_b then
      return rank_a < rank_b
    end
    return a < b
  end)
  return list
end)

local function lower_first(name)
  return name:sub(1, 1):lower() .. name:sub(2)
end

local function sorted_keys(map)
  local names = {}
  for name in pairs(map) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

-- As Java writes a request down: [a, b], {key=value}, KeySchemaElement(attributeName=p, keyType=HASH).
local function shown(model, name, content)
  if type(content) ~= "table" then
    return tostring(content)
  end
  local shape, list = model.shapes[name], {}
  if shape.type == "list" then
    for place, member in ipairs(content) do
      list[place] = shown(model, shape.member.shape, member)
    end
    return "[" .. table.concat(list, ", ") .. "]"
  end
  local is_structure = shape.type == "structure" and not OPAQUE[name]
  for place, key in ipairs(sorted_keys(content)) do
    local member = shape.type == "map" and shape.value.shape or shape.members[key].shape
    list[place] = (is_structure and lower_first(key) or key) .. "=" .. shown(model, member, content[key])
  end
  local all = table.concat(list, ", ")
  return is_structure and name .. "(" .. all .. ")" or "{" .. all .. "}"
end

-- errors.model is the model.
local function report(errors, name, content, path, rule)
  if #errors < MOST_ERRORS then
    local text = content == nil and "null" or "'" .. shown(errors.model, name, content) .. "'"
    errors[#errors + 1] = ("Value %s at '%s' failed to satisfy constraint: %s"):format(text, path, rule)
  end
end

local function length_of(shape, content)
  if shape.type == "map" then
    local count = 0
    for _ in pairs(content) do
      count = count + 1
    end
    return count
  end
  return #content
end

-- The model's patterns are Java's; those of DynamoDB are character classes, which Lua has as well.
local function matches(pattern, content)
  return content:find("^" .. pattern:gsub("%-%]", "%%-]") .. "$") ~= nil
end

local function check_range(shape, rules, content, path, errors)
  local number = shape.type == "integer" or shape.type == "long"
  local size = number and content or length_of(shape, content)
  local what = number and "value" or "length"
  if rules.min and size < rules.min then
    report(errors, shape.name, content, path, ("Member must have %s greater than or equal to %d"):format(what, rules.min))
  end
  if rules.max and size > rules.max then
    report(errors, shape.name, content, path, ("Member must have %s less than or equal to %d"):format(what, rules.max))
  end
end

local function check_enum(shape, content, path, errors)
  for _, allowed in ipairs(shape.enum) do
    if content == allowed then
      return
    end
  end
  local values = ENUM_ORDER[shape.name] or table.concat(shape.enum, ", ")
  report(errors, shape.name, content, path, "Member must satisfy enum value set: [" .. values .. "]")
end

local RANGED = { string = true, integer = true, long = true, list = true, map = true }

local check

-- What is wrong with a map's key, or with a list that is a map's value, is told of the whole map.
local function check_map(model, shape, content, path, errors)
  local member_shape = model.shapes[shape.value.shape]
  local key_rules = OVERRIDES[shape.key.shape] or model.shapes[shape.key.shape]
  local bad_key, bad_value
  local names = sorted_keys(content)
  for _, key in ipairs(names) do
    local member = content[key]
    if key_rules.unless_arn and not key:find "^arn:" then
      bad_key = bad_key or #key < key_rules.min or #key > key_rules.max or not matches(key_rules.pattern, key)
    end
    if member_shape.type == "list" and member_shape.max then
      bad_value = bad_value or #member < member_shape.min or #member > member_shape.max
    end
  end
  if bad_key then
    report(errors, shape.name, content, path, ("Map keys must satisfy constraint: [Member must have length less than or equal "
      .. "to %d, Member must have length greater than or equal to %d, Member must satisfy regular expression pattern: %s]")
      :format(key_rules.max, key_rules.min, key_rules.pattern))
  end
  if bad_value then
    report(errors, shape.name, content, path, ("Map value must satisfy constraint: [Member must have length less than or equal "
      .. "to %d, Member must have length greater than or equal to %d]"):format(member_shape.max, member_shape.min))
    return
  end
  for _, key in ipairs(names) do
    check(model, shape.value.shape, content[key], path .. "." .. key .. ".member", errors)
  end
end

-- Required here although the model, which thinks of replicas of tables elsewhere, no longer says so.
local REQUIRED = { CreateTableInput = { "AttributeDefinitions", "KeySchema", "TableName" } }

local function check_members(model, shape, content, path, errors)
  local required = {}
  for _, name in ipairs(REQUIRED[shape.name] or shape.required or {}) do
    required[name] = true
  end
  for _, name in ipairs(sorted_members(model, shape.name)) do
    local member_path = (path == "" and "" or path .. ".") .. lower_first(name)
    if content[name] ~= nil then
      check(model, shape.members[name].shape, content[name], member_path, errors)
    elseif required[name] then
      report(errors, nil, nil, member_path, "Member must not be null")
    end
  end
end

function check(model, name, content, path, errors)
  local shape = model.shapes[name]
  local rules = name == "KeySchema" and path:find "^globalSecondaryIndex" and GLOBAL_KEY_SCHEMA or OVERRIDES[name] or shape
  if OPAQUE[name] or rules.unless_arn and content:find("^arn:") then
    return
  end
  if RANGED[shape.type] then
    if shape.type == "string" and rules.pattern and not matches(rules.pattern, content) then
      report(errors, shape.name, content, path, "Member must satisfy regular expression pattern: " .. rules.pattern)
    end
    check_range(shape, rules, content, path, errors)
    if shape.enum then
      check_enum(shape, content, path, errors)
    end
  end
  if shape.type == "structure" then
    check_members(model, shape, content, path, errors)
  elseif shape.type == "list" then
    for place, member in ipairs(content) do
      check(model, shape.member.shape, member, path .. "." .. place .. ".member", errors)
    end
  elseif shape.type == "map" then
    check_map(model, shape, content, path, errors)
  end
end

-- Table management speaks of table names in words of its own.
local MANAGEMENT = { CreateTable = "TableName", DescribeTable = "TableName", DeleteTable = "TableName",
  UpdateTable = "TableName", ListTables = "ExclusiveStartTableName" }

local function check_table_name(operation, input)
  local member = MANAGEMENT[operation]
  local name = member and input[member]
  if member == "TableName" and name == nil then
    fault.raise("ValidationException", "The parameter 'TableName' is required but was not present in the request")
  elseif name and not name:find "^arn:" and (#name < 3 or #name > 255) then
    fault.raise("ValidationException", member .. " must be at least 3 characters long and at most 255 characters long")
  end
end

-- Raises a ValidationException unless the input is what the model says.
function constraints.check(operation, input)
  local model = models.load "dynamodb"
  local errors = { model = model }
  check_table_name(operation, input)
  check_members(model, model.shapes[model.operations[operation].input], input, "", errors)
  if #errors > 0 then
    fault.raise("ValidationException", ("%d validation error%s detected: %s")
      :format(#errors, #errors > 1 and "s" or "", table.concat(errors, "; ")))
  end
end

return constraints
