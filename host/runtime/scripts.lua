-- The scripts of a folder, kept as generations: immutable snapshots that a request pins. A saved file is compiled, checked with
-- all others, and swapped in; a broken one is reported, and its last good version goes on.
local core = require "runtime.scripts.core"
local contract = require "runtime.contract"
local log = require "log"
local sandbox = require "runtime.sandbox"
local task = require "task"
local limited = require "runtime.limited"

local scripts = {}
scripts.__index = scripts

-- Loading may not wait, so it needs little.
local LOADING = { instructions = 20000000, memory = 64 << 20, timeout = 10 }

local function read(path)
  local file, fault = io.open(path, "rb")
  if not file then return nil, fault end
  local text, problem = file:read "a"
  file:close()
  return text, problem
end

-- "lib/plans.lua" -> "lib.plans"
local function name_of(path)
  return (path:gsub("%.lua$", ""):gsub("/", "."))
end

-- --- one candidate for a generation ---

-- Compiles a file. An entry is {path, stamp, title, code, fault}; without code there is no good version of it.
local function compile(set, path, stamp)
  local entry = { path = path, stamp = stamp, title = "@" .. set.title .. "/" .. path }
  local text, fault = read(set.folder .. "/" .. path)
  local chunk
  if text then chunk, fault = load(text, entry.title, "t") end
  if chunk then entry.code = string.dump(chunk) else entry.fault = fault end
  return entry
end

-- The last good version of a file whose new one is not, under the new one's stamp.
local function fall_back(entry, old, fault)
  return {
    path = entry.path, stamp = entry.stamp, title = entry.title, fault = fault,
    code = old and old.code, is_old = old ~= nil and old.code ~= nil,
  }
end

-- What a script returns at its loading, in a task with limits: its description (or nil), or false and the fault.
local function try(modules, name)
  local outcome, described = limited.run({ limits = LOADING, context = { script = name, loading = true } }, function()
    local _, require_script = sandbox.new(modules)
    return contract.describe(name, require_script(name))
  end)
  if outcome == "ok" then return true, described end
  return false, limited.text(described)
end

-- Beside the orchestrator's scripts lie some that trusted code alone requires (a worker, a deployment); they are not served.
local function is_trusted(name, fault)
  return name:find "^orchestrator%." and fault:find "is for trusted code only" ~= nil
end

-- Loads each module and describes it. Gives the descriptions and the faults, by name.
local function try_all(modules)
  local described, faults = {}, {}
  for name, entry in pairs(modules) do
    if entry.code then
      local ok, result = try(modules, name)
      if ok then
        described[name] = result
      elseif not is_trusted(name, result) then
        faults[name] = result
      end
    end
  end
  return described, faults
end

-- How many of the faulty loaded well in the former generation.
local function count_broken(faults, former)
  local count = 0
  for name in pairs(faults) do
    local old = former.modules[name]
    if old and old.code and not former.unloadable[name] then count = count + 1 end
  end
  return count
end

-- May the file's new version be taken back?
local function has_way_back(name, modules, former, changed)
  local old = former.modules[name]
  return changed[name] and old and old.code and not modules[name].is_old
end

