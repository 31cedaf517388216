-- Ctrl-C and SIGTERM, for a session on a terminal.
local process = require "process"
local task = require "task"

local interrupts = {}

--- Runs fn(...) in a task of its own, which is session.reading meanwhile. At a signal stop() is called; without it, or when it
-- gives no true value, the task is cancelled. -> did it end by itself, what it returned, the signal if one came.
function interrupts.watch(session, stop, fn, ...)
  local signal
  local child = task.spawn(fn, ...):observe()
  session.reading = child
  local watcher = session.interactive and task.spawn(function()
    signal = process.stopped()
    if not stop or not stop() then child:cancel() end
  end):observe()
  local outcome, result = child:outcome()
  session.reading = nil
  if watcher then watcher:cancel() end
  if outcome == "error" then error(result, 0) end
  return outcome == "ok", result, signal
end

return interrupts
