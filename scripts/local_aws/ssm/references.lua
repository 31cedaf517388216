-- "{{ InstanceId }}", "{{ step.Output }}", "{{ global:DATE }}" in the inputs of a step.

local fault = require "local_aws.fault"
local json = require "json"
local time = require "time"

local references = {}

local function global(name)
  local text = time.iso8601(time.now())
  if name == "DATE" then
    return text:sub(1, 10)
  elseif name == "DATE_TIME" then
    return (text:gsub("[T:]", { T = "_", [":"] = "." }):sub(1, 19))
  end
end

-- The value of one name; nil when there is none.
local function look_up(automation, name)
  local kind, rest = name:match("^(%l+):([%w_]+)$")
  if kind == "global" then
    return rest == "REGION" and automation.region or rest == "ACCOUNT_ID" and automation.account or global(rest)
  elseif kind == "automation" then
    return rest == "EXECUTION_ID" and automation.id or nil
  end
  local step_name, output = name:match("^([^.]+)%.(.+)$")
  if not step_name then
    return automation.parameters[name]
  end
  for _, step in ipairs(automation.steps) do
    if step.name == step_name and step.outputs then
      return step.outputs[output]
    end
  end
end

local function is_list(automation, name)
  local declared = (automation.content.parameters or {})[name]
  return declared and declared.type:find("List$") ~= nil
end

-- A parameter is a list of texts; where one text is declared, its first is meant.
local function value_of(automation, name)
  local value = look_up(automation, name)
  if value == nil then
    fault.raise("InvalidReference", ("The reference {{ %s }} has no value."):format(name))
  elseif type(value) == "table" and automation.parameters[name] == value and not is_list(automation, name) then
    return value[1] or ""
  end
  return value
end

local function as_text(value)
  return type(value) == "table" and json.encode(value) or tostring(value)
end

-- `value` with its references replaced. A text that is nothing but a reference becomes what it names, a list for instance; such
-- a list in a list is spread out.
function references.resolve(automation, value)
  if type(value) == "string" then
    local name = value:match("^{{%s*([%w_:.-]+)%s*}}$")
    if name then
      return value_of(automation, name)
    end
    return (value:gsub("{{%s*([%w_:.-]+)%s*}}", function(inner)
      return as_text(value_of(automation, inner))
    end))
  elseif type(value) ~= "table" or value == json.null then
    return value
  elseif json.is_array(value) then
    local list = json.array {}
    for _, item in ipairs(value) do
      local resolved = references.resolve(automation, item)
      local spread = type(resolved) == "table" and json.is_array(resolved) and type(item) == "string"
      table.move(spread and resolved or { resolved }, 1, spread and #resolved or 1, #list + 1, list)
    end
    return list
  end
  local map = json.object {}
  for name, item in pairs(value) do
    map[name] = references.resolve(automation, item)
  end
  return map
end

return references
