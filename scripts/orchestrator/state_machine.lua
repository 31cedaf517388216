-- The definition of the state machine, in the Amazon States Language: the same for Lambda, for an activity, and locally.
--
--   Begin -> Choose -> (Wait -> Poll -> Choose)* | WaitForResume -> Resume -> Choose | Completed | Failed
--
-- With a Lambda function the tasks are `lambda:invoke`, and the pause is `lambda:invoke.waitForTaskToken`. With an activity,
-- the pause is a task of the activity that the worker does not answer: its token is the one that is stored.
local json    = require "json"
local machine = require "lib.machine"

local state_machine = {}

-- Lambda's own troubles, as the AWS documentation lists them; and one of ours (a throttled table, a script being edited) for
-- longer, since nothing is lost by trying again.
local RETRY = json.array {
  {
    ErrorEquals = json.array {
      "Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException", "Lambda.TooManyRequestsException",
    },
    IntervalSeconds = 2, MaxAttempts = 6, BackoffRate = 2,
  },
  { ErrorEquals = json.array { "States.ALL" }, IntervalSeconds = 5, MaxAttempts = 8, BackoffRate = 2 },
}

local ACTIVITY_SECONDS = 300    -- a worker that died gives its task back after this

local function is_activity(resource) return resource:find(":activity:", 1, true) ~= nil end

-- A task that calls an action. `input` is "input" at the start, "state" later.
local function task(resource, action, input, next_state)
  local call = { action = action, [input .. ".$"] = "$" }
  local state = { Type = "Task", Next = next_state, Retry = RETRY }
  if is_activity(resource) then
    state.Resource, state.Parameters, state.TimeoutSeconds = resource, call, ACTIVITY_SECONDS
  else
    state.Resource = "arn:aws:states:::lambda:invoke"
    state.Parameters = { FunctionName = resource, Payload = call }
    state.OutputPath = "$.Payload"
  end
  return state
end

local function wait_for_token(resource)
  local call = { action = "store_task_token", ["state.$"] = "$" }
  local state = { Type = "Task", Next = "Resume", Retry = RETRY, TimeoutSeconds = machine.ONE_YEAR }
  if is_activity(resource) then
    state.Resource, state.Parameters = resource, call
  else
    call["taskToken.$"] = "$$.Task.Token"
    state.Resource = "arn:aws:states:::lambda:invoke.waitForTaskToken"
    state.Parameters = { FunctionName = resource, Payload = call }
  end
  -- A year without an answer is a time-out of the execution and not a fault to try again.
  state.Retry = json.array { { ErrorEquals = json.array { "States.Timeout" }, MaxAttempts = 0 }, RETRY[1], RETRY[2] }
  state.Catch = json.array { { ErrorEquals = json.array { "States.Timeout" }, Next = "TimedOut", ResultPath = "$.failure" } }
  return state
end

local function when(word, next_state)
  return { Variable = "$.status", StringEquals = word, Next = next_state }
end

--- The definition, as JSON. `resource` is the ARN of the Lambda function or of the activity.
function state_machine.definition(options)
  local resource = options.resource
  return json.encode {
    Comment = "Runs a recovery plan, wave by wave.",
    StartAt = "Begin",
    States = {
      Begin = task(resource, "begin", "input", "Choose"),
      Choose = {
        Type = "Choice",
        Choices = json.array {
          when("paused", machine.WAITING_STATE), when("completed", "Completed"), when("cancelled", "Cancelled"),
          when("failed", "Failed"), when("timeout", "TimedOut"), when("running", "Wait"),
        },
        Default = "Failed",
      },
      Wait = { Type = "Wait", SecondsPath = "$.current_wave_update_time", Next = "Poll" },
      Poll = task(resource, "update_wave_status", "state", "Choose"),
      [machine.WAITING_STATE] = wait_for_token(resource),
      Resume = task(resource, "resume_wave", "state", "Choose"),
      Completed = { Type = "Succeed" },
      Cancelled = { Type = "Succeed" },
      Failed = { Type = "Fail", Error = "RecoveryFailed", Cause = "a wave did not end well; the execution's item says which" },
      TimedOut = { Type = "Fail", Error = "RecoveryTimedOut", Cause = "a wave, or a pause, took longer than it may" },
    },
  }
end

return state_machine
