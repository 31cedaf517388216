-- A folder of models for DRSH_MODEL_PATH with services that nobody has: made for one test, removed afterwards.

local config = require "config"
local json   = require "json"

local model_folder = {}

local function run(command)
  assert(os.execute(command), command)
end

-- files: {["parrot/2020-01-01/service-2.json"] = table or text}. Runs fn(path) with DRSH_MODEL_PATH set to the folder.
function model_folder.with(files, fn)
  local path = os.tmpname()
  os.remove(path)
  for name, content in pairs(files) do
    run(("mkdir -p '%s/%s'"):format(path, name:match "^(.*)/" or ""))
    local file = assert(io.open(path .. "/" .. name, "wb"))
    file:write(type(content) == "table" and json.encode(content) or content)
    file:close()
  end
  local before = config.get "DRSH_MODEL_PATH"
  config.set("DRSH_MODEL_PATH", path)
  local fine, problem = xpcall(fn, function(problem)
    return type(problem) == "string" and debug.traceback(problem, 2) or problem
  end, path)
  config.set("DRSH_MODEL_PATH", before)
  run(("rm -rf '%s'"):format(path))
  if not fine then
    error(problem, 0)
  end
end

-- {Name = "string", Other = {type = "list", ...}} -> shapes as a model has them
function model_folder.shapes(short)
  local shapes = {}
  for name, shape in pairs(short) do
    shapes[name] = type(shape) == "string" and { type = shape } or shape
  end
  return shapes
end

-- A model of one operation, "Speak". http: {method=, requestUri=}; fields of metadata, operation and shapes as given.
function model_folder.speak(metadata, operation, shapes)
  local all = { apiVersion = "2020-01-01", endpointPrefix = "parrot", serviceId = "Parrot", signatureVersion = "v4" }
  for name, value in pairs(metadata) do
    all[name] = value
  end
  operation.name = "Speak"
  return { metadata = all, operations = { Speak = operation }, shapes = model_folder.shapes(shapes) }
end

return model_folder
