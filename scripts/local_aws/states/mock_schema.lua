-- Does a mocked result look like what the service answers? Checked against the service's model, where we have it. STRICT wants
-- every required member, PRESENT only looks at those that are there, NONE at nothing.
local document = require "local_aws.states.document"
local json     = require "json"
local models   = require "models"
local sdk      = require "local_aws.states.sdk"

local mock_schema = {}

local function is_table(value, wants_array)
  return type(value) == "table" and value ~= json.null and json.is_array(value) == wants_array
end

local function is(name)
  return function(value) return type(value) == name end
end

-- type of a shape -> how it is told, and what AWS calls it
local KINDS = {
  structure = { function(value) return is_table(value, false) end, "an object" },
  map = { function(value) return is_table(value, false) end, "an object" },
  list = { function(value) return is_table(value, true) end, "an array" },
  string = { is "string", "a string" },
  timestamp = { is "string", "a string" },
  blob = { is "string", "a string" },
  boolean = { is "boolean", "a boolean" },
}
for _, name in ipairs { "integer", "long", "float", "double" } do
  KINDS[name] = { is "number", "a number" }
end

local function out_of_bounds(shape, value, field)
  if type(value) == "number" then
    if shape.min and value < shape.min then
      return ("Field '%s' is less than the minimum value"):format(field)
    elseif shape.max and value > shape.max then
      return ("Field '%s' exceeds the maximum value"):format(field)
    end
    return nil
  end
  local length = shape.type == "blob" and #value or utf8.len(value) or #value
  if shape.min and length < shape.min then
    return ("Field '%s' is smaller than the minimum length"):format(field)
  elseif shape.max and length > shape.max then
    return ("Field '%s' exceeds the maximum length"):format(field)
  end
end

local problem_of

local function of_structure(model, shape, value, mode)
  local names = sdk.member_names(model, shape.name)
  for _, required in ipairs(mode == "STRICT" and shape.required or {}) do
    local shown = sdk.pascal(required)
    if value[shown] == nil then
      return ("Required field '%s' is missing"):format(shown)
    end
  end
  for key, child in pairs(value) do
    local found = names[key] and problem_of(model, shape.members[names[key]], child, key, mode)
    if found then
      return found
    end
  end
end

function problem_of(model, reference, value, field, mode)
  local shape = models.resolve(model, reference)
  local kind = KINDS[shape.type]
  if not kind or shape.document then
    return nil
  elseif not kind[1](value) then
    return ("Field '%s' must be %s"):format(field, kind[2])
  elseif shape.type == "structure" then
    return of_structure(model, shape, value, mode)
  elseif shape.type == "list" or shape.type == "map" then
    for _, child in pairs(value) do
      local found = problem_of(model, shape.member or shape.value, child, field, mode)
      if found then
        return found
      end
    end
  elseif shape.enum then
    for _, allowed in ipairs(shape.enum) do
      if allowed == value then
        return nil
      end
    end
    return ("Field '%s' is not an expected value"):format(field)
  elseif type(value) ~= "boolean" then
    return out_of_bounds(shape, value, field)
  end
end

-- What is wrong with `result` as the answer of what `parsed` (resource.lua) names; nil when nothing is.
function mock_schema.problem(parsed, result, mode)
  if mode == "NONE" or parsed.kind ~= "service" or parsed.pattern then
    return nil
  end
  local model, described = sdk.operation(parsed)
  if not described or not described.output then
    return nil
  end
  if parsed.service == "lambda" and not parsed.sdk and is_table(result, false) then
    result = document.copy(result)
    result.Payload = nil -- the optimised form gives what the function gave, whatever it is
  end
  return problem_of(model, { shape = described.output }, result, "result", mode)
end

return mock_schema
