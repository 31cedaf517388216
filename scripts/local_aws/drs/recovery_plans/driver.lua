-- The background task that moves executions on: it sleeps on the world's clock until the next one is due. Calls of DRS catch up
-- themselves, so that they are exact even right after the clock jumped; this is for what others see, such as EC2's instances.

local progress = require "local_aws.drs.recovery_plans.progress"
local task = require "task"
local time = require "time"

local driver = {}

-- What wakes each world's driver.
local wakes = setmetatable({}, { __mode = "k" })

local function wake_of(world)
  wakes[world] = wakes[world] or task.event()
  return wakes[world]
end

-- Whoever changed when an execution is due calls this in the same transaction: the driver runs after its end.
function driver.wake(world)
  wake_of(world):set()
end

function driver.start(world)
  world.background(function()
    local wake = wake_of(world)
    while true do
      wake:reset()
      local now = time.now_us()
      world.db:transaction(progress.catch_up, world, now)
      local wait_us = progress.next_due_in(world, now)
      wake:wait(wait_us and wait_us / 1000000)
    end
  end)
end

return driver
