-- Help on anything that scripts can call, from the one list (api.lua) and the API models.
--
--   help.text()                       what there is
--   help.text "task", "task.map", "aws.client:wait", "drs", "drs.start_recovery", "drs.Job"
--   help.text(json), help.text(json.decode), help.text(aws.client "drs")

local api     = require "api"
local models  = require "models"
local nearest = require "aws.nearest"
local service = require "help.service"

local help = {}

local function padded(text, width)
  return text .. (" "):rep(math.max(width - #text, 1))
end

local function overview()
  local lines = { "modules; help(\"NAME\") tells of one:" }
  for _, name in ipairs(api.modules()) do
    lines[#lines + 1] = "  " .. padded(name, 13) .. api.module(name).summary
  end
  lines[#lines + 1] = "AWS services; help(\"drs\") lists the operations, help(\"drs.start_recovery\") tells of one:"
  lines[#lines + 1] = "  " .. table.concat(models.services(), " ")
  lines[#lines + 1] = "for example:\n  aws.client(\"drs\"):describe_source_servers{}.items"
  return table.concat(lines, "\n")
end

local function fields_text(fields, indent)
  local lines = {}
  for _, field in ipairs(fields) do
    lines[#lines + 1] = indent .. padded(field.name .. (field.optional and "?" or ""), 18) .. padded(field.type, 16)
      .. (field.note and "  " .. field.note or "")
  end
  for index, line in ipairs(lines) do
    lines[index] = line:match "^(.-)%s*$"
  end
  return lines
end

local function append(lines, more)
  table.move(more, 1, #more, #lines + 1, lines)
end

-- The class that a type names: "http.request", "aws.found[]".
local function class_of(type_name)
  local owner = api.module(type_name:match "^([%w_]+)%." or "")
  return owner and owner.classes[type_name:match "^[%w_.]+"]
end

local function class_lines(class)
  local lines = { ("%s: %s"):format(class.name, class.summary) }
  append(lines, fields_text(class.fields, "    "))
  for _, method in ipairs(class.methods) do
    lines[#lines + 1] = ("    :%s"):format(method.signature)
    lines[#lines + 1] = "        " .. method.summary
  end
  return lines
end

local function function_text(entry, path)
  local lines = { path:gsub("[%w_]+$", "") .. entry.signature, "  " .. entry.summary }
  local noted = {}
  for _, parameter in ipairs(entry.parameters) do
    noted[#noted + 1] = parameter.note and ("  %s: %s"):format(parameter.name, parameter.note)
  end
  append(lines, noted)
  lines[#lines + 1] = entry.raises and "  raises " .. entry.raises or nil
  lines[#lines + 1] = entry.trusted and "  not for endpoints and policies" or nil
  for _, parameter in ipairs(entry.parameters) do
    local class = class_of(parameter.type)
    append(lines, class and class_lines(class) or {})
  end
  local result = class_of(entry.results[1] or "")
  append(lines, result and class_lines(result) or {})
  return table.concat(lines, "\n")
end

local function module_text(module)
  local lines = { ("%s: %s"):format(module.name, module.summary) }
  for _, entry in ipairs(module.functions) do
    lines[#lines + 1] = ("  %s.%s"):format(module.name, entry.signature)
    lines[#lines + 1] = "      " .. entry.summary
  end
  for _, value in ipairs(module.values) do
    lines[#lines + 1] = ("  %s.%s: %s"):format(module.name, value.name, value.type)
    lines[#lines + 1] = "      " .. value.summary
  end
  for _, name in ipairs(nearest.names(module.classes)) do
    append(lines, class_lines(module.classes[name]))
  end
  lines[#lines + 1] = module.source and "source: " .. module.source or nil
  return table.concat(lines, "\n")
end

local function entry_text(entry, path)
  if entry.kind == "module" then
    return module_text(entry)
  elseif entry.kind == "function" then
    return function_text(entry, path)
  elseif entry.kind == "class" then
    return table.concat(class_lines(entry), "\n")
  end
  return ("%s: %s\n  %s"):format(path, entry.type, entry.summary)
end

local function every_name()
  local names = models.services()
  for _, name in ipairs(api.modules()) do
    names[#names + 1] = name
    for member in pairs(api.members(api.module(name))) do
      names[#names + 1] = name .. "." .. member
    end
  end
  return names
end

-- Misuse (a topic that there is not) raises a string with the nearest right one.
local function of_path(path)
  local entry = api.find(path)
  if entry then
    local operations = entry.kind == "module" and service.text(path) -- dynamodb is a module and a service
    return entry_text(entry, path) .. (operations and "\n" .. operations or "")
  end
  return service.text(path) or error(nearest.message("there is no help on", path, every_name()), 0)
end

local function of_value(value)
  local described = api.of_value(value)
  if described then
    return entry_text(described, described.module and described.module .. "." .. described.name or described.name)
  end
  local name = getmetatable(value) == "aws.client" and tostring(value):match '^aws%.client%("(.+)"%)$'
  return name and service.text(name) or nil
end

-- The text; nil for a value that is none of ours.
function help.text(topic)
  if topic == nil then
    return overview()
  elseif type(topic) == "string" then
    return of_path(topic)
  end
  return of_value(topic)
end

return help
