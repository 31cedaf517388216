-- API models: what each AWS operation takes and gives. Facts only, as botocore publishes them (modules/aws/models/generate.py).
--
--   models.load("drs") -> model = {
--     service    = "drs",
--     metadata   = {protocol=, endpointPrefix=, signingName=, targetPrefix=, jsonVersion=, xmlNamespace=, serviceId=, ...},
--     operations = {Name = {name=, http={method=, requestUri=, responseCode=}, input="Shape", output="Shape",
--                           errors={"Shape", ...}, resultWrapper=, ...}},
--     shapes     = {Name = {name=, type=, members={name -> reference}, member=, key=, value= references, required={...}, ...}},
--     paginators = {Name = {input_token=, output_token=, limit_key=, result_key=}},
--     waiters    = {Name = {operation=, delay=, maxAttempts=, acceptors={...}}},
--     endpointRules = botocore's rules for the service's hosts, where they are not the usual ones,
--   }
-- DRSH_MODEL_PATH names a folder of more models (models/folder.lua). Where it has a service that is built in too, there is all
-- that either knows; what both know is as the folder says it, unless it lacks operations of ours: then it is the older one.
-- A reference is {shape="Name", ...traits}; models.resolve(model, reference) is the shape with the reference's traits over it.
-- Models are shared and read-only by agreement: whoever needs more keeps it beside them (models.memo).

local config   = require "config"
local embedded = require "embedded"
local failure  = require "aws.failure"
local folder   = require "models.folder"
local json     = require "json"
local nearest  = require "aws.nearest"

local models = {}

-- Other names for our services: botocore's folder, the AWS service's own name.
local ALIASES = { stepfunctions = "sfn", eventbridge = "events" }
local FOLDERS = { sfn = "stepfunctions" }

-- What we speak, by preference, of a service that speaks several protocols.
local PROTOCOLS = { "json", "rest-json", "rest-xml", "smithy-rpc-v2-cbor", "query", "ec2" }

local loaded, loaded_path = {}, nil

-- {shape="Name", ...} -> "Name"; nil stays nil (an operation without input).
local function shape_name(reference)
  return reference and reference.shape
end

-- botocore writes references where we want names: simpler for every reader.
local function normalise(service, raw)
  for name, shape in pairs(raw.shapes) do
    shape.name = name
    if shape.type == "structure" then
      shape.members = shape.members or {}
    end
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
    paginators = raw.paginators or {}, waiters = raw.waiters or {}, endpointRules = raw.endpointRules,
  }
end

-- The protocol to speak; a service says in `protocols` which ones it understands, and in `protocol` which it likes best.
local function choose_protocol(service, metadata)
  local spoken = { [metadata.protocol or ""] = true }
  for _, name in ipairs(metadata.protocols or {}) do
    spoken[name] = true
  end
  for _, name in ipairs(PROTOCOLS) do
    if spoken[name] then
      return name
    end
  end
  error(failure.new {
    code = "INVALID_MODEL", message = ("%s speaks only %s, which drsh does not"):format(service, tostring(metadata.protocol)),
    service = service, operation = "load", retryable = false,
  }, 0)
end

-- What `base` lacks and `other` has. Shapes that both have get the members of both.
local function add_missing(base, other)
  for _, section in ipairs { "operations", "shapes", "paginators", "waiters" } do
    base[section] = base[section] or {}
    for name, value in pairs(other[section] or {}) do
      local known = base[section][name]
      if not known then
        base[section][name] = value
      elseif section == "shapes" and known.members then
        for member, reference in pairs(value.members or {}) do
          known.members[member] = known.members[member] or reference
        end
      end
    end
  end
  return base
end

local function has_all_operations(model, other)
  for name in pairs(other.operations) do
    if not model.operations[name] then
      return false
    end
  end
  return true
end

-- One model of the built-in one and the folder's, either of which may be missing.
local function combined(own, more)
  if not own or not more then
    return own or more
  end
  return has_all_operations(more, own) and add_missing(more, own) or add_missing(own, more)
end

local function built_in(service)
  local text = embedded.read("modules/aws/models/" .. service .. ".json")
  return text and json.decode(text)
end

local function model_path()
  local path = config.get "DRSH_MODEL_PATH"
  return path ~= "" and path or nil
end

-- Names of the services that can be called, sorted.
function models.services()
  local set = {}
  for _, path in ipairs(embedded.paths()) do
    set[path:match "^modules/aws/models/(.*)%.json$" or false] = true
  end
  set[false] = nil
  local path = model_path()
  for _, name in ipairs(path and folder.services(path) or {}) do
    set[ALIASES[name] or name] = true
  end
  return nearest.names(set)
end

local function unknown(service, level)
  local message = nearest.message("unknown AWS service", tostring(service), models.services())
  error(model_path() and message or message .. " (DRSH_MODEL_PATH names a folder of models of other services)", level + 1)
end

local function load(service, path, level)
  local raw = combined(built_in(service), path and folder.load(path, FOLDERS[service] or service))
  if not raw then
    unknown(service, level + 1)
  end
  raw.metadata.protocol = choose_protocol(service, raw.metadata)
  return normalise(service, raw)
end

-- The model of a service, read once. Misuse (no such service) raises a plain string, a model that cannot be used an error with
-- the code INVALID_MODEL; `level` as in error().
function models.load(service, level)
  level = (level or 1) + 1
  local path = model_path()
  if path ~= loaded_path then
    loaded, loaded_path = {}, path
  end
  service = ALIASES[service] or service
  if not loaded[service or false] then
    if type(service) ~= "string" or not service:find "^[%w_-]+$" then
      unknown(service, level)
    end
    loaded[service] = load(service, path, level)
  end
  return loaded[service]
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

-- Words with capitals of their own.
local WORDS = { HITs = "Hits", iSCSI = "Iscsi", OTel = "Otel", OAuth2 = "Oauth2", WhatsApp = "Whatsapp" }

-- "DescribeJobs" -> "describe_jobs", "CreateDBCluster" -> "create_db_cluster", "UpdateTTLs" -> "update_ttls": as botocore names
-- its methods, so that what people know from Python works here.
function models.snake_case(name)
  for written, word in pairs(WORDS) do
    name = name:gsub(written, word)
  end
  name = name:gsub("(%u%u+s)$", function(plural) return "_" .. plural:lower() end)
  return (name:gsub("(.)(%u%l+)", "%1_%2"):gsub("([%l%d])(%u)", "%1_%2"):lower())
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
