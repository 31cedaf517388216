-- Operations on state machines.
local arn                 = require "local_aws.states.arn"
local configuration       = require "local_aws.states.configuration"
local definition          = require "local_aws.states.definition"
local driver              = require "local_aws.states.driver"
local fault               = require "local_aws.fault"
local interpreter         = require "local_aws.states.interpreter"
local json                = require "json"
local paging              = require "local_aws.states.paging"
local store               = require "local_aws.states.store"
local tags                = require "local_aws.states.tags"
local time                = require "time"
local uuid                = require "uuid"
local variable_references = require "local_aws.states.variable_references"

local machines = { operations = {} }
local operations = machines.operations

local MOST_DIAGNOSTICS = 100

local function seconds(us)
  return us // 1000 / 1000
end

local function does_not_exist(text)
  fault.raise("StateMachineDoesNotExist", ("State Machine Does Not Exist: '%s'"):format(text))
end

-- The row of a caller's state machine; refuses with StateMachineDoesNotExist. The ARN of a version or an alias is none.
function machines.get(call, text)
  arn.check(text, "stateMachine")
  local row = call.world.db:first("SELECT * FROM states_machines WHERE arn = ? AND account = ?", text, call.account)
  return row or does_not_exist(text)
end

-- The same for the ARN of a state machine, of a version or of an alias. What a version has of its own replaces the
-- machine's, and the row says what was asked for: version_arn, alias_arn.
function machines.resolve(call, text)
  arn.check(text, "stateMachine")
  local machine_arn, qualifier = arn.split(text)
  if not qualifier then
    return machines.get(call, text)
  end
  local db = call.world.db
  local row = db:first("SELECT * FROM states_machines WHERE arn = ? AND account = ?", machine_arn, call.account)
    or does_not_exist(text)
  local alias_arn
  if not qualifier:find "^%d+$" then
    local alias = db:first("SELECT * FROM states_aliases WHERE machine_arn = ? AND name = ?", machine_arn, qualifier)
      or does_not_exist(text)
    alias_arn, qualifier = text, select(2, arn.split(machines.route(alias)))
  end
  local version = db:first("SELECT * FROM states_versions WHERE machine_arn = ? AND version = ?", machine_arn,
    tonumber(qualifier))
    or does_not_exist(text)
  for _, name in ipairs { "definition", "role_arn", "logging", "tracing", "encryption", "revision", "description",
    "created_us" } do
    row[name] = version[name]
  end
  row.version_arn, row.alias_arn = machine_arn .. ":" .. qualifier, alias_arn
  return row
end

-- The version that an execution through an alias runs, by the weights.
function machines.route(alias)
  local place = math.random(100)
  for _, part in ipairs(json.decode(alias.routing)) do
    place = place - part.weight
    if place <= 0 then
      return part.stateMachineVersionArn
    end
  end
end

