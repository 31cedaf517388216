-- Lists of automations and of their steps.

local automation_view = require "local_aws.ssm.automation_view"
local fault = require "local_aws.fault"
local json = require "json"
local paging = require "local_aws.ssm.paging"
local store = require "local_aws.ssm.automation_store"
local time = require "time"

-- Key -> does an automation fit one value?
local FILTERS = {
  DocumentNamePrefix = function(automation, value) return automation.document:sub(1, #value) == value end,
  ExecutionStatus = function(automation, value) return automation.status == value end,
  ExecutionId = function(automation, value) return automation.id == value end,
  StartTimeBefore = function(automation, value) return automation.startedUs <= (time.parse(value) or 0) * 1000000 end,
  StartTimeAfter = function(automation, value) return automation.startedUs >= (time.parse(value) or 0) * 1000000 end,
  AutomationType = function(_, value) return value == "Local" end,
  CurrentAction = function(automation, value)
    local step = automation.current and automation.steps[automation.current]
    return step ~= nil and step.action == value
  end,
}

local STEP_FILTERS = {
  StepExecutionStatus = function(step, value) return step.status == value end,
  StepExecutionId = function(step, value) return step.id == value end,
  StepName = function(step, value) return step.name == value end,
  Action = function(step, value) return step.action == value end,
}

local function fits(tests, filters, item)
  for _, filter in ipairs(filters or {}) do
    local test = tests[filter.Key] or fault.raise("InvalidFilterKey", "The specified key isn't valid.")
    local any = false
    for _, value in ipairs(filter.Values) do
      any = any or test(item, value)
    end
    if not any then
      return false
    end
  end
  return true
end

local operations = {}

-- The newest first.
function operations.DescribeAutomationExecutions(call)
  local found = {}
  for row in call.world.db:rows("SELECT state FROM ssm_automations WHERE account = ? AND region = ? ORDER BY number DESC",
    call.account, call.region) do
    local automation = json.decode(row.state)
    if fits(FILTERS, call.input.Filters, automation) then
      found[#found + 1] = automation_view.metadata(automation)
    end
  end
  local items, token = paging.cut(found, call.input, 50)
  return { AutomationExecutionMetadataList = items, NextToken = token }
end

function operations.DescribeAutomationStepExecutions(call)
  local found = {}
  for _, step in ipairs(store.get(call).steps) do
    if fits(STEP_FILTERS, call.input.Filters, step) then
      table.insert(found, call.input.ReverseOrder and 1 or #found + 1, automation_view.step(step))
    end
  end
  local items, token = paging.cut(found, call.input, 50)
  return { StepExecutions = items, NextToken = token }
end

return { operations = operations }
