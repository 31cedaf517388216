-- The Task state: scheduled, started, perhaps waiting for a token or a worker, then succeeded, failed or timed out. The
-- work itself is done outside of any transaction (tasks.lua) and comes back through settle().
local context    = require "local_aws.states.context"
local crypto     = require "crypto"
local document   = require "local_aws.states.document"
local events     = require "local_aws.states.task_events"
local expression = require "local_aws.states.expression"
local failure    = require "local_aws.states.failure"
local flow       = require "local_aws.states.flow"
local history    = require "local_aws.states.history"
local json       = require "json"
local payload    = require "local_aws.states.payload"
local resource   = require "local_aws.states.resource"
local template   = require "local_aws.states.template"

local task_state = {}

local function seconds_of(run, branch, state, field)
  local path = state[field .. "Path"]
  if not path then
    return state[field]
  end
  local environment = context.environment(run, branch, state, json.decode(branch.input))
  local seconds = expression.at(expression.parse(path).path, environment, field .. "Path")
  if math.type(seconds) ~= "integer" or seconds < 1 then
    failure.runtime(("The %sPath parameter does not reference a positive integer value: %s == %s"):format(field, path,
      json.encode(seconds)))
  end
  return seconds
end

-- Unguessable; the database is the only place where a token means something.
function task_state.new_token(run, branch)
  local token = crypto.base64_encode(crypto.random_bytes(96))
  run.db:run("INSERT INTO states_tokens (token, branch, attempt, status) VALUES (?, ?, ?, 'open')", token, branch.id,
    branch.attempt)
  return token
end

-- When the row is to be looked at next while its task runs.
local function next_due(task)
  local deadline, heartbeat = task.deadline_us, task.heartbeat_us
  if deadline and heartbeat then
    return math.min(deadline, heartbeat)
  end
  return deadline or heartbeat
end

local function begin_clocks(run, branch)
  local task = branch.task
  task.deadline_us = task.timeout and run.now_us + task.timeout * 1000000
  task.heartbeat_us = task.heartbeat and run.now_us + task.heartbeat * 1000000
  branch.due_us = next_due(task)
end

function task_state.start(run, branch, state)
  local parsed = resource.parse(state.Resource)
  branch.attempt = branch.attempt + 1
  local task, extra = json.object {}, nil
  if parsed.pattern == "waitForTaskToken" then
    task.token = task_state.new_token(run, branch)
    extra = { Task = json.object { Token = task.token } }
  end
  task.input = payload.encode(branch, payload.effective_input(run, branch, state, extra))
  task.timeout = seconds_of(run, branch, state, "TimeoutSeconds")
  if parsed.kind == "activity" or task.token then
    task.heartbeat = seconds_of(run, branch, state, "HeartbeatSeconds")
  end
  if parsed.kind == "activity"
    and not run.db:first("SELECT 1 AS one FROM states_activities WHERE arn = ?", parsed.arn) then
    failure.runtime(("The activity %s does not exist."):format(parsed.arn))
  end
  if state.Credentials then
    local environment = context.environment(run, branch, state, json.decode(branch.input))
    task.role_arn = template.apply(state.Credentials, environment).RoleArn
  end
  branch.task = task
  history.add(run, branch, events[parsed.kind].scheduled(run, task, parsed))
  if parsed.kind == "activity" then
    branch.phase, branch.due_us, branch.activity = "queued", nil, parsed.arn
    run.activity_queued = true
  else
    branch.phase, branch.due_us = "launch", run.now_us
  end
end

-- A worker takes a queued activity task. -> token
function task_state.take(run, branch, worker)
  branch.task.token = task_state.new_token(run, branch)
  history.add(run, branch, events.activity.started(nil, worker))
  branch.phase, branch.activity = "running", nil
  begin_clocks(run, branch)
  return branch.task.token
end

-- A sign of life moves the heartbeat on.
function task_state.heartbeat(run, branch)
  local task = branch.task
  if task.heartbeat then
    task.heartbeat_us = run.now_us + task.heartbeat * 1000000
    branch.due_us = next_due(task)
  end
end

-- The failure `problem` of the attempt under way, with its event.
local function give_up(run, branch, state, event, problem)
  local parsed = resource.parse(state.Resource)
  history.add(run, branch, events[parsed.kind][event](problem, parsed))
  flow.fail(run, branch, state, problem)
end

-- The row is due: launch what is scheduled, or the task has taken too long. A missed heartbeat shows as States.Timeout in
-- the history, as on AWS; Retry and Catch may also name it States.HeartbeatTimeout.
function task_state.resume(run, branch, state)
  local parsed = resource.parse(state.Resource)
  if branch.phase == "launch" then
    history.add(run, branch, events[parsed.kind].started(parsed))
    branch.phase = "running"
    begin_clocks(run, branch)
    run.launches[#run.launches + 1] = { branch = branch.id, attempt = branch.attempt }
    return
  end
  local task = branch.task
  local late = task.deadline_us and task.deadline_us <= run.now_us
  give_up(run, branch, state, "timed_out",
    failure.new("States.Timeout", nil, { also = not late and "States.HeartbeatTimeout" or nil }))
end

local function too_large(parsed)
  local name = parsed.kind == "service" and parsed.service or parsed.arn
  return failure.new("States.DataLimitExceeded",
    ("The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit."):format(name))
end

local function succeed(run, branch, state, parsed, output)
  if #output > payload.LIMIT then
    give_up(run, branch, state, "failed", too_large(parsed))
    return
  end
  history.add(run, branch, events[parsed.kind].succeeded(output, parsed))
  flow.guarded(run, branch, state, flow.succeed, document.read(output))
end

-- What came of an attempt: outcome = {output = JSON text} | the same with submitted = true when only the request of a task
-- that waits for a token (or for a nested execution) has been answered | {problem = failure}. Whoever calls has checked that
-- the attempt is current.
function task_state.settle(run, branch, state, outcome)
  local parsed = resource.parse(state.Resource)
  local problem = outcome.problem
  if problem then
    give_up(run, branch, state, parsed.pattern and problem.refused and "submit_failed" or "failed", problem)
  elseif outcome.submitted then
    history.add(run, branch, events.service.submitted(outcome.output, parsed))
    branch.task.submitted = true
  else
    succeed(run, branch, state, parsed, outcome.output)
  end
end

return task_state
