-- The operations on EC2 instances.

local fault = require "local_aws.fault"
local filters = require "local_aws.ec2.filters"
local instance_view = require "local_aws.ec2.instance_view"
local instances = require "local_aws.ec2.instances"
local json = require "json"
local state = require "local_aws.ec2.state"
local time = require "time"

local operations = {}

-- One reservation for each launch, its instances together.
local function as_reservations(list)
  local reservations, by_id = json.array {}, {}
  for _, described in ipairs(list) do
    local id = described.reservation
    if not by_id[id] then
      by_id[id] = { ReservationId = id, OwnerId = described.owner, Groups = {}, Instances = {} }
      reservations[#reservations + 1] = by_id[id]
    end
    described.owner, described.reservation = nil, nil
    table.insert(by_id[id].Instances, described)
  end
  return reservations
end

function operations.DescribeInstances(call)
  local input = call.input
  if input.MaxResults and input.InstanceIds and input.InstanceIds[1] then
    fault.raise("InvalidParameterCombination", "The parameter instancesSet cannot be used with the parameter maxResults")
  elseif input.MaxResults and (input.MaxResults < 5 or input.MaxResults > 1000) then
    fault.raise("InvalidParameterValue", ("Value ( %d ) for parameter maxResults is invalid. Expecting a value %s."):format(
      input.MaxResults, input.MaxResults < 5 and "greater than 5" or "less than or equal to 1000"))
  end
  local matches = filters.compile(input.Filters, instance_view.field)
  local list, token = instances.select(call, time.now_us(), function(instance, tags)
    local described = instance_view.describe(call, instance, tags)
    return matches(described) and described or nil
  end)
  return { Reservations = as_reservations(list), NextToken = token }
end

-- From which states an operation works, and from which it does nothing.
local CHANGES = {
  start = { from = { stopped = true }, idle = { pending = true, running = true }, past = "started" },
  stop = { from = { running = true, pending = true }, idle = { stopping = true, stopped = true }, past = "stopped" },
  terminate = {
    from = { pending = true, running = true, stopping = true, stopped = true },
    idle = { ["shutting-down"] = true, terminated = true },
  },
}

-- DisableApiTermination and DisableApiStop hold until somebody takes them away.
local function check_protection(instance, what)
  local definition = instance.definition
  if what == "terminate" and definition.disableApiTermination then
    fault.raise("OperationNotPermitted", ("The instance '%s' may not be terminated. Modify its 'disableApiTermination' "
      .. "instance attribute and try again."):format(instance.id))
  elseif what == "stop" and definition.disableApiStop then
    fault.raise("OperationNotPermitted", ("The instance '%s' may not be stopped. Modify its 'disableApiStop' instance "
      .. "attribute and try again."):format(instance.id))
  end
end

local function change_all(call, what)
  local now = time.now_us()
  local changes = json.array {}
  local rules = CHANGES[what]
  for index, instance in ipairs(instances.by_ids(call, call.input.InstanceIds, now)) do
    if not rules.from[instance.state] and not rules.idle[instance.state] then
      fault.raise("IncorrectInstanceState",
        ("The instance '%s' is not in a state from which it can be %s."):format(instance.id, rules.past))
    end
    local before = instance.state
    check_protection(instance, what)
    if rules.from[before] then
      state[what](instance.states, now)
      instances.save_states(call.world.db, call.account, call.region, instance.id, instance.states)
      if what == "start" then
        call.world.db:run("UPDATE ec2_instances SET launched_us = ? WHERE number = ?", now, instance.number)
      end
    end
    changes[index] = {
      InstanceId = instance.id, PreviousState = instance_view.state(before),
      CurrentState = instance_view.state((state.at(instance.states, now))),
    }
  end
  return changes
end

function operations.StartInstances(call)
  return { StartingInstances = change_all(call, "start") }
end

function operations.StopInstances(call)
  return { StoppingInstances = change_all(call, "stop") }
end

function operations.TerminateInstances(call)
  return { TerminatingInstances = change_all(call, "terminate") }
end

function operations.RebootInstances(call)
  instances.by_ids(call, call.input.InstanceIds, time.now_us())
end

return { operations = operations }
