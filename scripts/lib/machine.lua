-- The state machine: its executions, and the state that goes round in them.

local accounts   = require "lib.accounts"
local aws        = require "aws"
local config     = require "config"
local json       = require "json"
local lists      = require "lib.lists"
local plans      = require "lib.plans"
local policy     = require "lib.policy"
local status     = require "lib.status"
local waves      = require "lib.waves"

local machine = {}

--- The state of the definition that waits for the task token.
machine.WAITING_STATE = "WaitForResume"
--- How long it waits, and how long a wave may take: one year, at the start and after a resume alike.
machine.ONE_YEAR = 31536000

local WORDS = {
  PENDING = "running", RUNNING = "running", PAUSE_PENDING = "running", CANCELLING = "running", PAUSED = "paused",
  COMPLETED = "completed", PARTIAL = "failed", FAILED = "failed", CANCELLED = "cancelled", TIMEOUT = "timeout",
}

--- Step Functions, in the region of the state machine.
function machine.client()
  return aws.client("sfn", { region = config.require("STATE_MACHINE_ARN"):match("^arn:[^:]*:states:([^:]+):") })
end

--- The ARN that the Step Functions execution of this name has, or will have.
function machine.execution_arn(name)
  return (config.require("STATE_MACHINE_ARN"):gsub(":stateMachine:", ":execution:", 1)) .. ":" .. name
end

function machine.arn_of(execution)
  return lists.given(execution.executionArn) or lists.given(execution.stateMachineArn)
end

-- A wave as the state machine needs it: the servers stay in the table, or the state would outgrow its 256 KiB.
local function slim(wave)
  return json.object {
    waveNumber = wave.waveNumber, waveName = wave.waveName, protectionGroupId = lists.given(wave.protectionGroupId),
    pauseBeforeWave = wave.pauseBeforeWave, dependsOnWaves = wave.dependsOnWaves, region = wave.region,
  }
end

--- The input of the Step Functions execution. The same item gives the same bytes: StartExecution is idempotent by them.
function machine.input(execution)
  local plan = plans.of(execution)
  return json.encode {
    Execution = { Id = execution.executionId },
    Plan = { planId = execution.planId, planName = execution.planName, waves = lists.map(plans.waves(plan), slim) },
    isDrill = execution.executionType == "DRILL",
    resumeFromWave = json.null,
    accountContext = accounts.of(execution),
  }
end

--- Starts it. Safe to repeat: gives the ARN, or nil and "taken" when the name belongs to an execution with another input.
-- The name is the execution's id, unless it is started once more.
function machine.start(execution, name)
  name = name or execution.executionId
  local client, input = machine.client(), machine.input(execution)
  local ok, result = pcall(function()
    return client:start_execution { stateMachineArn = config.require("STATE_MACHINE_ARN"), name = name, input = input }
  end)
  if ok then return result.executionArn end
  if not aws.is_error(result, "ExecutionAlreadyExists") then error(result, 0) end
  -- The name is used: by this very execution, started before and over since, or by another start with the same id.
  local earlier = client:describe_execution { executionArn = machine.execution_arn(name) }
  if earlier.input == input then return earlier.executionArn end
  return nil, "taken"
end

--- What Step Functions says, or nil when it knows no such execution.
function machine.describe(execution)
  local arn = machine.arn_of(execution)
  if not arn or not arn:find(":execution:", 1, true) then return nil end
  local ok, result = pcall(function() return machine.client():describe_execution { executionArn = arn } end)
  if ok then return result end
  if aws.is_error(result, "ExecutionDoesNotExist") then return nil end
  error(result, 0)
end

--- Stops it. One that never started, or is over, is as good as stopped; any other failure raises.
function machine.stop(execution, cause)
  local arn = machine.arn_of(execution) or machine.execution_arn(execution.executionId)
  local ok, problem = pcall(function()
    machine.client():stop_execution { executionArn = arn, error = "Cancelled", cause = cause }
  end)
  if not ok and not aws.is_error(problem, "ExecutionDoesNotExist") then error(problem, 0) end
end

--- Does it wait for its task token at this moment? Its newest steps say so.
function machine.is_waiting(execution)
  local ok, history = pcall(function()
    return machine.client():get_execution_history {
      executionArn = machine.arn_of(execution), reverseOrder = true, maxResults = 100, includeExecutionData = false,
    }
  end)
  if not ok then
    if aws.is_error(history, "ExecutionDoesNotExist") then return false end
    error(history, 0)
  end
  for _, event in ipairs(history.events) do
    if event.stateEnteredEventDetails then return event.stateEnteredEventDetails.name == machine.WAITING_STATE end
    if event.stateExitedEventDetails then return false end
  end
  return false
end

--- The state that goes round, built from the item alone, so that a start and a resume can never differ.
-- `change` lays other values over it: what the orchestrator decided, where it is not written in the item.
function machine.state(execution, change)
  local plan = plans.of(execution)
  local all = waves.all(execution, plan)
  local flying = waves.in_flight(all)
  local current = flying[1] or waves.pending(all)[1] or all[#all] or {}
  local state = json.object {
    execution_id = execution.executionId,
    plan_id = execution.planId,
    plan_name = execution.planName,
    is_drill = execution.executionType == "DRILL",
    accountContext = accounts.of(execution),
    status = WORDS[status.of(execution)],
    waves = lists.map(plans.waves(plan), slim),
    wave_results = lists.map(lists.filter(all, status.wave_is_over), function(wave)
      return json.object { waveNumber = wave.waveNumber, status = wave.status, jobId = lists.given(wave.jobId) }
    end),
    wave_completed = #flying == 0,
    all_waves_completed = #all > 0 and #lists.filter(all, status.wave_is_over) == #all,
    current_wave_number = current.waveNumber or 0,
    current_wave_update_time = policy.setting("wave", "poll_seconds", 30),
    total_wave_seconds = machine.ONE_YEAR,
    paused_before_wave = lists.given(execution.pausedBeforeWave) or json.null,
    job_id = lists.given(current.jobId) or json.null,
    region = lists.given(current.region) or json.null,
    server_ids = flying[1] and flying[1].serverIds or json.array {},
    error = lists.given(execution.errorMessage) or json.null,
  }
  for name, value in pairs(change or {}) do state[name] = value end
  return state
end

return machine