-- Takes changed files back that break others: first all that others require, if that helps; then those that still do not load.
local function heal(modules, former, changed, described, faults)
  local broken = count_broken(faults, former)
  if broken == 0 then return described, faults end
  local trial, back = {}, {}
  for name, entry in pairs(modules) do
    trial[name] = entry
    if name:match "^%w+" ~= "endpoints" and has_way_back(name, modules, former, changed) then
      trial[name], back[#back + 1] = fall_back(entry, former.modules[name]), name
    end
  end
  if #back > 0 then
    local again, remaining = try_all(trial)
    if count_broken(remaining, former) < broken then
      local _, reason = next(faults)
      for _, name in ipairs(back) do
        local fault = faults[name] or "its new version breaks others: " .. reason
        modules[name] = fall_back(modules[name], former.modules[name], fault)
      end
      described, faults = again, remaining
    end
  end
  local again = false
  for name, fault in pairs(faults) do
    if has_way_back(name, modules, former, changed) then
      modules[name] = fall_back(modules[name], former.modules[name], fault)
      again = true
    end
  end
  if again then return try_all(modules) end
  return described, faults
end

-- Two endpoints with one route: the one whose name comes first has it.
local function drop_clashes(described, faults)
  local names, taken = {}, {}
  for name in pairs(described) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local route = described[name].route
    local shape = route and route:gsub("{[^}]*}", "{}")
    if shape and taken[shape] then
      faults[name] = ("the route %s is taken by %s"):format(route, taken[shape])
      described[name] = nil
    elseif shape then
      taken[shape] = name
    end
  end
end

-- --- generations ---

local function list_faults(modules, faults)
  local list = {}
  for name, entry in pairs(modules) do
    local fault = entry.fault or faults[name]
    if fault then
      local serving = entry.is_old and "the last good version" or "nothing"
      list[#list + 1] = { path = entry.path, message = fault, serving = serving }
    end
  end
  table.sort(list, function(a, b) return a.path < b.path end)
  return list
end

local function report(generation, former)
  local known = {}
  for _, fault in ipairs(former and former.faults or {}) do known[fault.path .. "\0" .. fault.message] = true end
  for _, fault in ipairs(generation.faults) do
    if not known[fault.path .. "\0" .. fault.message] then
      log.error("a script is broken", { path = fault.path, fault = fault.message, serving = fault.serving })
    end
  end
  local count = 0
  for _ in pairs(generation.modules) do count = count + 1 end
  log.info("scripts loaded", { generation = generation.number, scripts = count, faults = #generation.faults })
end

local function build(set)
  local files, fingerprint = core.list(set.folder)
  local former = set.generation or { number = 0, modules = {}, unloadable = {} }
  local modules, changed = {}, {}
  for path, stamp in pairs(files) do
    local name = name_of(path)
    local old = former.modules[name]
    if old and old.stamp == stamp and not old.fault then
      modules[name] = old
    else
      local entry = compile(set, path, stamp)
      changed[name] = true
      modules[name] = entry.code and entry or fall_back(entry, old, entry.fault)
    end
  end
  local described, faults = heal(modules, former, changed, try_all(modules))
  drop_clashes(described, faults)
  local generation = {
    number = former.number + 1, fingerprint = fingerprint, modules = modules, unloadable = faults, scripts = described,
    faults = list_faults(modules, faults),
  }
  report(generation, set.generation)
  set.generation = generation
end

-- Builds in a task of its own: the request that noticed the change may be cancelled, others wait for the same building.
local function rebuild(set)
  if not set.building then
    local built = task.event()
    set.building = built
    task.background(function()
      local ok, fault = pcall(build, set)
      set.building = nil
      set.failure = not ok and fault or nil
      built:set()
      if ok and set.on_change then set.on_change(set.generation) end
    end)
  end
  set.building:wait()
  if not set.generation then error(set.failure, 0) end
  if set.failure then log.error("the scripts cannot be loaded again", { fault = limited.text(set.failure) }) end
end

--- The generation to serve with now. Looks whether files have changed; waits while a new generation is made.
function scripts:current()
  if not self.generation or core.fingerprint(self.folder) ~= self.generation.fingerprint then rebuild(self) end
  return self.generation
end

local function new(folder)
  return setmetatable({ folder = folder, title = folder:match "([^/]+)/*$" or folder }, scripts)
end

local program_scripts -- the endpoints and the orchestrator serve from one generation

--- The scripts of a folder, by default the program's. `on_change` is called with each new generation.
function scripts.open(folder)
  if folder then return new(folder) end
  program_scripts = program_scripts or new(core.folder())
  return program_scripts
end

return scripts
