-- A recovery drill through the ten endpoints, followed live: start, pause on demand, resume, the gate before the last wave,
-- what was launched, its termination to the end.
--
--   drsh run examples/drill.lua --url http://127.0.0.1:8080 [--plan ID] [--no-pause]
--
-- Exit code 0 only when every wave completed and every instance is gone again.
local http = require "http"
local json = require "json"
local task = require "task"
local time = require "time"
local screen = require "screen".open()

-- The plan "Billing" of the local AWS's sample estate.
local option = { url = "http://127.0.0.1:8080", plan = "b7a4c1de-5f20-4c6a-9a51-0d6f2e8c4a01", pause = true }
do
  local i = 1
  while arg[i] do
    if arg[i] == "--url" then i = i + 1; option.url = arg[i]
    elseif arg[i] == "--plan" then i = i + 1; option.plan = arg[i]
    elseif arg[i] == "--no-pause" then option.pause = false
    else io.stderr:write("drill: unknown argument ", arg[i], "; see the head of examples/drill.lua\n"); os.exit(2) end
    i = i + 1
  end
end

local began = time.monotonic()

local function clock()
  local seconds = math.floor(time.monotonic() - began)
  return ("%02d:%02d"):format(seconds // 60, seconds % 60)
end

-- One call of an endpoint. Anything but success ends the drill, with the server's own words.
local function call(method, path, body)
  local answer = http.request {
    method = method, url = option.url .. path, timeout = 60,
    headers = { ["content-type"] = "application/json", ["accept"] = "application/json" },
    body = body and json.encode(body),
  }
  local content = json.decode(answer.body)
  if answer.status >= 300 then
    screen:say(screen:paint(("%s %s: %d %s: %s"):format(method, path, answer.status, content.error, content.message), "red"))
    os.exit(1)
  end
  return content
end

local function say(text, colour)
  screen:say(screen:paint(clock(), "grey") .. "  " .. (colour and screen:paint(text, colour) or text))
end

-- How far a server is: a name for people and a share of the way.
local phases = {
  CLEANUP = { "cleaning", 0.02 }, SNAPSHOT = { "snapshot", 0.1 }, CONVERSION = { "converting", 0.35 },
  LAUNCH = { "launching", 0.7 },
}
local launch_statuses = {
  PENDING = { "waiting", 0 }, IN_PROGRESS = { "launching", 0.7 }, LAUNCHED = { "launched", 1 }, FAILED = { "failed", 1 },
  TERMINATED = { "terminated", 1 },
}
local colour_of = { COMPLETED = "green", PARTIAL = "yellow", FAILED = "red", CANCELLED = "yellow", TIMEOUT = "red" }

local function phase_of(server)
  local waits = server.launchStatus == "PENDING" or server.launchStatus == "IN_PROGRESS"
  return waits and phases[server.phase] or launch_statuses[server.launchStatus] or { tostring(server.launchStatus):lower(), 0 }
end

local function wave_of(wave)
  local servers = #wave.serverStatuses > 0 and wave.serverStatuses or {}
  local sum, launched, count = 0, 0, {}
  for _, server in ipairs(servers) do
    local phase = phase_of(server)
    sum = sum + phase[2]
    if phase[1] == "launched" then launched = launched + 1 end
    count[phase[1]] = (count[phase[1]] or 0) + 1
  end
  local total = math.max(#servers, #(wave.serverIds or {}))
  return { share = total > 0 and sum / total or 0, launched = launched, total = total, count = count, servers = servers }
end

local order = { "waiting", "cleaning", "snapshot", "converting", "launching", "launched", "failed" }

local function counts(state)
  local words = {}
  for _, name in ipairs(order) do
    if state.count[name] then words[#words + 1] = state.count[name] .. " " .. name end
  end
  return table.concat(words, ", ")
end

-- The servers of a wave in columns, as many as the terminal is wide.
local function server_lines(state)
  local column = 30
  local columns = math.max(1, (screen:width() - 4) // column)
  local rows = math.ceil(#state.servers / columns)
  local lines = {}
  for row = 1, math.min(rows, 12) do
    local cells = {}
    for c = 0, columns - 1 do
      local server = state.servers[row + c * rows]
      if server then
        local name = (server.serverName or server.hostname or server.sourceServerId):sub(1, 16)
        local phase = phase_of(server)[1]
        cells[#cells + 1] = ("%-16s %s"):format(name, screen:paint(("%-12s"):format(phase),
          phase == "launched" and "green" or phase == "failed" and "red" or "cyan"))
      end
    end
    lines[#lines + 1] = "      " .. table.concat(cells, " ")
  end
  return lines
end

local terminal_status = { COMPLETED = true, PARTIAL = true, FAILED = true, CANCELLED = true, TIMEOUT = true }
local moving = { STARTED = true, CONVERTING = true, LAUNCHING = true, IN_PROGRESS = true }

local function show(execution)
  local lines = { ("%s  %s  %s"):format(screen:paint(clock(), "grey"), screen:paint(execution.planName or "", "bold"),
    screen:paint(execution.status, colour_of[execution.status] or "cyan")) }
  for _, wave in ipairs(execution.waves) do
    local state = wave_of(wave)
    local bar = math.max(10, math.min(40, screen:width() - 54))
    lines[#lines + 1] = ("  %d %-14s %s %3d/%-3d %s"):format(wave.waveNumber + 1, (wave.waveName or ""):sub(1, 14),
      screen:bar(state.share, bar), state.launched, state.total,
      screen:paint(wave.status, colour_of[wave.status] or "cyan"))
    if moving[wave.status] then
      for _, line in ipairs(server_lines(state)) do lines[#lines + 1] = line end
    end
    local words = state.total > 0 and counts(state) or ""
    screen:note(wave.waveNumber, clock(), ("  wave %d %s: %s%s%s"):format(wave.waveNumber + 1, wave.waveName or "", wave.status,
      words ~= "" and ", " or "", words))
  end
  screen:draw(lines)
end

-- Follows an execution until `done` says so, and returns it.
local function follow(id, done)
  while true do
    local execution = call("GET", "/executions/" .. id .. "/realtime")
    show(execution)
    if done(execution) or terminal_status[execution.status] then return execution end
    task.sleep(0.5)
  end
end

local function wave_moves(number)
  return function(execution)
    local wave = execution.waves[number]
    return wave ~= nil and moving[wave.status] ~= nil
  end
end

local function paused(execution)
  return execution.status == "PAUSED"
end

local function run()
  local started = call("POST", "/executions", {
    planId = option.plan, executionType = "DRILL", initiatedBy = "demo", reason = "make demo",
  })
  local id = started.executionId
  say("drill started: POST /executions -> " .. id, "bold")

  if option.pause then
    follow(id, wave_moves(1))
    local answer = call("POST", "/executions/" .. id .. "/pause")
    say("pause asked for while wave 1 runs: " .. answer.status, "yellow")
    follow(id, paused)
    say("paused before wave 2; POST .../resume", "yellow")
    call("POST", "/executions/" .. id .. "/resume")
  end

  local execution = follow(id, function(now) return paused(now) and now.pausedBeforeWave == #now.waves - 1 end)
  if paused(execution) then
    say("the plan's own gate: paused before the last wave; POST .../resume", "yellow")
    call("POST", "/executions/" .. id .. "/resume")
    execution = follow(id, function() return false end)
  end
  show(execution)
  screen:keep()

  local found = call("GET", "/executions/" .. id .. "/recovery-instances")
  say(("%d recovery instances run"):format(found.totalInstances), "bold")
  for i, instance in ipairs(found.instances) do
    if i > 6 then
      screen:say(("       ... and %d more"):format(#found.instances - 6))
      break
    end
    screen:say(("       %-19s %-16s %-10s %-14s %s"):format(instance.instanceId, instance.serverName or "", instance.region,
      instance.privateIp or "", instance.ec2State or instance.status))
  end

  local ending = call("POST", "/executions/" .. id .. "/terminate-instances", { reason = "the drill is over" })
  say(("termination: %d asked for, %d failed, %d denied by policy"):format(ending.totalTerminated, ending.totalFailed,
    #ending.denied), "yellow")
  local status
  repeat
    task.sleep(0.3)
    status = call("GET", "/executions/" .. id .. "/termination-status")
    screen:draw { ("%s  terminating  %s %d/%d"):format(screen:paint(clock(), "grey"),
      screen:bar(status.progressPercent / 100, 30), status.completedServers, status.totalServers) }
    screen:note("termination", clock(), ("  terminated %d of %d"):format(status.completedServers, status.totalServers))
  until status.allCompleted or status.anyFailed

  screen:keep()
  local left = call("GET", "/executions/" .. id .. "/recovery-instances").totalInstances
  local good = execution.status == "COMPLETED" and status.allCompleted and left == 0
  say(good and "the drill succeeded" or "the drill did NOT succeed: " .. execution.status, good and "green" or "red")
  screen:say(("       %d waves, %d servers launched, %d terminated, %d left"):format(
    #execution.waves, found.totalInstances, status.completedServers, left))
  return good
end

if not run() then os.exit(1) end
