-- One snapshot of a folder of scripts: each file compiled, all loaded once and checked together. A request pins the generation
-- that it began with.
local core = require "runtime.scripts.core"
local contract = require "runtime.contract"
local fault = require "runtime.fault"
local limited = require "runtime.limited"
local log = require "log"
local metrics = require "process.metrics"
local sandbox = require "runtime.sandbox"

local generation = {}

-- Loading may not wait, so it needs little.
local LOADING = { instructions = 5000000, memory = 64 << 20, timeout = 10 }

local function read(path)
  local file, failure = io.open(path, "rb")
  if not file then return nil, failure end
  local text, problem = file:read "a"
  file:close()
  return text, problem
end

-- "lib/plans.lua" -> "lib.plans"
local function name_of(path)
  return (path:gsub("%.lua$", ""):gsub("/", "."))
end

-- --- one candidate for a generation ---

-- Compiles a file. An entry is {path, stamp, title, code, text, fault}; without code there is no good version of it.
local function compile(set, path, stamp)
  local entry = { path = path, stamp = stamp, title = "@" .. set.title .. "/" .. path }
  local text, problem = read(set.folder .. "/" .. path)
  local chunk
  if text and not text:find "%S" then
    problem = "the file is empty" -- as it is for a moment while some editors save: never a script
  elseif text then
    chunk, problem = load(text, entry.title, "t")
  end
  if chunk then entry.code, entry.text = string.dump(chunk), text else entry.fault = problem end
  return entry
end

-- The last good version of a file whose new one is not, under the new one's stamp.
local function fall_back(entry, old, problem)
  return {
    path = entry.path, stamp = entry.stamp, title = entry.title, fault = problem,
    code = old and old.code, text = old and old.text, is_old = old ~= nil and old.code ~= nil,
  }
end

-- What a script returns at its loading, in a task with limits: its description (or nil), or false and the fault.
local function try(modules, name)
  local context = { script = name, loading = true, modules = modules }
  local outcome, described = limited.run({ limits = LOADING, context = context }, function()
    local _, require_script = sandbox.new(modules)
    return contract.describe(name, require_script(name))
  end)
  if outcome == "ok" then return true, described end
  return false, limited.text(described)
end

-- Beside the orchestrator's scripts lie some that trusted code alone requires (a worker, a deployment); they are not served.
local function is_trusted(name, problem)
  return name:find "^orchestrator%." and problem:find "is for trusted code only" ~= nil
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
        local problem = faults[name] or "its new version breaks others: " .. reason
        modules[name] = fall_back(modules[name], former.modules[name], problem)
      end
      described, faults = again, remaining
    end
  end
  local again = false
  for name, problem in pairs(faults) do
    if has_way_back(name, modules, former, changed) then
      modules[name] = fall_back(modules[name], former.modules[name], problem)
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

local function list_faults(set, modules, faults)
  local list = {}
  local function text_of(path) return read(set.folder .. "/" .. path) end
  for name, entry in pairs(modules) do
    local problem = entry.fault or faults[name]
    if problem then
      local described = fault.describe(set.title, entry.path, problem, text_of)
      described.serving = entry.is_old and "the last good version" or "nothing"
      list[#list + 1] = described
    end
  end
  table.sort(list, function(a, b) return a.path < b.path end)
  return list
end

-- Each fault is said once: as long as a file keeps it, later generations are silent about it.
local function report(built, former)
  local known = {}
  for _, found in ipairs(former and former.faults or {}) do known[found.path .. "\0" .. found.message] = true end
  for _, found in ipairs(built.faults) do
    if not known[found.path .. "\0" .. found.message] then
      metrics.add("script_faults", found.path)
      log.error("a script is broken", {
        path = found.path, at = found.at, line = found.line, column = found.column, text = found.text,
        fault = found.message, advice = found.advice, serving = found.serving,
      })
    end
  end
  local count = 0
  for _ in pairs(built.modules) do count = count + 1 end
  metrics.set_generation(built.number, built.fingerprint)
  log.info("scripts loaded", { generation = built.number, scripts = count, faults = #built.faults })
end

--- The next generation of a set {folder, title, generation = the former one or nil}. `touched`: paths that were written,
-- whatever their stamp says. A file whose new version is broken keeps its last good one.
function generation.build(set, touched)
  local files, fingerprint = core.list(set.folder)
  local former = set.generation or { number = 0, modules = {}, unloadable = {} }
  local modules, changed = {}, {}
  for path, stamp in pairs(files) do
    local name = name_of(path)
    local old = former.modules[name]
    if old and old.stamp == stamp and not old.fault and not touched[path] then
      modules[name] = old
    else
      local entry = compile(set, path, stamp)
      changed[name] = true
      modules[name] = entry.code and entry or fall_back(entry, old, entry.fault)
    end
  end
  local described, faults = heal(modules, former, changed, try_all(modules))
  drop_clashes(described, faults)
  local built = {
    number = metrics.generation_number(fingerprint) or former.number + 1, fingerprint = fingerprint,
    modules = modules, unloadable = faults, scripts = described, faults = list_faults(set, modules, faults),
  }
  report(built, set.generation)
  return built
end

return generation
