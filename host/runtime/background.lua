-- Background scripts: those with `every` and `run`. Each runs again and again on the world's clock, never twice at once.
local config = require "config"
local dry_run = require "dry_run"
local limited = require "runtime.limited"
local log = require "log"
local permissions = require "runtime.permissions"
local sandbox = require "runtime.sandbox"
local task = require "task"

local background = {}
background.__index = background

local LIMITS = { instructions = 1000000000, memory = 256 << 20, timeout = 600 }

-- A dry run has nobody to answer to: what it would have written is in the log.
local function show_rehearsal(name, run)
  if run and #run.writes > 0 then
    log.info("a dry run of a background script would write", { script = name, writes = dry_run.report(run).writes })
  end
end

--- Runs a background script once, of this generation. A failure is logged, and given: true, or false and the text.
function background.run(generation, name)
  local context = permissions.context(generation, name, "background:" .. name, config.flag "DRSH_DRY_RUN")
  local outcome, err, traceback = limited.run({ context = context, limits = LIMITS }, function()
    local _, require_script = sandbox.new(generation.modules)
    require_script(name).run()
  end)
  show_rehearsal(name, context.dry_run)
  if outcome == "ok" or (context.dry_run and context.dry_run.stopped) then return true end
  local text = limited.text(err)
  log.error("a background script failed", { script = name, outcome = outcome, error = text, traceback = traceback })
  return false, text
end

-- One script's life: it ends when the script is gone.
local function keep_running(set, name)
  while true do
    local generation = set:current()
    local script = generation.scripts[name]
    if not script or script.kind ~= "background" then return end
    background.run(generation, name)
    task.sleep(script.every)
  end
end

local function start_new(self, generation)
  for name, script in pairs(generation.scripts) do
    local running = self.running[name]
    if script.kind == "background" and (not running or running:done()) then
      self.running[name] = task.spawn(function() keep_running(self.set, name) end)
    end
  end
end

--- Runs the background scripts of a set (scripts.open), new ones too, until stop().
function background.start(set)
  local self = setmetatable({ set = set, running = {}, changed = task.event() }, background)
  set.on_change = function() self.changed:set() end
  self.supervisor = task.background(function()
    while true do
      self.changed:reset()
      start_new(self, set:current())
      self.changed:wait()
    end
  end)
  return self
end

function background:stop()
  self.set.on_change = nil
  self.supervisor:cancel()
end

return background
