-- drsh kill [--dry-run] [ID]: ends a running request, background script or runbook; without an ID, says what runs.
local config = require "config"
local control = require "process.control"

local function show(entry, pid)
  io.write(("%s  %s  %.1f s  process %d\n"):format(entry.id, entry.script or "-", entry.seconds, pid))
end

local function show_writes(entry)
  if #entry.awsWrites == 0 then
    io.write("  no AWS write had gone out\n")
    return
  end
  io.write("  AWS writes that had gone out:\n")
  for _, write in ipairs(entry.awsWrites) do
    io.write(("    %s %s %s %s: %s\n"):format(write.time, write.region or "-", write.service, write.operation, write.outcome))
  end
end

local function list()
  local count = 0
  for _, found in ipairs(control.ask("GET", "/running")) do
    for _, entry in ipairs(found.body.running) do
      count = count + 1
      show(entry, found.body.pid)
    end
  end
  if count == 0 then io.write "nothing is running\n" end
  return 0
end

-- What runs under the id, as the answers to a kill would have it.
local function find(id)
  local answers = control.ask("GET", "/running")
  for _, found in ipairs(answers) do
    local meant = {}
    for _, entry in ipairs(found.body.running) do meant[#meant + 1] = entry.id == id and entry or nil end
    found.body.running = meant
  end
  return answers
end

return function(id, ...)
  if ... or (id and not id:find "^[%w_.:-]+$") then
    io.stderr:write "usage: drsh kill [ID]; without an ID it says what is running\n"
    return 2
  end
  if not id then return list() end
  local count, dry = 0, config.flag "DRSH_DRY_RUN"
  for _, found in ipairs(dry and find(id) or control.ask("POST", "/running/" .. id .. "/kill")) do
    for _, entry in ipairs(found.status == 200 and found.body.running or {}) do
      count = count + 1
      io.write(dry and "would end " or "ended ")
      show(entry, found.body.pid)
      show_writes(entry)
    end
  end
  if count > 0 then return 0 end
  io.stderr:write("drsh kill: nothing runs under the id ", id, "; `drsh kill` says what does\n")
  return 1
end
