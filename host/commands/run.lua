-- drsh run FILE [arguments]
local config = require "config"
local control = require "process.control"
local dry_run = require "dry_run"
local json = require "json"
local limited = require "runtime.limited"
local process = require "process"

local ENDED = setmetatable({}, { __tostring = function() return "the runbook has ended by os.exit" end })

local function show(report)
  if config.flag "DRSH_JSON" then
    report.dryRun = true
    io.write(json.encode(report), "\n")
    return
  end
  print(("dry run: %d AWS calls would change something; none was sent"):format(#report.writes))
  for number, write in ipairs(report.writes) do
    print(("%3d. %s %s %s %s %s"):format(number, write.service, write.operation, write.region, write.account or "",
      json.encode(write.parameters)))
  end
  if report.stoppedAt then
    print(("It ends there: what %s %s would answer cannot be foretold, and what would follow depends on it.")
      :format(report.stoppedAt.service, report.stoppedAt.operation))
  end
end

-- The AWS client obeys the task's context, whatever the runbook does with its own errors.
local function rehearse(context, runbook, ...)
  local run, exit_code = dry_run.new(), nil
  context.dry_run = run
  local exit = os.exit
  rawset(os, "exit", function(code)
    exit_code = (code == nil or code == true) and 0 or code or 1
    error(ENDED, 0)
  end)
  local outcome, result, traceback = limited.run({ context = context, limits = {} }, runbook, ...)
  rawset(os, "exit", exit)
  if outcome == "ok" then
    exit_code = exit_code or result
  elseif not exit_code then
    local stopped = run.stopped and type(result) == "table" and result.code == "DRY_RUN_STOPPED"
    exit_code = stopped and 0 or 1
    if not stopped then
      local trace = type(result) == "string" and traceback and "\n" .. traceback or ""
      io.stderr:write("drsh run: ", limited.text(result), trace, "\n")
    end
  end
  show(dry_run.report(run))
  return exit_code
end

return function(file, ...)
  if not file then
    io.stderr:write("usage: drsh run FILE [arguments]; see 'drsh run --help'\n")
    return 2
  end
  _G.arg = { [0] = file, ... }
  local world <close> = config.flag "DRSH_LOCAL" and require "commands.local_world".open() or nil
  -- A runbook may keep helpers of its own beside it.
  local folder = file:match "^(.*)/[^/]*$" or "."
  package.path = folder .. "/?.lua;" .. package.path
  local runbook, fault = loadfile(file)
  if not runbook then
    io.stderr:write("drsh run: ", fault, "\n")
    return 2
  end
  local _ <close> = control.open()
  local id = "run-" .. process.id()
  if config.flag "DRSH_DRY_RUN" then return rehearse({ requestId = id, script = file }, runbook, ...) end
  local _ <close> = limited.adopt { id = id, script = file }
  return runbook(...)
end
