-- Page after page, by the model's paginator. A page may be empty and still have a successor; a token that comes again ends the
-- walk, since it would never end else.
--
-- The next page is fetched while the script works on this one: in a task of its own, which first runs when the script waits for
-- something. So a loop that never waits, or that is left before it does, makes no call that it did not ask for; one page ahead
-- is the most. A page that could not be fetched raises when the script asks for it. Leaving the loop cancels the fetching.

local jmespath = require "aws.jmespath"
local models   = require "models"
local reading  = require "aws.reading"
local task     = require "task"

local paginate = {}

local function list_of(value)
  return type(value) == "table" and value or { value }
end

local compiled = {}

-- "Reservations", "Table.Items", "NextMarker || Contents[-1].Key": what a paginator's path names.
local function member_at(output, path)
  compiled[path] = compiled[path] or jmespath.compile(path)
  return compiled[path](output)
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

-- Does the walk go in circles? Compares with the token before and with a landmark that moves at powers of two: every circle is
-- found, whatever its length, and two tokens are all that is remembered.
local function comes_again(walk, tokens)
  local again = same(tokens, walk.following) or walk.landmark ~= nil and same(tokens, walk.landmark)
  walk.count = walk.count + 1
  if walk.count >= walk.next_landmark then
    walk.landmark, walk.next_landmark = tokens, walk.next_landmark * 2
  end
  return again
end

local function input_of(walk)
  local input = {}
  for name, value in pairs(walk.parameters) do
    input[name] = value
  end
  for name, value in pairs(walk.following) do
    input[name] = value
  end
  return input
end

-- The page that was fetched ahead, or one that is fetched now.
local function fetch(walk)
  local ahead = walk.ahead
  walk.ahead = nil
  if ahead then
    local status, result = ahead:outcome()
    if status == "ok" then
      return result
    elseif status ~= "cancelled" then -- cancelled: with the task that asked first; this one goes on
      error(result, 0)
    end
  end
  return walk.call(input_of(walk))
end

local closing = {}

function closing.__close(closer)
  local walk = closer.walk
  walk.ended = true
  if walk.ahead then
    walk.ahead:cancel()
    walk.ahead = nil
  end
end

-- Iterator over pages, for a generic `for` (its fourth value ends the walk when the loop is left). call(parameters) makes one
-- call.
function paginate.pages(model, operation, parameters, call, level)
  local paginator = paginator_of(model, operation, level + 1)
  local may_run_ahead = reading.only(operation)
  local walk = { call = call, parameters = parameters or {}, following = {}, ended = false, count = 0, next_landmark = 2 }
  local function next_page()
    if walk.ended then
      return nil
    end
    local output = fetch(walk)
    local tokens = next_tokens(paginator, output)
    walk.ended = tokens == nil or comes_again(walk, tokens)
    walk.following = tokens
    if may_run_ahead and not walk.ended then
      walk.ahead = task.spawn(call, input_of(walk)):observe()
    end
    return output
  end
  return next_page, nil, nil, setmetatable({ walk = walk }, closing)
end

-- Iterator over the items of all pages: what the paginator's result_key names.
function paginate.items(model, operation, parameters, call, level)
  local key = list_of(paginator_of(model, operation, level + 1).result_key)[1]
  if not key then
    error(("%s:%s has no items, use pages"):format(model.service, models.snake_case(operation.name)), level + 1)
  end
  local next_page, _, _, closer = paginate.pages(model, operation, parameters, call, level + 1)
  local items, index = {}, 0
  local function next_item()
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
  return next_item, nil, nil, closer
end

-- All items of all pages, in one list.
function paginate.all(model, operation, parameters, call)
  local found = {}
  for item in paginate.items(model, operation, parameters, call, 1) do
    found[#found + 1] = item
  end
  return found
end

return paginate
