-- Tasks: things done side by side, in straight lines. sleep, spawn, background and event are the host's
-- (host/runtime/lua_task.c).
local _, core = ...

local task = {
  sleep = core.sleep,
  spawn = core.spawn,
  background = core.background,
  event = core.event,
  pcall = core.pcall, -- whose error says which value was wrong: for modules that call functions of scripts
  context = core.context, -- what the host says about the running task: requestId, actions ...; nil outside a request
}

-- Sets an event when it is closed, that is: however the task that holds it ends.
local closing = {}
closing.__close = function(self) self.event:set() end

-- task.map(list, fn, {limit=n}) -> json.array of fn(item, index), in order.
-- At most `limit` run at a time (all, if it is not given). The first error cancels the rest and is raised.
function task.map(list, fn, options)
  if type(list) ~= "table" then error("bad argument #1 to 'map' (table expected, got " .. type(list) .. ")", 2) end
  if type(fn) ~= "function" then error("bad argument #2 to 'map' (function expected, got " .. type(fn) .. ")", 2) end
  local limit = options and options.limit or #list
  if math.type(limit) ~= "integer" or limit < 0 or (limit == 0 and #list > 0) then
    error("bad argument #3 to 'map' (limit should be a positive integer)", 2)
  end
  local results, workers = require "json".array {}, {}
  local taken, running = 0, math.min(limit, #list)
  local finished, failed, failure = task.event(), false, nil

  local function work()
    while taken < #list and not failed do
      taken = taken + 1
      local index = taken
      results[index] = fn(list[index], index)
    end
  end

  local function guarded()
    local ok, err = core.pcall(work)
    running = running - 1
    if not ok and not failed then failed, failure = true, err end
    if failed or running == 0 then finished:set() end
  end

  if running == 0 then return results end
  for n = 1, running do workers[n] = task.spawn(guarded):observe() end
  finished:wait()
  for _, worker in ipairs(workers) do worker:cancel() end
  if failed then error(failure, 0) end
  return results
end

-- task.all{f1, f2, ...} -> json.array of what they return, in order.
function task.all(functions)
  return task.map(functions, function(fn) return fn() end)
end

-- task.timeout(seconds, fn, ...) -> what fn returns; raises {code="TIMEOUT"} when the world's clock is faster.
function task.timeout(seconds, fn, ...)
  local ended = task.event()
  local child = task.spawn(function(...)
    local _ <close> = setmetatable({ event = ended }, closing)
    return fn(...)
  end, ...):observe()
  if not ended:wait(seconds) then
    child:cancel()
    error(core.error("TIMEOUT", ("not done within %g s"):format(seconds)), 2)
  end
  return child:join()
end

return task
