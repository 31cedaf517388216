-- What happens between waves: go on, pause, stop, end. The item is the truth; the state machine only asks again and again.

local cancellations = require "lib.cancellations"
local executions    = require "lib.executions"
local launch        = require "lib.launch"
local lists         = require "lib.lists"
local policy        = require "lib.policy"
local status        = require "lib.status"
local time          = require "time"
local waves         = require "lib.waves"

local boundary = {}

local function only_complete(wave)
  if wave.status == "COMPLETED" then return true end
  return false, ("wave %d ended %s"):format(wave.waveNumber, wave.status)
end

-- Each finished wave is judged once, and the verdict kept: a policy may ask a health check, which says something else later.
local function judge_waves(execution)
  local unjudged = lists.filter(waves.recorded(execution), function(wave)
    return status.wave_is_over(wave) and wave.status ~= "CANCELLED" and lists.given(wave.goOn) == nil
  end)
  if #unjudged == 0 or status.is_terminal(execution) then return execution end
  local verdicts = {}
  for _, wave in ipairs(unjudged) do
    local go_on, reason = policy.ask("wave", "go_on", only_complete, wave, execution)
    verdicts[wave.waveNumber] = { goOn = go_on, goOnReason = reason }
  end
  return (executions.change(execution, function(current)
    local changed = {}
    for _, wave in ipairs(waves.recorded(current)) do
      local verdict = verdicts[wave.waveNumber]
      if verdict and lists.given(wave.goOn) == nil then changed[wave.waveNumber] = lists.merged(wave, verdict) end
    end
    if status.is_terminal(current) or next(changed) == nil then return nil end
    return { waves = waves.with(current, changed) }
  end))
end

--- Must this wave wait for a person? Its gate is closed, or a pause was asked for.
function boundary.must_wait(execution, number)
  if status.of(execution) == "PAUSE_PENDING" then return true end
  if lists.set(lists.of(execution.passedGates))[number] then return false end
  local wave = lists.first(waves.all(execution), function(one) return one.waveNumber == number end)
  return wave ~= nil and wave.pauseBeforeWave == true
end

local function finish(execution, all, stopped)
  local outcome = waves.outcome(all)
  return executions.finish(execution, outcome, function(current)
    local why = stopped and stopped.goOnReason
    return {
      waves = waves.with(current, cancellations.of_pending(current, "not started: " .. (why or "the execution ended"))),
      errorMessage = why,
    }
  end)
end

-- Marks the time since when the state machine is on its way to wait for a token; the sweep looks at it when none comes.
local function pause(execution, number)
  return executions.change(execution, function(current)
    if lists.given(current.pausingSince) and current.pausedBeforeWave == number then return nil end
    if status.of(current) ~= "RUNNING" and status.of(current) ~= "PAUSE_PENDING" then return nil end
    return { pausingSince = time.now(), pausedBeforeWave = number }
  end), number
end

-- One look at the boundary. Gives the execution, then "again" when something was started that may already be over, or the
-- number of the wave to pause before.
local function pass_once(execution)
  execution = judge_waves(execution)
  if status.is_terminal(execution) then return execution end
  local all = waves.all(execution)
  local flying = #waves.in_flight(all)
  if status.of(execution) == "CANCELLING" then
    if flying > 0 then return execution end
    return executions.finish(execution, "CANCELLED")
  end
  local stopped = lists.first(all, function(wave) return lists.given(wave.goOn) == false end)
  local ready = stopped and {} or waves.ready(all)
  if #ready == 0 then
    if flying > 0 then return execution end
    return finish(execution, all, stopped)
  end
  local free = lists.filter(ready, function(wave) return not boundary.must_wait(execution, wave.waveNumber) end)
  if #free > 0 then return launch.begin(execution, free), "again" end
  if flying > 0 then return execution end
  return pause(execution, ready[1].waveNumber)
end

--- Goes as far as it can without waiting. Gives the execution, and the number of the wave to pause before, if so.
function boundary.pass(execution)
  execution = launch.take_up(execution)
  for _ = 1, 2 + 2 * #waves.all(execution) do
    local result
    execution, result = pass_once(execution)
    if result ~= "again" then return execution, result end
  end
  return execution
end

return boundary
