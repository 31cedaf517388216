-- Page after page, by the model's paginator. A page may be empty and still have a successor; a token that comes again ends the
-- walk, since it would never end else.

local models = require "models"

local paginate = {}

local function list_of(value)
  return type(value) == "table" and value or { value }
end

-- "Reservations", "Table.Items" or "A || B": the member that a path names.
local function member_at(output, path)
  for choice in path:gmatch("[^|]+") do
    local value = output
    for step in choice:gmatch("[%w_]+") do
      value = type(value) == "table" and value[step] or nil
    end
    if value ~= nil then
      return value
    end
  end
end

-- Tokens may be tables (DynamoDB's LastEvaluatedKey): compared by content.
local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then
    return a == b
  end
  for key, value in pairs(a) do
    if not same(value, b[key]) then
      return false
    end
  end
  for key in pairs(b) do
    if a[key] == nil then
      return false
    end
  end
  return true
end

local function absent(token)
  return token == nil or token == "" or type(token) == "table" and next(token) == nil
end

-- The tokens of the next page {parameter = token}, nil at the end.
local function next_tokens(paginator, output)
  local more = paginator.more_results
  if more and not member_at(output, more) then
    return nil
  end
  local tokens, any = {}, false
  local inputs, outputs = list_of(paginator.input_token), list_of(paginator.output_token)
  for index, parameter in ipairs(inputs) do
    local token = member_at(output, outputs[index])
    if not absent(token) then
      tokens[parameter], any = token, true
    end
  end
  return any and tokens or nil
end

local function paginator_of(model, operation, level)
  local paginator = model.paginators[operation.name]
  if not paginator then
    error(("%s:%s has no pages"):format(model.service, models.snake_case(operation.name)), level + 1)
  end
  return paginator
end

-- Iterator over pages. call(parameters) makes one call.
function paginate.pages(model, operation, parameters, call, level)
  local paginator = paginator_of(model, operation, level + 1)
  local following, ended = {}, false
  return function()
    if ended then
      return nil
    end
    local input = {}
    for name, value in pairs(parameters or {}) do
      input[name] = value
    end
    for name, value in pairs(following) do
      input[name] = value
    end
    local output = call(input)
    local tokens = next_tokens(paginator, output)
    ended = tokens == nil or same(tokens, following)
    following = tokens
    return output
  end
end

-- Iterator over the items of all pages: what the paginator's result_key names.
function paginate.items(model, operation, parameters, call, level)
  local key = list_of(paginator_of(model, operation, level + 1).result_key)[1]
  if not key then
    error(("%s:%s has no items, use pages"):format(model.service, models.snake_case(operation.name)), level + 1)
  end
  local next_page = paginate.pages(model, operation, parameters, call, level + 1)
  local items, index = {}, 0
  return function()
    index = index + 1
    while items[index] == nil do
      local page = next_page()
      if not page then
        return nil
      end
      items, index = member_at(page, key) or {}, 1
    end
    return items[index]
  end
end

return paginate
