-- The scripts of a folder, kept as generations: immutable snapshots that a request pins. A saved file is compiled, checked with
-- all others, and swapped in; a broken one is reported, and its last good version goes on (runtime/generation.lua).
local config = require "config"
local core = require "runtime.scripts.core"
local generation = require "runtime.generation"
local limited = require "runtime.limited"
local log = require "log"
local task = require "task"

local scripts = {}
scripts.__index = scripts

-- Builds in a task of its own: the request that noticed the change may be cancelled, others wait for the same building.
local function begin_building(set)
  local built, touched = task.event(), set.touched or {}
  set.building, set.touched = built, nil
  task.background(function()
    local ok, result = pcall(generation.build, set, touched)
    set.building = nil
    set.failure = not ok and result or nil
    if ok then set.generation = result end
    built:set()
    if ok and set.on_change then set.on_change(set.generation) end
  end)
end

local function wait_for_building(set)
  set.building:wait()
  if not set.generation then error(set.failure, 0) end
  if set.failure then log.error("the scripts cannot be loaded again", { fault = limited.text(set.failure) }) end
end

local function look(set)
  if set.watch then return end
  set.watch = core.watch(set.folder, config.get "DRSH_RELOAD" or "auto")
  local mode, why = set.watch:mode()
  log.info("scripts are reloaded when they are saved", { folder = set.folder, by = mode, because = why })
end

-- Is there a saved file that the generation does not have? What inotify told is kept in `touched` until it is built.
local function is_behind(set)
  look(set) -- before the first listing, so that nothing saved after it is missed
  local changes = set.watch:changes()
  if set.touched then
    for path in pairs(changes or {}) do set.touched[path] = true end
    return true
  end
  if not set.generation then return true end
  if not changes or (not next(changes) and core.fingerprint(set.folder) == set.generation.fingerprint) then return false end
  set.touched = {}
  for path in pairs(changes) do set.touched[path] = true end
  return true
end

--- The generation to serve with now: it has everything that was saved before this call. Waits while it is made.
function scripts:current()
  -- A building that was under way may have looked too early; one that began after this call has not.
  for _ = 1, 2 do
    if self.building then
      wait_for_building(self)
    elseif is_behind(self) then
      begin_building(self)
      wait_for_building(self)
    else
      break
    end
  end
  return self.generation
end

--- All scripts again, from the disk, changed or not (SIGHUP).
function scripts:reload()
  self.watch, self.touched = nil, self.touched or {}
  if self.generation then self.generation.fingerprint = 0 end
  for _, entry in pairs(self.generation and self.generation.modules or {}) do self.touched[entry.path] = true end
  return self:current()
end

-- How often a look with stat goes over what inotify may not tell (a folder far above was renamed).
local LOOK_SECONDS = 2

--- Follows the folder without waiting for a request, so that a fault is in the log when its file is saved. Never returns.
function scripts:follow()
  while true do
    local ok, problem = pcall(function()
      local current = self:current()
      if core.fingerprint(self.folder) ~= current.fingerprint then
        self.touched = self.touched or {}
        self:current()
      end
    end)
    if not ok then log.error("the scripts cannot be looked at", { fault = limited.text(problem) }) end
    self.watch:wait(LOOK_SECONDS)
  end
end

local function new(folder)
  return setmetatable({ folder = folder, title = folder:match "([^/]+)/*$" or folder }, scripts)
end

--- From the next request on these are the scripts of another folder: a spec's, with a file put in the place of another.
function scripts:move(folder)
  self.folder, self.title = folder, folder:match "([^/]+)/*$" or folder
  self.generation, self.watch, self.touched = nil, nil, nil
end

local program_scripts -- the endpoints and the orchestrator serve from one generation

--- The scripts of a folder, by default the program's. `on_change` is called with each new generation.
function scripts.open(folder)
  if folder then return new(folder) end
  program_scripts = program_scripts or new(core.folder())
  return program_scripts
end

return scripts
