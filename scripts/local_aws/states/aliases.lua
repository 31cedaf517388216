-- Aliases of state machines: names that lead to one version, or to two by weight.
-- https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-alias.html
local arn      = require "local_aws.states.arn"
local fault    = require "local_aws.fault"
local json     = require "json"
local machines = require "local_aws.states.machines"
local paging   = require "local_aws.states.paging"
local time     = require "time"

local aliases = { operations = {} }
local operations = aliases.operations

local NAME_PATTERN = "^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$"

local function seconds(us)
  return us // 1000 / 1000
end

local function invalid(text)
  fault.raise("ValidationException", text)
end

local function check_name(name)
  if not name:find "^[%w_.-]+$" or not name:find "[%a_.-]" then
    invalid(("1 validation error detected: Value '%s' at 'name' failed to satisfy constraint: Member must satisfy regular "
      .. "expression "
      .. "pattern: %s"):format(name, NAME_PATTERN))
  end
end

-- Checks a routing configuration. -> the ARN of the machine whose versions it names
local function check_routing(call, routing)
  local arns, weights, sum, seen = {}, {}, 0, {}
  local all_versions, distinct = true, true
  for index, part in ipairs(routing) do
    local text = part.stateMachineVersionArn
    arns[index], weights[index], sum = text, part.weight, sum + part.weight
    local _, qualifier = arn.split(text)
    all_versions = all_versions and qualifier ~= nil and qualifier:find "^%d+$" ~= nil
    distinct, seen[text] = distinct and not seen[text], true
  end
  local received = ("Received: [%s]"):format(table.concat(arns, ", "))
  if not all_versions then
    invalid("Routing configuration must contain state machine version ARNs. " .. received)
  elseif not distinct then
    invalid("Routing configuration must contain distinct state machine version ARNs. " .. received)
  elseif sum ~= 100 then
    invalid(("Sum of routing configuration weights must equal 100. Received: [%s]"):format(table.concat(weights, ", ")))
  end
  local machine_arn = arn.split(arns[1])
  for _, text in ipairs(arns) do
    if arn.split(text) ~= machine_arn then
      invalid("Both stateMachineVersionArn values must belong to the same state machine. " .. received)
    end
    local fine, problem = pcall(machines.resolve, call, text)
    if not fine then
      if not fault.is(problem) then
        error(problem, 0)
      end
      fault.raise("ResourceNotFound", ("Resource not found: '%s'"):format(text), { resourceName = text })
    end
  end
  return machine_arn
end

local function routing_text(routing)
  local list = json.array {}
  for index, part in ipairs(routing) do
    list[index] = json.object { stateMachineVersionArn = part.stateMachineVersionArn, weight = part.weight }
  end
  return json.encode(list)
end

-- The row of an alias; refuses with ResourceNotFound.
local function get(call)
  local text = call.input.stateMachineAliasArn
  arn.check(text, "stateMachine")
  local machine_arn, name = arn.split(text)
  local row = name and call.world.db:first([[SELECT a.* FROM states_aliases a JOIN states_machines m ON m.arn = a.machine_arn
    WHERE a.machine_arn = ? AND a.name = ? AND m.account = ?]], machine_arn, name, call.account)
  if not row then
    fault.raise("ResourceNotFound", ("Resource not found: '%s'"):format(text), { resourceName = text })
  end
  return row
end

function operations.CreateStateMachineAlias(call)
  local input, db = call.input, call.world.db
  check_name(input.name)
  local machine_arn = check_routing(call, input.routingConfiguration)
  local routing, now_us = routing_text(input.routingConfiguration), time.now_us()
  local existing = db:first("SELECT * FROM states_aliases WHERE machine_arn = ? AND name = ?", machine_arn, input.name)
  if not existing then
    db:run("INSERT INTO states_aliases (machine_arn, name, description, routing, created_us, updated_us) VALUES (?, ?, ?, "
      .. "?, ?, ?)",
      machine_arn, input.name, input.description, routing, now_us, now_us)
  elseif existing.routing ~= routing or existing.description ~= input.description then
    fault.raise("ConflictException", "Failed to create alias because an alias with the same name and a different routing "
      .. "configuration already exists.")
  end
  return { stateMachineAliasArn = machine_arn .. ":" .. input.name, creationDate = seconds(existing
    and existing.created_us or now_us) }
end

function operations.UpdateStateMachineAlias(call)
  local input = call.input
  local row = get(call)
  if not input.description and not input.routingConfiguration then
    invalid("You must specify at least one of the description or routingConfiguration parameters")
  elseif input.routingConfiguration and check_routing(call, input.routingConfiguration) ~= row.machine_arn then
    invalid("Both stateMachineVersionArn values must belong to the same state machine as the alias")
  end
  local now_us = time.now_us()
  call.world.db:run("UPDATE states_aliases SET description = ?, routing = ?, updated_us = ? WHERE machine_arn = ? AND name = ?",
    input.description or row.description, input.routingConfiguration and routing_text(input.routingConfiguration)
      or row.routing, now_us,
    row.machine_arn, row.name)
  return { updateDate = seconds(now_us) }
end

function operations.DescribeStateMachineAlias(call)
  local row = get(call)
  return { stateMachineAliasArn = row.machine_arn .. ":" .. row.name, name = row.name, description = row.description,
    routingConfiguration = json.decode(row.routing), creationDate = seconds(row.created_us),
      updateDate = seconds(row.updated_us) }
end

function operations.DeleteStateMachineAlias(call)
  local row = get(call)
  call.world.db:run("DELETE FROM states_aliases WHERE machine_arn = ? AND name = ?", row.machine_arn, row.name)
  return {}
end

-- Of a machine, or of one version of it: those that lead to it.
function operations.ListStateMachineAliases(call)
  local limit = paging.limit(call.input)
  local row = machines.resolve(call, call.input.stateMachineArn)
  local from = paging.place("aliases", call.input.nextToken) or ""
  local rows = call.world.db:all([[SELECT * FROM states_aliases WHERE machine_arn = ? AND name >= ?
    AND (? IS NULL OR instr(routing, '"' || ?3 || '"') > 0) ORDER BY name LIMIT ?]], row.arn, from, row.version_arn, limit + 1)
  local list = json.array {}
  for index = 1, math.min(limit, #rows) do
    list[index] = { stateMachineAliasArn = row.arn .. ":" .. rows[index].name, creationDate = seconds(rows[index].created_us) }
  end
  return { stateMachineAliases = list, nextToken = rows[limit + 1] and paging.token("aliases", rows[limit + 1].name) }
end

return aliases
