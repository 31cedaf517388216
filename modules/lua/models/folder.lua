-- Models in a folder as botocore has it, which DRSH_MODEL_PATH names:
--   SERVICE/VERSION/service-2.json, paginators-1.json, waiters-2.json, endpoint-rule-set-1.json (each plain or .gz, and with
--   what SERVICE/VERSION/*.sdk-extras.json adds); the newest version counts.

local failure = require "aws.failure"
local folder  = require "folder"
local json    = require "json"

local model_folder = {}

local function broken(service, path, why)
  error(failure.new {
    code = "INVALID_MODEL", message = ("the model in DRSH_MODEL_PATH cannot be used: %s: %s"):format(path, why),
    service = service, operation = "load", retryable = false,
  }, 0)
end

local function names_in(path)
  local listed, names = pcall(folder.list, path)
  if listed then
    return names
  elseif names.code == "FILE_MISSING" then
    return nil
  end
  error(names, 0)
end

-- The file's text, plain or packed; nil if there is none of both.
local function text_of(path)
  for _, ending in ipairs { "", ".gz" } do
    local read, text = pcall(folder.read, path .. ending)
    if read then
      return text
    elseif text.code ~= "FILE_MISSING" then
      error(text, 0)
    end
  end
end

local function read(service, path)
  local found, text = pcall(text_of, path)
  if not found then
    broken(service, path, text.message)
  elseif not text then
    return nil
  end
  local decoded, value = pcall(json.decode, text)
  if not decoded then
    broken(service, path, value.message .. (value.line and (" (line %d, column %d)"):format(value.line, value.column) or ""))
  elseif type(value) ~= "table" or json.is_array(value) then
    broken(service, path, "it is no JSON object")
  end
  return value
end

-- Puts what `extra` has into `base`, tables into tables.
local function merge(base, extra)
  for key, value in pairs(extra) do
    if type(value) == "table" and type(base[key]) == "table" and not json.is_array(value) then
      merge(base[key], value)
    else
      base[key] = value
    end
  end
  return base
end

local function with_extras(service, path, name)
  local value = read(service, ("%s/%s.json"):format(path, name))
  local extras = read(service, ("%s/%s.sdk-extras.json"):format(path, name))
  return extras and type(extras.merge) == "table" and merge(value or {}, extras.merge) or value
end

-- Is there a model of that version; of what version is the newest one?
local function has_model(path)
  for _, name in ipairs(names_in(path) or {}) do
    if name == "service-2.json" or name == "service-2.json.gz" then
      return true
    end
  end
  return false
end

local function newest(path)
  local versions = names_in(path) or {}
  for index = #versions, 1, -1 do
    if has_model(path .. "/" .. versions[index]) then
      return path .. "/" .. versions[index]
    end
  end
end

local function check(service, path, model)
  for _, section in ipairs { "metadata", "operations", "shapes" } do
    if type(model[section]) ~= "table" then
      broken(service, path, ("it has no %s"):format(section))
    end
  end
  local function checked(reference, owner)
    if type(reference) ~= "table" or not model.shapes[reference.shape] then
      broken(service, path, ("%s refers to a shape that is not there"):format(owner))
    end
  end
  for name, shape in pairs(model.shapes) do
    for _, reference in pairs(shape.members or {}) do
      checked(reference, "the shape " .. name)
    end
    for _, part in ipairs { "member", "key", "value" } do
      if shape[part] then
        checked(shape[part], "the shape " .. name)
      end
    end
  end
  for name, operation in pairs(model.operations) do
    operation.http = operation.http or { method = "POST", requestUri = "/" }
    local references = table.move(operation.errors or {}, 1, #(operation.errors or {}), 1, {})
    table.insert(references, operation.input)
    table.insert(references, operation.output)
    for _, reference in ipairs(references) do
      checked(reference, "the operation " .. name)
    end
  end
end

-- Names of the services in the folder, sorted. Raises INVALID_MODEL if the folder itself cannot be read.
function model_folder.services(root)
  local listed, names = pcall(names_in, root)
  if not listed or not names then
    broken("models", root, listed and "there is no such folder" or names.message)
  end
  local services = {}
  for _, name in ipairs(names) do
    if newest(root .. "/" .. name) then
      services[#services + 1] = name
    end
  end
  return services
end

-- The model of a service as botocore writes it: {metadata=, operations=, shapes=, paginators=, waiters=, endpointRules=};
-- nil if the folder has no such service. Raises INVALID_MODEL with the file's name.
function model_folder.load(root, service)
  if not names_in(root) then
    broken(service, root, "there is no such folder")
  end
  local path = newest(root .. "/" .. service)
  if not path then
    return nil
  end
  local model = with_extras(service, path, "service-2")
  check(service, path .. "/service-2.json", model)
  local pages, waiters = with_extras(service, path, "paginators-1"), read(service, path .. "/waiters-2.json")
  model.paginators = pages and pages.pagination
  model.waiters = waiters and waiters.waiters
  model.endpointRules = read(service, path .. "/endpoint-rule-set-1.json")
  return model
end

return model_folder
