-- LuaCATS stubs (luals.github.io/wiki/annotations): what lua-language-server needs to complete and check scripts. One file a
-- module, one a service, from the list in api.lua and the API models.

local actions = require "aws.actions"
local api     = require "api"
local models  = require "models"
local nearest = require "aws.nearest"
local shapes  = require "help.shapes"
local waiters = require "aws.waiters"

local stubs = {}

local SCALARS = {
  string = "string", character = "string", boolean = "boolean", integer = "integer", long = "integer", float = "number",
  double = "number", timestamp = "number", blob = "string", bigdecimal = "number",
}

local function quoted(values)
  local texts = {}
  for index, value in ipairs(values) do
    texts[index] = ("%q"):format(value)
  end
  return texts
end

-- --- modules ---

local function results_of(results, lines)
  for _, result in ipairs(results) do
    local several = result:match "^(.+) %.%.%.$"
    lines[#lines + 1] = "---@return " .. (several or result) .. (several and " ..." or "")
  end
end

local function function_lines(entry, prefix, lines)
  lines[#lines + 1] = "---" .. entry.summary .. (entry.raises and "  " or "")
  lines[#lines + 1] = entry.raises and "---Raises " .. entry.raises or nil
  local names = {}
  for _, parameter in ipairs(entry.parameters) do
    lines[#lines + 1] = ("---@param %s%s %s%s"):format(parameter.name, parameter.optional and "?" or "", parameter.type,
      parameter.note and " " .. parameter.note or "")
    names[#names + 1] = parameter.name
  end
  results_of(entry.results, lines)
  lines[#lines + 1] = ("function %s%s(%s) end\n"):format(prefix, entry.name, table.concat(names, ", "))
end

local function class_lines(class, lines)
  lines[#lines + 1] = "---" .. class.summary
  lines[#lines + 1] = "---@class " .. class.name
  for _, field in ipairs(class.fields) do
    lines[#lines + 1] = ("---@field %s%s %s%s"):format(field.name, field.optional and "?" or "", field.type,
      field.note and " " .. field.note or "")
  end
  if #class.methods > 0 then
    local variable = class.name:gsub("%.", "_")
    lines[#lines + 1] = ("local %s = {}\n"):format(variable)
    for _, method in ipairs(class.methods) do
      function_lines(method, variable .. ":", lines)
    end
  else
    lines[#lines + 1] = ""
  end
end

-- The text of the stub of a described module.
function stubs.module(name)
  local module = api.module(name)
  local lines = { "---@meta " .. name, "" }
  for _, class in ipairs(nearest.names(module.classes)) do
    class_lines(module.classes[class], lines)
  end
  lines[#lines + 1] = "---" .. module.summary
  lines[#lines + 1] = ("---@class %s.module%s"):format(name, module.class and ": " .. module.class or "")
  for _, value in ipairs(module.values) do
    lines[#lines + 1] = ("---@field %s %s %s"):format(value.name, value.type, value.summary)
  end
  lines[#lines + 1] = ("local %s = {}\n"):format(name)
  for _, entry in ipairs(module.functions) do
    if name == "aws" and entry.name == "client" then
      for _, service in ipairs(models.services()) do
        lines[#lines + 1] = ("---@overload fun(service: %q, options?: aws.options): aws.%s"):format(service, service)
      end
    end
    function_lines(entry, name .. ".", lines)
  end
  lines[#lines + 1] = "return " .. name
  return table.concat(lines, "\n") .. "\n"
end

-- --- services ---

local function type_of(model, reference)
  local shape = models.resolve(model, reference)
  if shape.type == "list" then
    local of = type_of(model, shape.member)
    return (of:find "|" and "(" .. of .. ")" or of) .. "[]"
  elseif shape.type == "map" then
    return ("table<string, %s>"):format(type_of(model, shape.value))
  elseif shape.type == "structure" then
    return (shape.document or reference.shape == "AttributeValue") and "any" or model.service .. "." .. reference.shape
  elseif shape.enum and shape.type == "string" then
    return table.concat(quoted(shape.enum), "|")
  end
  return SCALARS[shape.type] or "any"
end

local function shape_lines(model, name, lines)
  local shape = model.shapes[name]
  lines[#lines + 1] = ("---@class %s.%s"):format(model.service, name)
  local names, required = shapes.members(shape)
  for _, member in ipairs(names) do
    local bare = member:find "^[%a_][%w_]*$" and member or ("[%q]"):format(member)
    local kind = type_of(model, shape.members[member])
    lines[#lines + 1] = ("---@field %s%s %s"):format(bare, required[member] and "" or "?", kind)
  end
  lines[#lines + 1] = ""
end

local function operation_lines(model, method, operation, lines)
  lines[#lines + 1] = "---IAM action " .. actions.name(model, operation.name) .. "  "
  lines[#lines + 1] = #operation.errors > 0 and "---Raises " .. table.concat(operation.errors, ", ") or nil
  lines[#lines + 1] = operation.input and ("---@param parameters %s.%s"):format(model.service, operation.input)
    or "---@param parameters? {}"
  lines[#lines + 1] = "---@param options? aws.call_options"
  lines[#lines + 1] = operation.output and ("---@return %s.%s"):format(model.service, operation.output) or nil
  lines[#lines + 1] = ("function client:%s(parameters, options) end\n"):format(method)
end

-- The text of the stub of a service: a class for each structure, and one for the client.
function stubs.service(name)
  local model = models.load(name)
  local lines = { "---@meta", "" }
  for _, shape in ipairs(nearest.names(model.shapes)) do
    if model.shapes[shape].type == "structure" then
      shape_lines(model, shape, lines)
    end
  end
  local paged, waited = {}, waiters.names(model)
  local methods = models.methods(model)
  for _, method in ipairs(nearest.names(methods)) do
    paged[#paged + 1] = model.paginators[methods[method]] and method or nil
  end
  lines[#lines + 1] = ("---@alias aws.%s.paged %s"):format(name, #paged > 0 and table.concat(quoted(paged), "|") or "string")
  waited = quoted(waited)
  waited[#waited + 1] = "string" -- or an operation, with until_
  lines[#lines + 1] = ("---@alias aws.%s.waiter %s\n"):format(name, table.concat(waited, "|"))
  lines[#lines + 1] = ("---@class aws.%s: aws.client\nlocal client = {}\n"):format(name)
  for _, method in ipairs(nearest.names(methods)) do
    operation_lines(model, method, model.operations[methods[method]], lines)
  end
  for _, walk in ipairs { "pages", "items" } do
    lines[#lines + 1] = ("---@param operation aws.%s.paged\n---@param parameters? table\n---@return fun(): any"):format(name)
    lines[#lines + 1] = ("function client:%s(operation, parameters) end\n"):format(walk)
  end
  lines[#lines + 1] = ("---@param name aws.%s.waiter"):format(name)
  lines[#lines + 1] = "---@param parameters? table\n---@param options? aws.wait_options"
  lines[#lines + 1] = "---@return any, table\nfunction client:wait(name, parameters, options) end\n"
  return table.concat(lines, "\n")
end

-- {{path, text}, ...} of all stubs.
function stubs.files()
  local files = {}
  for _, name in ipairs(api.modules()) do
    files[#files + 1] = { name .. ".lua", stubs.module(name) }
  end
  for _, name in ipairs(models.services()) do
    files[#files + 1] = { "services/" .. name .. ".lua", stubs.service(name) }
  end
  return files
end

return stubs
