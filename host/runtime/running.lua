-- What is running and who may be asked to end: requests, background scripts, functions, runbooks, by their id.
local log = require "log"
local metrics = require "process.metrics"
local process = require "process"
local task = require "task"
local time = require "time"

local running = {}

local known = {} -- entry -> true

local entry_meta = { __close = function(self) known[self] = nil end }

--- Remembers a task (its handle) and its context {requestId or id, script} until the returned <close> value is closed.
function running.add(context, handle)
  local entry = setmetatable({ context = context, handle = handle, began = time.monotonic() }, entry_meta)
  known[entry] = true
  return entry
end

local function id_of(context)
  return context.requestId or context.id
end

local function describe(entry)
  local context = entry.context
  return {
    id = id_of(context), script = context.script, generation = context.generation,
    seconds = time.monotonic() - entry.began, awsWrites = context.writes,
  }
end

--- All of them, the oldest first.
function running.list()
  local list = {}
  for entry in pairs(known) do list[#list + 1] = describe(entry) end
  table.sort(list, function(a, b) return a.seconds > b.seconds end)
  return list
end

--- Ends whatever runs under the id. All Lua but the caller's waits while this runs, so a task ends at the yield that it is
-- in; a call to AWS that is under way is broken off, and listed as such. Gives what was ended, with the AWS writes that had
-- gone out.
function running.kill(id, by)
  local ended = {}
  for entry in pairs(known) do
    if id_of(entry.context) == id then
      entry.context.killed = true
      local described = describe(entry)
      ended[#ended + 1] = described
      metrics.add("kills", entry.context.script or "none")
      log.warn("ended by drsh kill", { id = id, script = entry.context.script, by = by, awsWrites = described.awsWrites })
      if entry.context.requestId then
        entry.handle:cancel()
      else -- with a runbook ends its process, which is to answer first
        task.background(function()
          process.pause(0.05)
          entry.handle:cancel()
        end)
      end
    end
  end
  return ended
end

return running
