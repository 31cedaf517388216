-- API models: what each AWS operation takes and gives. Facts only, as botocore publishes them (modules/aws/models/generate.py).
--
--   models.load("drs") -> model = {
--     service    = "drs",
--     metadata   = {protocol=, endpointPrefix=, signingName=, targetPrefix=, jsonVersion=, xmlNamespace=, serviceId=, ...},
--     operations = {Name = {name=, http={method=, requestUri=, responseCode=}, input="Shape", output="Shape",
--                           errors={"Shape", ...}, resultWrapper=, ...}},
--     shapes     = {Name = {name=, type=, members={name -> reference}, member=, key=, value= references, required={...}, ...}},
--     paginators = {Name = {input_token=, output_token=, limit_key=, result_key=}},
--   }
-- A reference is {shape="Name", ...traits}; models.resolve(model, reference) is the shape with the reference's traits over it.
-- Models are shared and read-only by agreement: whoever needs more keeps it beside them (models.memo).

local embedded = require "embedded"
local json     = require "json"
local nearest  = require "aws.nearest"

local models = {}

local SERVICES = { "drs", "dynamodb", "ec2", "sfn", "sts" }

local loaded = {}

-- {shape="Name", ...} -> "Name"; nil stays nil (an operation without input).
local function shape_name(reference)
  return reference and reference.shape
end

-- botocore writes references where we want names: simpler for every reader.
local function normalise(service, raw)
  for name, shape in pairs(raw.shapes) do
    shape.name = name
  end
  for name, operation in pairs(raw.operations) do
    operation.name = name
    operation.inputReference = operation.input -- restXml names the root element here
    operation.resultWrapper = operation.output and operation.output.resultWrapper
    operation.input = shape_name(operation.input)
    operation.output = shape_name(operation.output)
    local errors = {}
    for index, reference in ipairs(operation.errors or {}) do
      errors[index] = reference.shape
    end
    operation.errors = errors
  end
  return {
    service = service, metadata = raw.metadata, operations = raw.operations, shapes = raw.shapes,
    paginators = raw.paginators or {},
  }
end

-- Names of the services that are built in, sorted.
function models.services()
  return { table.unpack(SERVICES) }
end

-- The model of a service, read once. Misuse (no such service) raises a plain string; `level` as in error().
function models.load(service, level)
  local model = loaded[service]
  if model then
    return model
  end
  local text = type(service) == "string" and service:find("^[%w_-]+$") and
    embedded.read("modules/aws/models/" .. service .. ".json")
  if not text then
    error(nearest.message("unknown AWS service", tostring(service), SERVICES), (level or 1) + 1)
  end
  model = normalise(service, json.decode(text))
  loaded[service] = model
  return model
end

local resolved = setmetatable({}, { __mode = "k" })

-- The shape that a reference names, seen with the reference's own traits (locationName, timestampFormat ...) over the shape's.
function models.resolve(model, reference)
  local view = resolved[reference]
  if view then
    return view
  end
  local shape = model.shapes[reference.shape]
  if next(reference, next(reference)) == nil then
    view = shape -- nothing but the name
  else
    view = setmetatable({}, { __index = shape })
    for trait, value in pairs(reference) do
      view[trait] = value
    end
  end
  resolved[reference] = view
  return view
end

-- A cache beside the models: models.memo(compute) -> function(model, name) that computes once for each shape or operation.
function models.memo(compute)
  local by_model = setmetatable({}, { __mode = "k" })
  return function(model, name)
    local known = by_model[model]
    if not known then
      known = {}
      by_model[model] = known
    end
    local value = known[name]
    if value == nil then
      value = compute(model, name)
      known[name] = value
    end
    return value
  end
end

-- "DescribeJobs" -> "describe_jobs", "CreateDBCluster" -> "create_db_cluster", "UpdateTTLs" -> "update_ttls".
function models.snake_case(name)
  local text = name:gsub("([a-z0-9])([A-Z])", "%1_%2"):gsub("([A-Z]+)([A-Z][a-z][a-z])", "%1_%2")
  return (text:gsub("__+", "_"):lower())
end

-- snake_case -> operation's name, for all operations of a model.
local methods = models.memo(function(model)
  local names = {}
  for name in pairs(model.operations) do
    names[models.snake_case(name)] = name
  end
  return names
end)

function models.methods(model)
  return methods(model, "methods")
end

return models
