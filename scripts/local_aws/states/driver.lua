-- The one background task that moves executions on. It sleeps on the world's clock until the next row is due or somebody
-- wakes it, and takes due rows in order of time; each invocation of a function or service runs in a task of its own and
-- comes back through settle(). Nothing is kept here that the tables do not have, so a new process goes on where the last
-- one was.
local interpreter = require "local_aws.states.interpreter"
local json        = require "json"
local log         = require "log"
local store       = require "local_aws.states.store"
local task        = require "task"
local tasks       = require "local_aws.states.tasks"
local time        = require "time"

local driver = {}

local BATCH = 50 -- rows looked at before others get the event loop

-- What a world's driver keeps in memory: the event that wakes it, who waits for an execution's end, who waits for an activity.
local runtimes = setmetatable({}, { __mode = "k" })

function driver.runtime(world)
  local runtime = runtimes[world]
  if not runtime then
    runtime = { wake = task.event(), ended = {}, queued = task.event() }
    runtimes[world] = runtime
  end
  return runtime
end

-- Everything that changed rows calls this once it is committed (or will be, before the driver can run).
function driver.changed(world, step)
  local runtime = driver.runtime(world)
  if step and step.activity_queued then
    runtime.queued:set()
    runtime.queued = task.event()
  end
  if step and step.execution.status ~= "RUNNING" then
    local waiter = runtime.ended[step.execution.id]
    if waiter then
      runtime.ended[step.execution.id] = nil
      waiter:set()
    end
  end
  runtime.wake:set()
end

-- Waits until an execution has ended, and gives its row; nil when a snapshot was restored that does not have it.
function driver.wait_end(world, execution_id)
  local runtime = driver.runtime(world)
  local row = store.execution(world.db, execution_id)
  while row and row.status == "RUNNING" do
    local event = runtime.ended[execution_id] or task.event()
    runtime.ended[execution_id] = event
    event:wait()
    row = store.execution(world.db, execution_id)
  end
  return row
end

-- All who wait look again: the data under them is another's.
local function wake_all(runtime)
  for _, event in pairs(runtime.ended) do
    event:set()
  end
  runtime.ended = {}
  runtime.queued:set()
  runtime.queued = task.event()
end

-- A fault of ours: the execution fails with it; if not even that can be written, it is left alone, so that the others go on.
local function give_up(world, execution_id, problem)
  log.error("states: an execution could not be moved on", { problem = tostring(problem), execution = execution_id })
  local fine, step = pcall(interpreter.give_up, world, execution_id, tostring(problem))
  if fine then
    return step
  end
  log.error("states: an execution is left as it is", { problem = tostring(step), execution = execution_id })
  world.db:run("UPDATE states_branches SET due_us = NULL WHERE execution = ?", execution_id)
end

local function take_outcome(world, job, outcome)
  local fine, step = pcall(interpreter.settle, world, job.branch, job.attempt, outcome)
  if not fine then
    local branch = store.branch(world.db, job.branch)
    step = branch and give_up(world, branch.execution, step)
  end
  driver.changed(world, step)
end

-- Invokes what a running branch waits for, in a task of its own: a child of the driver's, so that it ends with it.
local function launch(world, job)
  task.spawn(function()
    local outcome = tasks.perform(world, job)
    if outcome then
      take_outcome(world, job, outcome)
    end
  end)
end

local function advance(world, row)
  local fine, step = pcall(interpreter.advance, world, row.execution, row.id)
  if not fine then
    step = give_up(world, row.execution, step)
  end
  if step then
    for _, job in ipairs(step.launches) do
      launch(world, job)
    end
    driver.changed(world, step)
  end
end

local function time_out_due(world, now_us)
  for _, row in ipairs(world.db:all("SELECT id FROM states_executions WHERE deadline_us <= ? ORDER BY deadline_us LIMIT ?",
    now_us,
    BATCH)) do
    driver.changed(world, interpreter.time_out(world, row.id))
  end
end

-- Microseconds until the next row or execution is due; nil when nothing is.
local function next_due_in(world)
  local row = world.db:first([[SELECT min(due_us) AS due_us FROM (
    SELECT min(due_us) AS due_us FROM states_branches WHERE due_us IS NOT NULL
    UNION ALL SELECT min(deadline_us) FROM states_executions WHERE deadline_us IS NOT NULL)]])
  return row.due_us and math.max(row.due_us - time.now_us(), 0)
end

local function loop(world)
  local runtime = driver.runtime(world)
  while true do
    runtime.wake:reset()
    local now_us = time.now_us()
    time_out_due(world, now_us)
    local due = world.db:all("SELECT id, execution FROM states_branches WHERE due_us <= ? ORDER BY due_us, id LIMIT ?",
      now_us, BATCH)
    for _, row in ipairs(due) do
      advance(world, row)
    end
    if #due > 0 then
      task.sleep(0)
    else
      local wait_us = next_due_in(world)
      runtime.wake:wait(wait_us and wait_us / 1000000)
    end
  end
end

-- Tasks that were in flight when another process died are invoked again.
local function relaunch(world)
  for _, row in ipairs(world.db:all("SELECT id, body FROM states_branches WHERE phase = 'running'")) do
    local body = json.decode(row.body)
    if not body.task.submitted and tasks.is_performed(world, row.id) then
      launch(world, { branch = row.id, attempt = body.attempt })
    end
  end
end

-- Takes up what another process left: what was in flight first, the rest when it is due.
function driver.start(world)
  wake_all(driver.runtime(world))
  world.background(function()
    relaunch(world)
    loop(world)
  end)
end

return driver
