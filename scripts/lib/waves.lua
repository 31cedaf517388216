-- Waves of one execution: those recorded and those that exist only in the frozen plan. Nothing here asks AWS.

local json   = require "json"
local lists  = require "lib.lists"
local plans  = require "lib.plans"
local status = require "lib.status"

local waves = {}

-- Old records hold `servers[]` where we write `serverStatuses[]`.
local function read(wave)
  local servers = lists.given(wave.serverStatuses) or lists.given(wave.servers) or json.array {}
  return lists.merged(wave, { serverStatuses = servers, serverIds = lists.of(wave.serverIds) })
end

local function in_order(list)
  table.sort(list, function(a, b) return a.waveNumber < b.waveNumber end)
  return list
end

--- The recorded waves, in our form.
function waves.recorded(execution)
  return in_order(lists.map(lists.of(execution.waves), function(wave, position)
    local out = read(wave)
    out.servers = nil
    out.waveNumber = math.tointeger(lists.given(wave.waveNumber)) or position - 1
    return out
  end))
end

--- All waves: a recorded one as it is, one that is only planned as PENDING.
function waves.all(execution, plan)
  local recorded, all = {}, json.array {}
  for _, wave in ipairs(waves.recorded(execution)) do recorded[wave.waveNumber] = wave end
  for _, planned in ipairs(plans.waves(plan or plans.of(execution))) do
    local wave = recorded[planned.waveNumber]
    recorded[planned.waveNumber] = nil
    if not wave then
      wave = lists.merged(planned, { status = "PENDING", serverStatuses = json.array {} })
    elseif #wave.serverIds == 0 then
      wave.serverIds = planned.serverIds
    end
    wave.pauseBeforeWave = planned.pauseBeforeWave
    wave.dependsOnWaves = planned.dependsOnWaves
    all[#all + 1] = wave
  end
  for _, wave in pairs(recorded) do all[#all + 1] = wave end      -- an old record whose plan was edited since
  return in_order(all)
end

--- The list to write back: the recorded waves with `changed` (wave number -> wave) laid over them.
function waves.with(execution, changed)
  local out, rest = json.array {}, {}
  for number, wave in pairs(changed) do rest[number] = wave end
  for _, wave in ipairs(waves.recorded(execution)) do
    local number = wave.waveNumber
    out[#out + 1] = rest[number] and waves.stored(rest[number]) or wave
    rest[number] = nil
  end
  for _, wave in pairs(rest) do out[#out + 1] = waves.stored(wave) end
  return in_order(out)
end

--- A wave without what the snapshot says about it already.
function waves.stored(wave)
  local out = json.object {}
  for name, value in pairs(wave) do
    if name ~= "pauseBeforeWave" and name ~= "dependsOnWaves" and name ~= "protectionGroupIds" then out[name] = value end
  end
  return out
end

function waves.in_flight(all) return lists.filter(all, status.wave_in_flight) end
function waves.pending(all) return lists.filter(all, function(wave) return wave.status == "PENDING" end) end

function waves.numbers(list)
  return lists.map(list, function(wave) return wave.waveNumber end)
end

--- The waves not started whose dependencies are over. Whether those ended well is asked elsewhere (policies/wave.lua).
function waves.ready(all)
  local over = {}
  for _, wave in ipairs(all) do over[wave.waveNumber] = status.wave_is_over(wave) end
  local ready = json.array {}
  for position, wave in ipairs(all) do
    local met = wave.status == "PENDING"
    for _, number in ipairs(plans.dependencies(all, position)) do met = met and over[number] or false end
    if met then ready[#ready + 1] = wave end
  end
  return ready
end

--- What the waves, all over or never started, make of the execution.
function waves.outcome(all)
  local count = {}
  for _, wave in ipairs(all) do count[wave.status] = (count[wave.status] or 0) + 1 end
  if #all > 0 and count.COMPLETED == #all then return "COMPLETED" end
  if count.TIMEOUT then return "TIMEOUT" end
  if count.COMPLETED or count.PARTIAL then return "PARTIAL" end
  if count.CANCELLED == #all and #all > 0 then return "CANCELLED" end
  return "FAILED"
end

--- The highest wave that is completed, or null.
function waves.last_completed(all)
  local last = json.null
  for _, wave in ipairs(all) do
    if wave.status == "COMPLETED" then last = wave.waveNumber end
  end
  return last
end

local function launched_share(wave)
  local total = #lists.of(wave.serverIds)
  if total == 0 then return 0 end
  local launched = lists.filter(wave.serverStatuses, function(server) return server.launchStatus == "LAUNCHED" end)
  return math.min(#launched / total, 1)
end

--- How far it is. 100 % is said only when every wave is completed.
function waves.progress(all)
  local done, completed, active = 0, 0, json.null
  for _, wave in ipairs(all) do
    if wave.status == "COMPLETED" then
      completed, done = completed + 1, done + 1
    elseif status.wave_in_flight(wave) then
      done = done + launched_share(wave)
      if active == json.null then active = wave.waveNumber end
    elseif wave.status == "PARTIAL" then
      done = done + launched_share(wave)
    end
  end
  local percent = #all == 0 and 0 or math.floor(100 * done / #all)
  if completed < #all then percent = math.min(percent, 99) end
  return { totalWaves = #all, completedWaves = completed, activeWave = active, percentComplete = percent }
end

--- The DRS jobs of the waves: { job id = wave }.
function waves.by_job(all)
  local by_job = {}
  for _, wave in ipairs(all) do
    local job = lists.given(wave.jobId)
    if job then by_job[job] = wave end
  end
  return by_job
end

return waves
