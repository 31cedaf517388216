-- What a Map runs its processor on: the items, what ItemSelector makes of each, and for a distributed Map the batches of
-- ItemBatcher. https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
local context    = require "local_aws.states.context"
local expression = require "local_aws.states.expression"
local failure    = require "local_aws.states.failure"
local json       = require "json"
local payload    = require "local_aws.states.payload"
local template   = require "local_aws.states.template"

local map_items = {}

-- A number that stands in `field` or is found at its Path form. `kind` is "integer" or "float".
function map_items.number(fields, field, kind, environment)
  local path = fields[field .. "Path"]
  if not path then
    return fields[field]
  end
  local value = expression.at(assert(expression.parse(path)).path, environment, field .. "Path")
  if type(value) ~= "number" or kind == "integer" and math.type(value) ~= "integer" then
    failure.runtime(('The %sPath field refers to value "%s" which is not a valid %s: %s'):format(field,
      expression.shown(value), kind, path))
  elseif value < 0 and kind == "integer" then
    failure.runtime(("%s cannot be negative."):format(field))
  end
  return value
end

-- The items at ItemsPath.
function map_items.all(state, environment)
  local path = state.ItemsPath or "$"
  local found, items = expression.find(assert(expression.parse(path)).path, environment)
  if not found then
    failure.runtime(("Invalid path '%s' : %s"):format(path, items))
  elseif type(items) ~= "table" or not json.is_array(items) then
    failure.runtime(('Reference path "%s" must point to array.'):format((path:gsub("^%$%$", "$"))))
  end
  return items
end

-- What each item becomes by ItemSelector (or Parameters, its older name).
function map_items.selected(run, branch, state, items, environment)
  local selector = state.ItemSelector or state.Parameters
  if not selector then
    return items
  end
  local selected = {}
  for position, item in ipairs(items) do
    local object = context.object(run, branch, state)
    object.Map = json.object { Item = json.object { Index = position - 1, Value = item } }
    selected[position] = template.apply(selector, { input = environment.input, context = object,
      variables = environment.variables })
  end
  return selected
end

-- Cuts texts of items into batches. -> list of {first, last}
local function cut(texts, most_items, most_bytes, overhead)
  local batches, bytes = {}, 0
  for position, text in ipairs(texts) do
    local batch = batches[#batches]
    if not batch or batch.last - batch.first + 1 >= most_items or bytes + #text + 1 > most_bytes then
      batch, bytes = { first = position }, overhead
      batches[#batches + 1] = batch
    end
    batch.last, bytes = position, bytes + #text + 1
  end
  return batches
end

-- The inputs of a distributed Map's children: list of {input = JSON text, items = how many items are in it}.
function map_items.inputs(branch, state, selected, environment)
  local inputs, texts = {}, {}
  for position, item in ipairs(selected) do
    texts[position] = payload.encode(branch, item)
    inputs[position] = { input = texts[position], items = 1 }
  end
  local batcher = state.ItemBatcher
  if not batcher then
    return inputs
  end
  local frame = json.object { BatchInput = batcher.BatchInput and template.apply(batcher.BatchInput, environment),
    Items = json.array {} }
  local most_items = map_items.number(batcher, "MaxItemsPerBatch", "integer", environment) or math.huge
  local most_bytes = map_items.number(batcher, "MaxInputBytesPerBatch", "integer", environment) or payload.LIMIT
  local batches = {}
  for index, batch in ipairs(cut(texts, most_items, most_bytes, #json.encode(frame))) do
    frame.Items = json.array { table.unpack(selected, batch.first, batch.last) }
    batches[index] = { input = payload.encode(branch, frame), items = batch.last - batch.first + 1 }
  end
  return batches
end

return map_items
