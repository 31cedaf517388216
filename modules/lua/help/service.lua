-- Help for a service and its operations, from the API model.

local actions = require "aws.actions"
local models  = require "models"
local nearest = require "aws.nearest"
local reading = require "aws.reading"
local shapes  = require "help.shapes"
local waiters = require "aws.waiters"

local service = {}

local function is_service(name)
  for _, known in ipairs(models.services()) do
    if known == name then
      return true
    end
  end
  return false
end

local function columns(names)
  local lines, line = {}, " "
  for _, name in ipairs(names) do
    if #line + #name + 2 > 100 and line ~= " " then
      lines[#lines + 1] = line
      line = " "
    end
    line = line .. " " .. name
  end
  lines[#lines + 1] = line ~= " " and line or nil
  return table.concat(lines, "\n")
end

function service.overview(name)
  local model = models.load(name)
  local lines = {
    ("%s: %s, API of %s"):format(name, model.metadata.serviceFullName or name, model.metadata.apiVersion or "unknown date"),
    "operations; help(\"" .. name .. ".OPERATION\") tells of one:",
    columns(nearest.names(models.methods(model))),
  }
  local known = waiters.names(model)
  if #known > 0 then
    lines[#lines + 1] = ("waiters, client:wait(\"NAME\", parameters):\n%s"):format(columns(known))
  end
  return table.concat(lines, "\n")
end

local function paging(model, operation, method)
  local paginator = model.paginators[operation.name]
  if not paginator then
    return nil
  end
  local key = type(paginator.result_key) == "table" and paginator.result_key[1] or paginator.result_key
  local items = key and (", client:items(%q, ...) for each of %s"):format(method, key) or ""
  return ("pages: client:pages(%q, ...)%s"):format(method, items)
end

local function waited_with(model, operation)
  local names = {}
  for _, name in ipairs(waiters.names(model)) do
    if waiters.find(model, name).operation == operation.name then
      names[#names + 1] = name
    end
  end
  return #names > 0 and "waiters: " .. table.concat(names, ", ") or nil
end

local function section(lines, title, body)
  lines[#lines + 1] = #body > 0 and title .. "\n" .. table.concat(body, "\n") or nil
end

function service.operation(name, method)
  local model = models.load(name)
  local operation = model.operations[models.methods(model)[method]]
  local output = operation.output and model.shapes[operation.output]
  local result = operation.output and " -> " .. operation.output or ""
  local lines = {
    ("%s:%s(%s, options?)%s"):format(name, method, operation.input and "parameters" or "nil", result),
    ("IAM action %s; %s"):format(actions.name(model, operation.name),
      reading.only(operation) and "reads only" or "changes something"),
  }
  section(lines, "parameters (* required):", shapes.lines(model, operation.input, 3))
  section(lines, "result:", output and shapes.lines(model, operation.output, 2, true) or {})
  lines[#lines + 1] = #operation.errors > 0 and "errors: " .. table.concat(operation.errors, ", ") or nil
  lines[#lines + 1] = paging(model, operation, method)
  lines[#lines + 1] = waited_with(model, operation)
  return table.concat(lines, "\n")
end

function service.shape(name, shape_name)
  local model = models.load(name)
  local reference = { shape = shape_name }
  local shape = model.shapes[shape_name]
  if shape.type ~= "structure" then
    return ("%s.%s: %s"):format(name, shape_name, shapes.type_text(model, reference))
  end
  return ("%s.%s: table\n%s"):format(name, shape_name, table.concat(shapes.lines(model, shape_name, 2), "\n"))
end

-- "drs", "drs.start_recovery", "drs.StartRecovery", "drs.Job" -> the text; nil when the path begins with no service.
-- A wrong rest raises a string with the nearest right name.
function service.text(path)
  local name, rest = path:match "^([%w_-]+)[.:]?(.*)$"
  if not name or not is_service(name) then
    return nil
  elseif rest == "" then
    return service.overview(name)
  end
  local model = models.load(name)
  local methods = models.methods(model)
  if methods[rest] then
    return service.operation(name, rest)
  elseif model.operations[rest] then
    return service.operation(name, models.snake_case(rest))
  elseif model.shapes[rest] then
    return service.shape(name, rest)
  end
  error(nearest.message(name .. " has no operation or shape", rest, nearest.names(methods)), 0)
end

return service
