-- Runs the orchestrator on this host, for state machines that reach it through a Step Functions activity (examples/deploy.lua
-- --activity). As many workers as you like may serve one activity; each task goes to one of them.
--
--   drsh run examples/worker.lua ACTIVITY_ARN
local worker = require "orchestrator.worker"

local activity = ...
if not activity then
  io.stderr:write("usage: drsh run examples/worker.lua ACTIVITY_ARN\n")
  return 2
end
worker.serve { activity = activity, name = io.popen("uname -n"):read "l" }
