-- Errors that teach: the message with what Lua leaves out, and a traceback of the scripts' own lines.
local frames = require "explain.frame"
local message = require "explain.message"
local task = require "task"
local traceback = require "explain.traceback"

local failure = {}

--- err, traceback of a thread that has failed, or that waits for this one. Called by the host for each task that fails.
function failure.of_thread(thread, err, context)
  if type(err) == "string" then
    local fine, better = pcall(message, thread, err, context)
    err = fine and better or err
  end
  local fine, trace = pcall(traceback, thread, context)
  return err, fine and trace or nil
end

-- In a message handler. A thread's levels move with each call that looks at them, so another thread looks.
local function of_running(look, err)
  local fine, better, trace = pcall(coroutine.wrap(look), coroutine.running(), err, task.context())
  if not fine then return err end
  return better, trace
end

local function results(state, fine, ...)
  if fine then return true, ... end
  return false, (...), state.traceback
end

--- fn(...) -> true, results | false, error, traceback
function failure.protected(fn, ...)
  local state = {}
  return results(state, xpcall(fn, function(err)
    err, state.traceback = of_running(failure.of_thread, err)
    return err
  end, ...))
end

--- In a message handler: the error, with what Lua leaves out.
function failure.message(err)
  if type(err) ~= "string" then return err end
  return (of_running(message, err))
end

--- In a message handler: the traceback.
function failure.traceback()
  return (select(2, of_running(failure.of_thread)))
end

local function innermost(thread)
  for _, info, of_script in frames.all(thread) do
    if of_script then return info end
  end
end

--- In a message handler: where the innermost script is, debug.getinfo's "Slnf"; nil if none is.
function failure.place()
  return (of_running(innermost))
end

--- pcall and xpcall for scripts.
function failure.pcall(fn, ...)
  return xpcall(fn, failure.message, ...)
end

function failure.xpcall(fn, handler, ...)
  return xpcall(fn, function(err) return handler(failure.message(err)) end, ...)
end

return failure
