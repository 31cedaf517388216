-- What the steps of an automation do. Each is asked again and again until it has an outcome:
--
--   action(world, automation, step, inputs) -> outputs | nil, seconds until it wants to be asked again
--
-- step.memory lives as long as the step. A failure raises a fault.

local fault = require "local_aws.fault"
local json = require "json"
local jsonpath = require "local_aws.states.jsonpath"
local time = require "time"

local POLL = 5

local actions = {}

local function call(world, automation, service, operation, input)
  return world.call(service, operation, automation.account, automation.region, input)
end

local function list(value)
  return type(value) == "table" and json.array(value) or json.array { value }
end

local CHANGES = { running = "StartInstances", stopped = "StopInstances", terminated = "TerminateInstances" }

local function instance_states(world, automation, ids)
  local states = {}
  for _, reservation in ipairs(call(world, automation, "ec2", "DescribeInstances", { InstanceIds = ids }).Reservations) do
    for _, instance in ipairs(reservation.Instances) do
      states[#states + 1] = instance.State.Name
    end
  end
  return states
end

actions["aws:changeInstanceState"] = function(world, automation, step, inputs)
  local ids, desired = list(inputs.InstanceIds), inputs.DesiredState
  local operation = CHANGES[desired] or fault.raise("InvalidInput", ("DesiredState %s is not valid"):format(tostring(desired)))
  if not step.memory.asked and not inputs.CheckStateOnly then
    call(world, automation, "ec2", operation, { InstanceIds = ids })
  end
  step.memory.asked = true
  local states = instance_states(world, automation, ids)
  for _, state in ipairs(states) do
    if state ~= desired then
      return nil, POLL
    end
  end
  return { InstanceStates = json.array(states) }
end

local function seconds_of(text)
  local hours, minutes, seconds = text:match("^PT(%d*)H?(%d*)M?(%d*)S?$")
  if text:match("^PT%d+H") == nil then
    hours, minutes, seconds = nil, text:match("(%d+)M"), text:match("(%d+)S")
  end
  return (tonumber(hours) or 0) * 3600 + (tonumber(minutes) or 0) * 60 + (tonumber(seconds) or 0)
end

actions["aws:sleep"] = function(_, _, step, inputs)
  local ending = inputs.Timestamp and time.parse(inputs.Timestamp) * 1000000
    or step.startedUs + seconds_of(inputs.Duration or "PT0S") * 1000000
  local left = (ending - time.now_us()) / 1000000
  if left > 0 then
    return nil, left
  end
  return {}
end

-- Both wait for a signal (SendAutomationSignal), which asks the step at once.
actions["aws:pause"] = function(_, _, step)
  step.status = "Waiting"
  if step.memory.signal ~= "Resume" then
    return nil, math.huge
  end
  return {}
end

actions["aws:approve"] = function(_, _, step, inputs)
  step.status = "Waiting"
  if step.memory.signal == "Reject" then
    fault.raise("Rejected", "Step rejected by approver.")
  elseif #(step.memory.approvers or {}) < (tonumber(inputs.MinRequiredApprovals) or 1) then
    return nil, math.huge
  end
  return { ApprovalStatus = json.array { "Approved" }, ApproverDecisions = json.array(step.memory.approvers) }
end

local function select_value(path_text, answer)
  local path = jsonpath.parse(path_text) or fault.raise("InvalidInput", ("The selector %s is not valid"):format(path_text))
  local found, value = jsonpath.query(path, answer)
  if found then
    return value
  end
end

local function call_api(world, automation, inputs)
  local input = json.object {}
  for name, value in pairs(inputs) do
    if name ~= "Service" and name ~= "Api" and name ~= "PropertySelector" and name ~= "DesiredValues" then
      input[name] = value
    end
  end
  local operation = (inputs.Api or ""):gsub("^%l", string.upper):gsub("_(%l)", string.upper)
  local service = inputs.Service or ""
  if not world.services[service] then
    fault.raise("InvalidInput", ("The local AWS has no service %s"):format(service))
  end
  return call(world, automation, service, operation, input)
end

actions["aws:executeAwsApi"] = function(world, automation, step, inputs)
  local answer, outputs = call_api(world, automation, inputs) or {}, {}
  for _, output in ipairs(step.definition.outputs or {}) do
    outputs[output.Name] = select_value(output.Selector, answer)
  end
  return outputs
end

local function has_desired_value(world, automation, inputs)
  local value = select_value(inputs.PropertySelector, call_api(world, automation, inputs))
  for _, desired in ipairs(inputs.DesiredValues or {}) do
    if value ~= nil and tostring(value) == tostring(desired) then
      return true
    end
  end
  return false, value
end

actions["aws:waitForAwsResourceProperty"] = function(world, automation, _, inputs)
  if has_desired_value(world, automation, inputs) then
    return {}
  end
  return nil, POLL
end

actions["aws:assertAwsResourceProperty"] = function(world, automation, _, inputs)
  local fits, value = has_desired_value(world, automation, inputs)
  if not fits then
    fault.raise("AssertionFailed", ("Property value from the API output does not match the desired values. Property value: %s.")
      :format(tostring(value)))
  end
  return {}
end

local function chosen(choice)
  for operator, expected in pairs(choice) do
    local value = choice.Variable
    if operator == "StringEquals" and value == expected or operator == "BooleanEquals" and tostring(value) == tostring(expected)
      or operator == "NumericEquals" and tonumber(value) == tonumber(expected)
      or operator == "StartsWith" and tostring(value):sub(1, #expected) == expected
      or operator == "Contains" and tostring(value):find(expected, 1, true) then
      return true
    end
  end
  return false
end

actions["aws:branch"] = function(_, _, step, inputs)
  for _, choice in ipairs(inputs.Choices or {}) do
    if chosen(choice) then
      step.next = choice.NextStep
      return {}
    end
  end
  step.next = inputs.Default
  return {}
end

return actions
