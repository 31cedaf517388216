-- The one list of what scripts can call. modules/lua/api/NAME.lua describes a module; from here come help() and completion at
-- the prompt, the editors' stubs (drsh stubs), the names that drsh check knows, and the test that all of it is true.
--
-- A description is data:
--   name, summary, source (where the facts come from), sandbox = true when endpoints and policies may require it,
--   functions = {{ "encode(value: any): string", "A sentence.", params = {value = "note, unit"}, raises = "what" }}, with
--               trusted = true for those that endpoints do not get
--   values    = {{ "null: userdata", "A sentence." }},
--   classes   = {["http.request"] = { "A sentence.", fields = {{ "url: string", "note" }}, methods = {as functions} }},
--   class     = the class whose methods the module's table carries, too
-- Types are those of LuaCATS; a name with ? may be left out, "any ..." is any number of results.

local embedded = require "embedded"

local api = {}

-- Modules that can be required and that scripts have no use for: parts of the program.
api.INTERNAL = {
  ["config.sandbox"] = true, api = true, embedded = true, help = true, process = true, profile = true,
  private_file = true, prompt = true, retry = true,
}

-- The packaged libraries that trusted code has, described by their own manuals.
api.PACKAGED = { lpeg = true, re = true }

local DEPTH = { ["("] = 1, ["{"] = 1, ["<"] = 1, ["["] = 1, [")"] = -1, ["}"] = -1, [">"] = -1, ["]"] = -1 }

-- Splits at the commas that no bracket or quote encloses.
local function split(text)
  local parts, depth, quoted, start = {}, 0, false, 1
  for at = 1, #text do
    local character = text:sub(at, at)
    if character == '"' then
      quoted = not quoted
    elseif not quoted and DEPTH[character] then
      depth = depth + DEPTH[character]
    elseif character == "," and depth == 0 and not quoted then
      parts[#parts + 1] = text:sub(start, at - 1):match "^%s*(.-)%s*$"
      start = at + 1
    end
  end
  local last = text:sub(start):match "^%s*(.-)%s*$"
  if last ~= "" then
    parts[#parts + 1] = last
  end
  return parts
end

-- "timeout?: number" -> {name="timeout", optional=true, type="number"}
local function field_of(text)
  local name, mark, kind = text:match "^([%w_.]+)(%??):%s*(.+)$"
  if not name then
    error(("the description %q is no 'name: type'"):format(text), 0)
  end
  return { name = name, optional = mark == "?", type = kind }
end

local function function_of(entry)
  local name, rest = entry[1]:match "^([%w_]+)(%b().*)$"
  if not name then
    error(("the description %q is no 'name(parameters): results'"):format(entry[1]), 0)
  end
  local inside = rest:match "^%b()":sub(2, -2)
  local after = rest:sub(#inside + 3)
  local parameters = split(inside)
  for index, text in ipairs(parameters) do
    parameters[index] = field_of(text)
    parameters[index].note = entry.params and entry.params[parameters[index].name]
  end
  return {
    kind = "function", name = name, signature = entry[1], summary = entry[2], raises = entry.raises, parameters = parameters,
    results = split(after:match "^:%s*(.+)$" or ""), trusted = entry.trusted,
  }
end

local function list_of(entries, make)
  local list = {}
  for index, entry in ipairs(entries or {}) do
    list[index] = make(entry)
  end
  return list
end

local function value_of(entry)
  local field = field_of(entry[1])
  field.kind, field.summary = "value", entry[2]
  return field
end

local function class_of(name, entry)
  local function described(field)
    local made = field_of(field[1])
    made.note = field[2] ~= "" and field[2] or nil
    return made
  end
  return {
    kind = "class", name = name, summary = entry[1], fields = list_of(entry.fields, described),
    methods = list_of(entry.methods, function_of),
  }
end

local function read(name)
  local raw = require("api." .. name)
  local module = {
    kind = "module", name = raw.name, summary = raw.summary, source = raw.source, sandbox = raw.sandbox == true,
    functions = list_of(raw.functions, function_of), values = list_of(raw.values, value_of), classes = {}, class = raw.class,
  }
  for class, entry in pairs(raw.classes or {}) do
    module.classes[class] = class_of(class, entry)
  end
  for _, entry in ipairs(module.functions) do
    entry.module = raw.name
  end
  return module
end

local names, known

-- The names of the described modules, sorted.
function api.modules()
  if not names then
    names = {}
    for _, path in ipairs(embedded.paths()) do
      names[#names + 1] = path:match "^modules/lua/api/([%w_]+)%.lua$"
    end
    table.sort(names)
  end
  return { table.unpack(names) }
end

-- The description of a module, nil when there is none: {kind="module", name, summary, source, sandbox, functions, values,
-- classes}.
function api.module(name)
  if not known then
    known = {}
    for _, described in ipairs(api.modules()) do
      known[described] = read(described)
    end
  end
  return known[name]
end

local function named(list, name)
  for _, entry in ipairs(list) do
    if entry.name == name then
      return entry
    end
  end
end

-- "aws.client" may be a function and a class: the first wins, the class is found among the module's.
-- path: "task", "task.map", "http.request", "aws.client:wait", "task.handle:join" -> the description, nil when there is none.
function api.find(path)
  local module = api.module(path)
  if module then
    return module
  end
  local class_name, method = path:match "^(.+):([%w_]+)$"
  local owner = api.module(path:match "^([%w_]+)%." or path:match "^([%w_]+):" or "")
  if not owner then
    return nil
  elseif method then
    local class = owner.classes[class_name] or owner.classes[owner.class]
    return class and named(class.methods, method)
  end
  local name = path:match "^[%w_]+%.([%w_]+)$"
  return name and (named(owner.functions, name) or named(owner.values, name)) or owner.classes[path]
end

-- All that a script sees in a module: name -> description.
function api.members(module)
  local members = {}
  for _, entry in ipairs(module.functions) do
    members[entry.name] = entry
  end
  for _, entry in ipairs(module.values) do
    members[entry.name] = entry
  end
  for _, entry in ipairs(module.class and module.classes[module.class].methods or {}) do
    members[entry.name] = entry
  end
  return members
end

-- The description of a module's table or of one of its functions, found by what it is.
function api.of_value(value)
  for _, name in ipairs(api.modules()) do
    local module = package.loaded[name]
    if module ~= nil and rawequal(module, value) then
      return api.module(name)
    elseif type(module) == "table" and type(value) == "function" then
      for member, entry in pairs(api.members(api.module(name))) do
        if rawequal(module[member], value) then
          return entry
        end
      end
    end
  end
end

return api
