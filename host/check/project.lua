-- The scripts that are read: a folder of them as the host serves it (endpoints, policies, lib ...), or trusted files. Names and
-- modules are asked of the sandbox itself, so that there is no second list to keep.
local core = require "runtime.scripts.core"
local nearest = require "aws.nearest"
local parser = require "check.parser"
local sandbox = require "runtime.sandbox"
local source = require "check.source"

local project = {}
project.__index = project

local FOLDERS = { endpoints = true, policies = true, lib = true, orchestrator = true, background = true }

local function name_of(path)
  return (path:gsub("%.lua$", ""):gsub("/", "."))
end

-- A file compiled and parsed: {name, path, source, chunk} or {..., fault}.
local function read_unit(file, name)
  local text, fault = source.read(file)
  local unit = { name = name, path = file, source = text or source.new(file, ""), fault = fault }
  if text then
    local compiled
    compiled, unit.fault = load(text.text, "@" .. file, "t")
    if compiled then
      unit.code, unit.chunk = string.dump(compiled), parser.parse(text.text)
      unit.chunk.unit = unit
    end
  end
  return unit
end

local function is_folder(path)
  local file = io.open(path .. "/.", "r")
  if file then file:close() end
  return file ~= nil
end

-- "a/scripts/endpoints/x.lua" -> "a/scripts", "endpoints/x.lua"; a folder that holds such folders is the root itself.
local function split(path)
  path = path:gsub("(.)/+$", "%1")
  if is_folder(path) then
    for folder in pairs(FOLDERS) do
      if is_folder(path .. "/" .. folder) then return path, "" end
    end
  end
  local before, inside = path:match "^(.*)/[^/]*$", path:match "[^/]*$"
  if FOLDERS[inside] then return before or ".", inside end
  while before do
    local folder = before:match "[^/]*$"
    inside = folder .. "/" .. inside
    before = before:match "^(.*)/[^/]*$"
    if FOLDERS[folder] then return before or ".", inside end
  end
  return nil
end

local function add_folder(self, root, is_own)
  for path in pairs(core.list(root)) do
    local name = name_of(path)
    local file = root == "." and path or root .. "/" .. path
    if not path:find "_spec%.lua$" and not self.units[name] then
      self.units[name] = read_unit(file, name)
      self.units[name].is_own = is_own
      self.units[name].folder = path:match "^%a+"
    end
  end
end

-- Beside the orchestrator's scripts lie some for trusted code alone (a worker, a deployment): they use what scripts may not.
local function is_trusted(unit)
  for _, node in ipairs(unit.chunk and unit.folder == "orchestrator" and unit.chunk.requires or {}) do
    if package.preload[node] and not core.allowed(node) then return true end
  end
  return false
end

-- A file that runs as its user: a runbook, a tool.
local function add_trusted(self, file)
  local unit = read_unit(file, file)
  unit.is_own, unit.trusted = true, true
  self.units[file] = unit
  return unit
end

-- Lua files of a folder; only those that lie in it itself, where its folders hold scripts.
local function add_others(self, root, only_here)
  for path in pairs(core.files(root)) do
    if not path:find "_spec%.lua$" and not (only_here and path:find "/") then
      add_trusted(self, root == "." and path or root .. "/" .. path)
    end
  end
end

--- path: a folder of scripts, a folder or file in one, or other Lua files, which are trusted. nil and why, if it is nothing.
-- `beside` is the folder whose scripts may be required, too: an example policy uses the program's lib.
function project.open(path, beside)
  local self = setmetatable({ units = {}, path = path }, project)
  local root, inside = split(path)
  if root then
    self.root, self.inside = root, inside
    add_folder(self, root, true)
    if beside and beside ~= root then add_folder(self, beside, false) end
    if inside == "" then add_others(self, root, true) end
  elseif is_folder(path) then
    add_others(self, (path:gsub("(.)/+$", "%1")))
  else
    local unit = add_trusted(self, path)
    if unit.source.text == "" and not unit.chunk then return nil, unit.fault end
  end
  for _, unit in pairs(self.units) do unit.trusted = unit.trusted or is_trusted(unit) end
  return self
end

--- The units that were asked about, by name.
function project:chosen()
  local list = {}
  for name, unit in pairs(self.units) do
    local path = name:gsub("%.", "/") .. ".lua"
    local inside = self.inside or ""
    if unit.is_own and (inside == "" or path == inside or path:sub(1, #inside + 1) == inside .. "/") then
      list[#list + 1] = unit
    end
  end
  table.sort(list, function(a, b) return a.path < b.path end)
  return list
end

-- --- as one kind of script sees it ---

local view = {}
view.__index = view

local environment, require_module = sandbox.new {}

--- What this unit may name.
function project:seen_by(unit)
  return setmetatable({ units = self.units, trusted = unit.trusted, beside = unit.path:match "^(.*)/[^/]*$" or "." }, view)
end

--- A script by the name that it is required by; a runbook may have helpers of its own beside it.
function view:unit(name)
  if self.units[name] or not self.trusted then return self.units[name] end
  local path = ("%s/%s.lua"):format(self.beside, name:gsub("%.", "/"))
  if not self.units[path] and not package.preload[name] then
    local unit = read_unit(path, path)
    self.units[path] = unit.source.text ~= "" and unit or nil
  end
  return self.units[path]
end

local function copied(module)
  if type(module) ~= "table" then return module end
  local members = {}
  for key, value in pairs(module) do members[key] = value end
  return members
end

--- A global's value; nil and what the sandbox says, if there is none. Libraries come as copies without their read-only guard.
function view:global(name)
  if self.trusted then return _G[name] end
  self.globals = self.globals or {}
  if self.globals[name] == nil then
    local known, value = pcall(function() return environment[name] end)
    if not known then return nil, (value:gsub("^[^:]*:%d+: ", "")) end
    self.globals[name] = name == "_G" and {} or copied(value)
  end
  return self.globals[name]
end

function view:global_names()
  local names = { "require", "_G" }
  for name in pairs(self.trusted and _G or environment) do names[#names + 1] = name end
  return names
end

local function module_names(self)
  local names = {}
  for name in pairs(self.units) do names[#names + 1] = name end
  for name in pairs(package.preload) do
    if self.trusted or core.allowed(name) then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

local modules = { [true] = {}, [false] = {} }

--- A module of the host; or nil, what is wrong, and what to do.
function view:module(name)
  local known = modules[self.trusted or false]
  if known[name] ~= nil then return known[name] end
  if not self.trusted and core.allowed(name) then
    known[name] = copied(require_module(name))
  elseif self.trusted and package.preload[name] then
    known[name] = copied(require(name))
  elseif self.trusted and (package.searchpath(name, package.path) or package.searchpath(name, package.cpath)) then
    return nil
  elseif package.preload[name] then
    return nil, ("the module '%s' is for trusted code only"):format(name), "scripts may not use it; a runbook may"
  else
    return nil, nearest.message("there is no module", name, module_names(self)),
      "a script is required by its folder and name: lib.plans"
  end
  return known[name]
end

return project
