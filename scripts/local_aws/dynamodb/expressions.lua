-- The expression parameters of a request: which may stand together, placeholders, and each expression ready to be evaluated.

local fault   = require "local_aws.fault"
local parser  = require "local_aws.dynamodb.parser"
local resolve = require "local_aws.dynamodb.resolve"
local value   = require "local_aws.dynamodb.value"

local expressions = {}

local LONGEST = 4096
local KINDS = {
  UpdateExpression = { parse = parser.update, resolve = resolve.update },
  ConditionExpression = { parse = parser.condition, resolve = resolve.condition },
  KeyConditionExpression = { parse = parser.condition, resolve = resolve.condition },
  FilterExpression = { parse = parser.condition, resolve = resolve.condition },
  ProjectionExpression = { parse = parser.projection, resolve = resolve.projection },
}
local ORDER = { "UpdateExpression", "ConditionExpression", "KeyConditionExpression", "FilterExpression",
  "ProjectionExpression" }

local function refuse(message)
  fault.raise("ValidationException", message)
end

local function given(input, names)
  local list = {}
  for _, name in ipairs(names) do
    if input[name] ~= nil then
      list[#list + 1] = name
    end
  end
  return list
end

-- Refuses what may not be mixed. `modern` and `legacy` are the operation's parameters of the two kinds.
function expressions.check_parameters(input, modern, legacy)
  local used, mixed = given(input, modern), given(input, legacy)
  if #used > 0 and #mixed > 0 then
    refuse(("Can not use both expression and non-expression parameters in the same request: "
      .. "Non-expression parameters: {%s} Expression parameters: {%s}")
      :format(table.concat(mixed, ", "), table.concat(used, ", ")))
  end
  if input.ExpressionAttributeNames and #used == 0 then
    refuse "ExpressionAttributeNames can only be specified when using expressions"
  end
  local takes_values = {}
  for _, name in ipairs(modern) do
    if name ~= "ProjectionExpression" then
      takes_values[#takes_values + 1] = name
    end
  end
  if #takes_values > 0 and input.ExpressionAttributeValues and #given(input, takes_values) == 0 then
    refuse(("ExpressionAttributeValues can only be specified when using expressions: %s %s null")
      :format(table.concat(takes_values, " and "), #takes_values > 1 and "are" or "is"))
  end
end

local function sorted_keys(map)
  local list = {}
  for key in pairs(map) do
    list[#list + 1] = key
  end
  table.sort(list)
  return list
end

local function checked_names(names)
  if not names then
    return {}
  elseif next(names) == nil then
    refuse "ExpressionAttributeNames must not be empty"
  end
  for _, key in ipairs(sorted_keys(names)) do
    if not key:find "^#[%w_]+$" then
      refuse(('ExpressionAttributeNames contains invalid key: Syntax error; key: "%s"'):format(key))
    elseif names[key] == "" then
      refuse("ExpressionAttributeNames contains invalid value: Empty attribute name for key " .. key)
    end
  end
  return names
end

local function checked_values(values)
  if not values then
    return {}
  elseif next(values) == nil then
    refuse "ExpressionAttributeValues must not be empty"
  end
  local checked, keys = {}, sorted_keys(values)
  for _, key in ipairs(keys) do
    if not key:find "^:[%w_]+$" then
      refuse(('ExpressionAttributeValues contains invalid key: Syntax error; key: "%s"'):format(key))
    end
  end
  for _, key in ipairs(keys) do
    local normal, problem = value.normalise(values[key])
    if not normal then
      refuse(("ExpressionAttributeValues contains invalid value: %s for key %s"):format(problem, key))
    end
    checked[key] = normal
  end
  return checked
end

local function compile(kind, text, context)
  local function run()
    if text == "" then
      error({ problem = "The expression can not be empty;" }, 0)
    elseif #text > LONGEST then
      error({ problem = "Expression size has exceeded the maximum allowed size; expression size: " .. #text }, 0)
    end
    return KINDS[kind].resolve(KINDS[kind].parse(text), context)
  end
  local ok, result = pcall(run)
  if ok then
    return result
  elseif type(result) ~= "table" or not result.problem then
    error(result, 0)
  end
  return refuse(("Invalid %s: %s"):format(kind, result.problem))
end

local function check_unused(placeholders, used, member)
  local unused = {}
  for _, key in ipairs(sorted_keys(placeholders)) do
    if not used[key] then
      unused[#unused + 1] = key
    end
  end
  if #unused > 0 then
    refuse(("Value provided in %s unused in expressions: keys: {%s}"):format(member, table.concat(unused, ", ")))
  end
end

-- Compiles whatever expressions the input has -> {UpdateExpression = actions, ConditionExpression = tree, ...}.
function expressions.compile(input)
  local context = {
    names = checked_names(input.ExpressionAttributeNames),
    values = checked_values(input.ExpressionAttributeValues),
    used = {},
  }
  local compiled = {}
  for _, kind in ipairs(ORDER) do
    if input[kind] then
      compiled[kind] = compile(kind, input[kind], context)
    end
  end
  check_unused(context.names, context.used, "ExpressionAttributeNames")
  check_unused(context.values, context.used, "ExpressionAttributeValues")
  return compiled
end

return expressions