-- Publishes what a machine is now as its next version, unless the newest version is just that, with this description.
-- -> version's row
function machines.publish(db, row, description)
  local newest = db:first("SELECT * FROM states_versions WHERE machine_arn = ? ORDER BY version DESC LIMIT 1", row.arn)
  if newest and newest.revision == row.revision and newest.definition == row.definition
    and (description == nil or description == newest.description) then
    return newest
  end
  local version = row.last_version + 1
  db:run("UPDATE states_machines SET last_version = ? WHERE arn = ?", version, row.arn)
  db:run([[INSERT INTO states_versions (machine_arn, version, definition, role_arn, logging, tracing, encryption, revision,
    description,
    created_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]], row.arn, version, row.definition, row.role_arn, row.logging,
      row.tracing,
    row.encryption, row.revision, description, time.now_us())
  return db:first("SELECT * FROM states_versions WHERE machine_arn = ? AND version = ?", row.arn, version)
end

-- For create and update: the new version's ARN if one was asked for.
local function published(call, machine_arn)
  local input, db = call.input, call.world.db
  if not input.publish then
    return nil
  end
  local version = machines.publish(db, db:first("SELECT * FROM states_machines WHERE arn = ?", machine_arn),
    input.versionDescription)
  return machine_arn .. ":" .. version.version
end

local function check_definition(text, machine_type)
  local diagnostics = definition.check(text, machine_type)
  if #diagnostics > 0 then
    fault.raise("InvalidDefinition", ("Invalid State Machine Definition: '%s'"):format(definition.reason(diagnostics)))
  end
end

local function check_publish(input)
  if input.versionDescription and not input.publish then
    fault.raise("ValidationException", "Version description can only be set when publish is true")
  end
end

function operations.CreateStateMachine(call)
  local input, db = call.input, call.world.db
  local machine_type = input.type or "STANDARD"
  arn.check_name(input.name)
  arn.check_role(input.roleArn)
  check_publish(input)
  check_definition(input.definition, machine_type)
  local configured = configuration.of(input)
  local machine_arn = arn.machine(call, input.name)
  local definition_id = store.add_definition(db, input.definition)
  local existing = db:first("SELECT * FROM states_machines WHERE arn = ?", machine_arn)
  if existing then
    -- Creating again what is there is no error; role and tags do not count.
    if existing.definition ~= definition_id or existing.type ~= machine_type or configuration.differs(configured, existing) then
      fault.raise("StateMachineAlreadyExists", ("State Machine Already Exists: '%s'"):format(machine_arn))
    end
    return { stateMachineArn = machine_arn, creationDate = seconds(existing.created_us),
      stateMachineVersionArn = published(call, machine_arn) }
  end
  local now_us = time.now_us()
  db:run([[INSERT INTO states_machines (arn, account, region, name, type, status, definition, role_arn, logging, tracing,
    encryption,
    created_us, updated_us) VALUES (?, ?, ?, ?, ?, 'ACTIVE', ?, ?, ?, ?, ?, ?, ?)]], machine_arn, call.account,
      call.region, input.name,
    machine_type, definition_id, input.roleArn, configured.logging, configured.tracing, configured.encryption, now_us, now_us)
  tags.put(db, machine_arn, input.tags)
  return { stateMachineArn = machine_arn, creationDate = seconds(now_us), stateMachineVersionArn = published(call,
    machine_arn) }
end

function operations.UpdateStateMachine(call)
  local input, db = call.input, call.world.db
  local row = machines.get(call, input.stateMachineArn)
  check_publish(input)
  if not (input.definition or input.roleArn or input.loggingConfiguration or input.tracingConfiguration
    or input.encryptionConfiguration) then
    fault.raise("MissingRequiredParameter",
      "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified")
  end
  local definition_id, role_arn, revision = row.definition, input.roleArn or row.role_arn, row.revision
  arn.check_role(role_arn)
  if input.definition then
    check_definition(input.definition, row.type)
    definition_id = store.add_definition(db, input.definition)
  end
  local configured = configuration.of(input, row)
  if definition_id ~= row.definition or role_arn ~= row.role_arn or configuration.differs(configured, row) then
    revision = uuid.v4()
  end
  local now_us = time.now_us()
  db:run([[UPDATE states_machines SET definition = ?, role_arn = ?, logging = ?, tracing = ?, encryption = ?, revision = ?,
    updated_us = ? WHERE arn = ?]], definition_id, role_arn,
    configured.logging, configured.tracing, configured.encryption, revision, now_us, row.arn)
  return { updateDate = seconds(now_us), revisionId = revision, stateMachineVersionArn = published(call, row.arn) }
end

-- Its executions go with it: those that run are stopped first, and their tokens are no longer known.
function operations.DeleteStateMachine(call)
  local db, text = call.world.db, call.input.stateMachineArn
  arn.check(text, "stateMachine")
  if not db:first("SELECT 1 AS one FROM states_machines WHERE arn = ? AND account = ?", text, call.account) then
    return {}
  end
  -- Its children's state machines are called MACHINE/LABEL; "0" is the character after "/".
  local own = "(machine_arn = ?1 OR machine_arn >= ?1 || '/' AND machine_arn < ?1 || '0')"
  for _, execution in ipairs(db:all("SELECT id FROM states_executions WHERE status = 'RUNNING' AND " .. own, text)) do
    driver.changed(call.world, interpreter.stop(call.world, execution.id, "States.Runtime",
      "The state machine has been deleted."))
  end
  local below = "(SELECT id FROM states_executions WHERE " .. own .. ")"
  db:run("UPDATE states_tokens SET status = 'gone' WHERE branch IN (SELECT id FROM states_branches WHERE execution IN "
    .. below .. ")", text)
  db:run("DELETE FROM states_branches WHERE execution IN " .. below, text)
  db:run("DELETE FROM states_events WHERE execution IN " .. below, text)
  db:run("DELETE FROM states_map_items WHERE map_run IN (SELECT id FROM states_map_runs WHERE execution IN " .. below .. ")",
    text)
  db:run("DELETE FROM states_map_runs WHERE execution IN " .. below, text)
  db:run("DELETE FROM states_redrives WHERE execution IN " .. below, text)
  db:run("DELETE FROM states_executions WHERE " .. own, text)
  db:run("DELETE FROM states_versions WHERE machine_arn = ?", text)
  db:run("DELETE FROM states_aliases WHERE machine_arn = ?", text)
  db:run("DELETE FROM states_machines WHERE arn = ?", text)
  tags.forget(db, text)
  return {}
end

-- Members that DescribeStateMachine and DescribeStateMachineForExecution share.
function machines.described(call, row, included)
  return {
    stateMachineArn = row.arn, name = row.name, roleArn = row.role_arn, revisionId = row.revision,
    definition = included ~= "METADATA_ONLY" and store.definition(call.world.db, row.definition) or nil,
    loggingConfiguration = json.decode(row.logging), tracingConfiguration = json.decode(row.tracing),
    encryptionConfiguration = row.encryption and json.decode(row.encryption),
    variableReferences = included ~= "METADATA_ONLY"
      and variable_references.of(store.machine(call.world.db, row.definition)) or nil,
  }
end

function operations.DescribeStateMachine(call)
  local row = machines.resolve(call, call.input.stateMachineArn)
  local output = machines.described(call, row, call.input.includedData)
  output.stateMachineArn, output.description = row.version_arn or row.arn, row.description
  output.status, output.type, output.creationDate = row.status, row.type, seconds(row.created_us)
  return output
end

function operations.ListStateMachines(call)
  local limit = paging.limit(call.input)
  local from = paging.place("machines", call.input.nextToken) or ""
  local rows = call.world.db:all([[SELECT * FROM states_machines WHERE account = ? AND region = ? AND name >= ? ORDER BY name
    LIMIT ?]],
    call.account, call.region, from, limit + 1)
  local list = json.array {}
  for index = 1, math.min(limit, #rows) do
    local row = rows[index]
    list[index] = { stateMachineArn = row.arn, name = row.name, type = row.type, creationDate = seconds(row.created_us) }
  end
  return { stateMachines = list, nextToken = rows[limit + 1] and paging.token("machines", rows[limit + 1].name) }
end

function operations.ValidateStateMachineDefinition(call)
  local input = call.input
  local most = (input.maxResults or 0) == 0 and MOST_DIAGNOSTICS or input.maxResults
  local diagnostics = definition.check(input.definition, input.type or "STANDARD", input.severity)
  local truncated = #diagnostics > most
  local result = diagnostics[1] and diagnostics[1].severity == "ERROR" and "FAIL" or "OK"
  if truncated then
    diagnostics = json.array { table.unpack(diagnostics, 1, most) }
  end
  return { result = result, diagnostics = diagnostics, truncated = truncated }
end

return machines
