-- Starting, watching, stopping and signalling automations.

local automation_run = require "local_aws.ssm.automation_run"
local automation_view = require "local_aws.ssm.automation_view"
local documents = require "local_aws.ssm.documents"
local fault = require "local_aws.fault"
local json = require "json"
local store = require "local_aws.ssm.automation_store"
local time = require "time"
local uuid = require "uuid"

local operations = {}

local function definition(call)
  local input = call.input
  local document, only_version = documents.find(call, input.DocumentName, input.DocumentVersion)
  if not document and only_version then
    fault.raise("AutomationDefinitionVersionNotFoundException", ("Document version %s is not found for document %s."):format(
      input.DocumentVersion, input.DocumentName))
  elseif not document or document.type ~= "Automation" then
    fault.raise("AutomationDefinitionNotFoundException", ("Document %s does not exist."):format(input.DocumentName))
  end
  return document
end

-- The parameters with their defaults; raises for those that are missing or unknown.
local function filled(document, given)
  local declared, all, missing = document.content.parameters or {}, json.object {}, {}
  for name in pairs(given) do
    if not declared[name] then
      fault.raise("InvalidAutomationExecutionParametersException", ("Parameter %s is not defined in document %s."):format(name,
        document.name))
    end
  end
  for name, parameter in pairs(declared) do
    local default = parameter.default
    all[name] = given[name] or default ~= nil and json.array(type(default) == "table" and default or { tostring(default) })
      or nil
    if not all[name] then
      missing[#missing + 1] = name
    end
  end
  table.sort(missing)
  if missing[1] then
    fault.raise("InvalidAutomationExecutionParametersException", ("The following required parameters are missing: [%s]"):format(
      table.concat(missing, ", ")))
  end
  return all
end

local function steps_of(content)
  local steps = json.array {}
  for index, step in ipairs(content.mainSteps) do
    steps[index] = { id = uuid.v4(), name = step.name, action = step.action, status = "Pending",
      definition = json.object(step) }
  end
  return steps
end

function operations.StartAutomationExecution(call)
  local input, db = call.input, call.world.db
  local document = definition(call)
  if input.Targets or input.TargetParameterName or input.TargetLocations then
    fault.raise("InvalidTarget", "The local AWS runs an automation on its parameters, not on targets.")
  end
  local given = input.Parameters or json.object {}
  local known = input.ClientToken and store.by_token(db, call.account, call.region, input.ClientToken)
  if known and (known.document ~= document.name or json.encode(known.given) ~= json.encode(json.object(given))) then
    fault.raise("IdempotentParameterMismatch", "The specified client token was used with other parameters.")
  elseif known then
    return { AutomationExecutionId = known.id }
  end
  local automation = {
    id = uuid.v4(), account = call.account, region = call.region, document = document.name,
    version = tostring(document.version),
    content = json.object { parameters = document.content.parameters }, parameters = filled(document, given),
    given = json.object(given),
    mode = input.Mode or "Auto", executedBy = call.principal.arn, startedUs = time.now_us(), status = "Pending", current = 1,
    steps = steps_of(document.content),
  }
  store.insert(db, automation, input.ClientToken)
  automation_run.wake(call.world)
  return { AutomationExecutionId = automation.id }
end

function operations.GetAutomationExecution(call)
  return { AutomationExecution = automation_view.execution(store.get(call)) }
end

function operations.StopAutomationExecution(call)
  local automation = store.get(call)
  if automation.endedUs then
    fault.raise("InvalidAutomationStatusUpdateException", ("Automation execution with ID %s has already ended with status %s.")
      :format(automation.id, automation.status))
  end
  automation.stop = call.input.Type or "Cancel"
  automation.status = automation.stop == "Cancel" and "Cancelling" or automation.status
  store.save(call.world.db, automation, time.now_us())
  automation_run.wake(call.world)
end

local function waiting_step(automation)
  local step = automation.current and automation.steps[automation.current]
  if not step or step.status ~= "Waiting" then
    fault.raise("InvalidAutomationSignalException", ("Automation execution with ID %s does not wait for a signal."):format(
      automation.id))
  end
  return step
end

local WAITS_FOR = { Approve = "aws:approve", Reject = "aws:approve", Resume = "aws:pause" }

function operations.SendAutomationSignal(call)
  local automation, input = store.get(call), call.input
  local action = WAITS_FOR[input.SignalType]
    or fault.raise("InvalidAutomationSignalException",
      ("The signal %s is not valid for this automation."):format(input.SignalType))
  local step = waiting_step(automation)
  if step.action ~= action then
    fault.raise("InvalidAutomationSignalException", ("The step %s waits for no %s."):format(step.name, input.SignalType))
  end
  step.memory.signal = input.SignalType
  if input.SignalType == "Approve" then
    local approvers = step.memory.approvers or json.array {}
    for _, arn in ipairs(approvers) do
      if arn == call.principal.arn then
        fault.raise("InvalidAutomationSignalException", "The approver has already approved.")
      end
    end
    approvers[#approvers + 1] = call.principal.arn
    step.memory.approvers = approvers
  end
  store.save(call.world.db, automation, time.now_us())
  automation_run.wake(call.world)
end

return { schema = store.schema, operations = operations }
