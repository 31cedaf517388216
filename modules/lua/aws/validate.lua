-- Are these parameters what the model says? Found before anything is sent, named by their path: `filters.jobIDs[3]`.
-- Patterns and enums are left to the service: it knows new values before any model does.
--
-- A check returns nothing when all is well, else what is wrong and the path below it; each level puts its own step in front,
-- so that a good call builds no text at all.

local document = require "aws.document"
local json     = require "json"
local models   = require "models"
local nearest  = require "aws.nearest"
local scalar   = require "aws.protocol.scalar"

local validate = {}

local check

local function join(step, rest)
  if not rest or rest == "" then
    return step
  elseif rest:sub(1, 1) == "[" then
    return step .. rest
  end
  return step .. "." .. rest
end
validate.join = join

-- "a string", "an empty table": what a value is, for messages.
local function article(value)
  if value == json.null then
    return "json.null"
  end
  local kind = math.type(value) or type(value)
  return (kind:find("^[aeiou]") and "an " or "a ") .. kind
end

local function must_be(what, value)
  return ("must be %s, is %s"):format(what, article(value)), ""
end

local function size(shape, count, what)
  if shape.min and count < shape.min then
    return ("has %d %s, at least %d needed"):format(count, what, shape.min), ""
  elseif shape.max and count > shape.max then
    return ("has %d %s, at most %d allowed"):format(count, what, shape.max), ""
  end
end

local function range(shape, number)
  if shape.min and number < shape.min then
    return ("is %s, at least %s needed"):format(number, shape.min), ""
  elseif shape.max and number > shape.max then
    return ("is %s, at most %s allowed"):format(number, shape.max), ""
  end
end

local checks = {}

function checks.string(_, shape, value)
  if type(value) ~= "string" then
    return must_be("a string", value)
  end
  return size(shape, utf8.len(value) or #value, "characters")
end
checks.character = checks.string

function checks.blob(_, shape, value)
  if type(value) ~= "string" then
    return must_be("a string of bytes", value)
  end
  return size(shape, #value, "bytes")
end

function checks.boolean(_, _, value)
  if type(value) ~= "boolean" then
    return must_be("a boolean", value)
  end
end

function checks.integer(_, shape, value)
  if type(value) ~= "number" or not math.tointeger(value) then
    return must_be("an integer", value)
  end
  return range(shape, value)
end
checks.long = checks.integer

function checks.double(_, shape, value)
  if type(value) ~= "number" then
    return must_be("a number", value)
  end
  return range(shape, value)
end
checks.float = checks.double

function checks.timestamp(_, _, value)
  if not scalar.seconds(value) then
    return must_be("a time (epoch seconds, or ISO 8601 text)", value)
  end
end

-- The length of a proper list, nil for anything else. An empty table is a list where the model wants one.
local function list_length(value)
  if type(value) ~= "table" then
    return nil
  end
  local count = 0
  for _ in pairs(value) do
    count = count + 1
  end
  return count == #value and count or nil
end

function checks.list(model, shape, value, options)
  local count = list_length(value)
  if not count then
    return must_be("a list", value)
  end
  local element = models.resolve(model, shape.member)
  for index = 1, count do
    local problem, path = check(model, element, value[index], options)
    if problem then
      return problem, join("[" .. index .. "]", path)
    end
  end
  return size(shape, count, "items")
end

function checks.map(model, shape, value, options)
  if type(value) ~= "table" or #value > 0 then
    return must_be("a table of names and values", value)
  end
  local count = 0
  local key_shape, value_shape = models.resolve(model, shape.key), models.resolve(model, shape.value)
  for key, element in pairs(value) do
    count = count + 1
    local key_problem = check(model, key_shape, key, options)
    if key_problem then
      return "has a key that " .. key_problem, ""
    end
    local problem, path = check(model, value_shape, element, options)
    if problem then
      return problem, join(document.step(key), path)
    end
  end
  return size(shape, count, "entries")
end

function checks.structure(model, shape, value, options)
  if type(value) ~= "table" or #value > 0 then
    return must_be("a table of names and values", value)
  end
  local count = 0
  for name, element in pairs(value) do
    count = count + 1
    local reference = shape.members[name]
    if not reference then
      return "is unknown" .. nearest.hint(tostring(name), nearest.names(shape.members)), document.step(name)
    end
    local problem, path = check(model, models.resolve(model, reference), element, options)
    if problem then
      return problem, join(name, path)
    end
  end
  for _, name in ipairs(shape.required or {}) do
    if value[name] == nil and not shape.members[name].idempotencyToken then
      return "is missing", name
    end
  end
  if shape.union and count ~= 1 then
    return ("must have exactly one member, has %d"):format(count), ""
  end
end

function check(model, shape, value, options)
  if shape.document or shape.jsonvalue and shape.location == "header" then
    return nil -- any JSON
  elseif options.document and shape.name == "AttributeValue" then
    return document.check(value)
  end
  return checks[shape.type](model, shape, value, options)
end

-- Raises a plain string that names the parameter; `level` as in error(), counted from the caller of this function.
function validate.parameters(model, operation, parameters, options, level)
  local call = model.service .. ":" .. models.snake_case(operation.name)
  if type(parameters) ~= "table" then
    error(("%s: parameters must be a table, is %s"):format(call, article(parameters)), level + 1)
  end
  local problem, path
  if operation.input then
    problem, path = checks.structure(model, model.shapes[operation.input], parameters, options)
  elseif next(parameters) ~= nil then
    problem, path = "is unknown, the operation takes none", tostring(next(parameters))
  end
  if problem then
    error(("%s: %s %s"):format(call, path == "" and "parameters" or "parameter " .. path, problem), level + 1)
  end
end

return validate
