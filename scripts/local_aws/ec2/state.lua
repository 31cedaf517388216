-- The life of an instance as a list of {at_us, state}: what it was, is and (while nobody interferes) will be. The state at a
-- time is computed from it; nothing has to happen for an instance to start.

local state = {}

state.CODES = {
  pending = 0, running = 16, ["shutting-down"] = 32, terminated = 48, stopping = 64, stopped = 80,
}

-- Seconds that each change takes.
local BOOT, STOP, SHUT_DOWN = 20, 30, 40

-- Microseconds for which EC2 still shows a terminated instance.
local REMEMBERED = 3600 * 1000000

local function add(list, at_us, seconds, name)
  list[#list + 1] = { at_us + math.floor(seconds * 1000000), name }
end

-- Forgets what would have come after `now`.
local function cut(list, now)
  for index = #list, 1, -1 do
    if list[index][1] > now then
      table.remove(list, index)
    end
  end
end

-- The state at `now` (world microseconds): its name, and since when. nil before it exists and after it is forgotten.
function state.at(list, now)
  local current
  for _, entry in ipairs(list) do
    if entry[1] <= now then
      current = entry
    end
  end
  if not current or (current[2] == "terminated" and now - current[1] > REMEMBERED) then
    return nil
  end
  return current[2], current[1]
end

-- Each of these changes the list from `now` on.

function state.launch(list, now, stopped_after)
  add(list, now, 0, "pending")
  if stopped_after then
    add(list, now, stopped_after, "stopped")
  else
    add(list, now, BOOT, "running")
  end
end

function state.start(list, now)
  cut(list, now)
  add(list, now, 0, "pending")
  add(list, now, BOOT, "running")
end

function state.stop(list, now)
  cut(list, now)
  add(list, now, 0, "stopping")
  add(list, now, STOP, "stopped")
end

function state.terminate(list, now)
  local current = state.at(list, now)
  cut(list, now)
  if current == "stopped" then
    add(list, now, 0, "terminated")
  elseif current ~= "terminated" and current ~= "shutting-down" then
    add(list, now, 0, "shutting-down")
    add(list, now, SHUT_DOWN, "terminated")
  end
end

-- Until when EC2 shows an instance that is (or will be) terminated; nil if it is not.
function state.forgotten_at(list)
  local last = list[#list]
  return last and last[2] == "terminated" and last[1] + REMEMBERED or nil
end

return state
