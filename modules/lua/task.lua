-- Tasks: things done side by side, in straight lines. The primitives (sleep, spawn, event) are the host's.
local primitives = require "task.primitives"
local json = require "json"

local task = {}
for name, primitive in pairs(primitives) do task[name] = primitive end

return task
