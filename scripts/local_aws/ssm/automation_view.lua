-- Automations as the API shows them.

local json = require "json"

local automation_view = {}

local function seconds(us)
  return us and us // 1000 / 1000
end

local function text(value)
  return type(value) == "table" and json.encode(value) or tostring(value)
end

-- The API's maps hold text, or lists of text.
local function texts(map)
  local out = json.object {}
  for name, value in pairs(map or {}) do
    out[name] = text(value)
  end
  return out
end

local function lists(map)
  local out = json.object {}
  for name, value in pairs(map or {}) do
    local list = json.array {}
    for index, item in ipairs(type(value) == "table" and json.is_array(value) and value or { value }) do
      list[index] = text(item)
    end
    out[name] = list
  end
  return out
end

function automation_view.step(step)
  local definition = step.definition
  return {
    StepExecutionId = step.id, StepName = step.name, Action = step.action, StepStatus = step.status,
    ExecutionStartTime = seconds(step.startedUs), ExecutionEndTime = seconds(step.endedUs), Inputs = texts(step.inputs),
    Outputs = step.outputs and lists(step.outputs) or nil, FailureMessage = step.failure,
    ResponseCode = step.endedUs and (step.status == "Success" and "0" or "1") or nil,
    FailureDetails = step.failure and { FailureStage = "Execution", FailureType = step.status == "TimedOut" and "Timeout"
      or "Action", Details = lists { VerificationErrorMessage = step.failure } } or nil,
    OnFailure = definition.onFailure, NextStep = definition.nextStep, IsEnd = definition.isEnd and true or nil,
    TimeoutSeconds = math.tointeger(tonumber(definition.timeoutSeconds)), OverriddenParameters = json.object {},
  }
end

local function outputs(automation)
  local all = {}
  for _, step in ipairs(automation.steps) do
    for name, value in pairs(step.outputs or {}) do
      all[step.name .. "." .. name] = value
    end
  end
  return lists(all)
end

local function common(automation)
  local step = automation.current and automation.steps[automation.current]
  return {
    AutomationExecutionId = automation.id, DocumentName = automation.document, DocumentVersion = automation.version,
    AutomationExecutionStatus = automation.status, ExecutionStartTime = seconds(automation.startedUs),
    ExecutionEndTime = seconds(automation.endedUs), ExecutedBy = automation.executedBy, Mode = automation.mode,
    CurrentStepName = step and step.name, CurrentAction = step and step.action, FailureMessage = automation.failure,
    Outputs = outputs(automation), Targets = json.array {}, ResolvedTargets = { ParameterValues = json.array {},
    Truncated = false },
  }
end

function automation_view.execution(automation)
  local shown, steps = common(automation), json.array {}
  for index, step in ipairs(automation.steps) do
    steps[index] = automation_view.step(step)
  end
  shown.StepExecutions, shown.StepExecutionsTruncated, shown.Parameters = steps, false, lists(automation.parameters)
  return shown
end

function automation_view.metadata(automation)
  local shown = common(automation)
  shown.LogFile, shown.AutomationType = "", "Local"
  return shown
end

return automation_view
