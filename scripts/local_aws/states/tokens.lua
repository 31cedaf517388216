-- Task tokens coming back: SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat. A token is good once; afterwards, and once
-- its task has timed out or its execution has ended, AWS answers TaskTimedOut.
local driver      = require "local_aws.states.driver"
local failure     = require "local_aws.states.failure"
local fault       = require "local_aws.fault"
local input_check = require "local_aws.states.input_check"
local interpreter = require "local_aws.states.interpreter"
local paging      = require "local_aws.states.paging"
local run         = require "local_aws.states.run"
local store       = require "local_aws.states.store"
local task_state  = require "local_aws.states.task_state"

local tokens = { operations = {} }
local operations = tokens.operations

local OUTPUT_LIMIT = 256 * 1024

local function timed_out()
  fault.raise("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
end

-- The row of a token that is still waited for.
local function get(call)
  local row = call.world.db:first("SELECT * FROM states_tokens WHERE token = ?", call.input.taskToken)
  if not row then
    fault.raise("InvalidToken", "Invalid Token: 'Invalid token'")
  elseif row.status == "gone" then
    fault.raise("TaskDoesNotExist", "Task Does Not Exist: 'Provided task does not exist'")
  elseif row.status ~= "open" then
    timed_out()
  end
  return row
end

local function settle(call, outcome)
  local row = get(call)
  local step = interpreter.settle(call.world, row.branch, row.attempt, outcome)
  if not step then
    timed_out()
  end
  call.world.db:run("UPDATE states_tokens SET status = 'closed' WHERE token = ? AND status = 'open'", row.token)
  driver.changed(call.world, step)
  return {}
end

function operations.SendTaskSuccess(call)
  local output = call.input.output
  get(call) -- AWS looks at the token first
  paging.check_length("output", output, OUTPUT_LIMIT)
  local sound, reason = input_check.json(output)
  if not sound then
    fault.raise("InvalidOutput", ("Invalid Output: '%s'"):format(reason))
  end
  return settle(call, { output = output })
end

function operations.SendTaskFailure(call)
  local input = call.input
  paging.check_length("error", input.error, 256)
  paging.check_length("cause", input.cause, 32768)
  return settle(call, { problem = failure.new(input.error, input.cause) })
end

function operations.SendTaskHeartbeat(call)
  local row = get(call)
  local branch = store.branch(call.world.db, row.branch)
  local step = run.step(call.world, branch.execution, function(step)
    task_state.heartbeat(step, step:branch(row.branch))
  end, function() end)
  driver.changed(call.world, step)
  return {}
end

return tokens
