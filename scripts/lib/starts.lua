-- Starting an execution: reading the order, and writing the execution and the plan's claim as one.

local aws        = require "aws"
local checks     = require "lib.checks"
local conflicts  = require "lib.conflicts"
local executions = require "lib.executions"
local ids        = require "lib.ids"
local jobs       = require "lib.jobs"
local json       = require "json"
local lists      = require "lib.lists"
local machine    = require "lib.machine"
local plans      = require "lib.plans"
local reply      = require "lib.reply"
local status     = require "lib.status"
local store      = require "lib.store"
local time       = require "time"
local uuid       = require "uuid"

local starts = {}

local TYPES = json.array { "DRILL", "RECOVERY" }
local ATTEMPTS = 5

-- What the body may hold: the Lua type, and the most characters of a text.
local FIELDS = {
  { name = "planId", type = "string", required = true, longest = 256 },
  { name = "executionType", type = "string", required = true, allowed = TYPES, longest = 32 },
  { name = "initiatedBy", type = "string", required = true, longest = 256 },
  { name = "accountContext", type = "table", expected = "an object" },
  { name = "dryRun", type = "boolean" },
  { name = "reason", type = "string", longest = 1024 },
  { name = "skipChecks", type = "table", expected = "a list of names" },
}

local function invalid(field, message)
  reply.fail(400, "INVALID_FIELD", message, { field = field })
end

local function require_fields(body)
  for _, field in ipairs(FIELDS) do
    local value = lists.given(body[field.name])
    if field.required and (value == nil or value == "") then
      reply.fail(400, "MISSING_FIELD", field.name .. " is required", { field = field.name, allowedValues = field.allowed })
    end
  end
end

local function check_types(body)
  for _, field in ipairs(FIELDS) do
    local value = lists.given(body[field.name])
    if value ~= nil and type(value) ~= field.type then
      invalid(field.name, ("%s must be %s"):format(field.name, field.expected or "a " .. field.type))
    elseif field.longest and value and #value > field.longest then
      invalid(field.name, ("%s has at most %d characters"):format(field.name, field.longest))
    end
  end
end

local function read_account(body)
  local account = lists.given(body.accountContext)
  if not account then return nil end
  for _, name in ipairs { "accountId", "assumeRoleName", "externalId" } do
    local value = lists.given(account[name])
    if value ~= nil and type(value) ~= "string" then
      invalid("accountContext", "accountContext." .. name .. " must be a string")
    end
  end
  return account
end

local function read_skips(body)
  local allowed, skip = lists.set(checks.skippable()), {}
  for _, name in ipairs(lists.of(body.skipChecks)) do
    if not allowed[name] then
      reply.fail(400, "INVALID_FIELD", "skipChecks can name " .. table.concat(checks.skippable(), ", "),
        { field = "skipChecks", allowedValues = checks.skippable() })
    end
    skip[name] = true
  end
  return skip
end

-- An id of its own, or the one that this caller's key stands for: two calls with one key can only make one execution.
local function execution_id(request, key)
  if not key then return uuid.v4() end
  local caller = request.caller and request.caller.name or ""
  return ids.derived_uuid(("drsh start\0%s\0%s"):format(caller, key))
end

local function read_key(request)
  local key = lists.given(request.headers["idempotency-key"])
  if key == nil or key == "" then return nil end
  if #key > 256 then
    reply.fail(400, "INVALID_FIELD", "Idempotency-Key has at most 256 characters", { field = "Idempotency-Key" })
  end
  return key
end

--- The order that a request gives, checked: planId, executionType, initiatedBy, skip, dryRun, executionId, key ...
function starts.read(request)
  local body = request.body
  require_fields(body)
  check_types(body)
  local execution_type = body.executionType:upper()
  if not lists.set(TYPES)[execution_type] then
    reply.fail(400, "INVALID_EXECUTION_TYPE", "executionType is DRILL or RECOVERY",
      { field = "executionType", allowedValues = TYPES })
  end
  local order = {
    planId = body.planId, executionType = execution_type, initiatedBy = body.initiatedBy, reason = lists.given(body.reason),
    accountContext = read_account(body), skip = read_skips(body), dryRun = body.dryRun == true,
    key = read_key(request), caller = request.caller, generation = request.generation,
  }
  order.executionId = execution_id(request, order.key)
  order.fingerprint = ids.fingerprint(json.encode {
    planId = order.planId, executionType = execution_type, initiatedBy = order.initiatedBy, reason = order.reason,
    accountContext = order.accountContext, skipChecks = lists.of(body.skipChecks),
  })
  return order
end

--- The execution that the same Idempotency-Key made before, or nil. 409 when that was for another body.
function starts.earlier(order)
  if not order.key or order.dryRun then return nil end
  local earlier = executions.find(order.executionId)
  if not earlier then return nil end
  if earlier.requestFingerprint ~= order.fingerprint then
    reply.fail(409, "IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used for another start",
      { executionId = earlier.executionId })
  end
  return earlier
end

local function new_item(order, start)
  local now, arn = time.now(), machine.execution_arn(order.executionId)
  return json.object {
    executionId = order.executionId, planId = start.plan.planId, planName = start.plan.planName,
    executionType = order.executionType, status = "PENDING", startTime = now, updatedAt = now, version = 1,
    initiatedBy = order.initiatedBy, reason = order.reason, totalWaves = #start.plan.waves, waves = json.array {},
    accountContext = start.context, executionArn = arn, stateMachineArn = arn, planSnapshot = start.plan,
    policyGeneration = order.generation, idempotencyKey = order.key, requestFingerprint = order.fingerprint,
    skippedChecks = next(order.skip) and lists.filter(checks.skippable(), function(name) return order.skip[name] end) or nil,
  }
end

-- The execution and the plan's claim, as one transaction.
local function transaction(order, start)
  local item = new_item(order, start)
  return {
    ClientRequestToken = uuid.v4(),
    TransactItems = json.array {
      { Put = { TableName = store.table("EXECUTION_HISTORY_TABLE"), Item = item,
                ConditionExpression = "attribute_not_exists(executionId)" } },
      { Update = plans.claim_write(item.planId, item.executionId, start.stale_claim, item.startTime) },
    },
  }, item
end

-- The plan was claimed, or the id used, since the checks looked: look again. Refuses, or finds the execution of our own key, or
-- gives the claim that may be taken over.
local function judge_again(order, start)
  local earlier = starts.earlier(order)
  if earlier then return earlier end
  conflicts.plan_is_free(start)
  return nil
end

--- Writes the execution and the plan's claim in one transaction. Gives the execution, and whether this call made it.
function starts.record(order, start)
  for _ = 1, ATTEMPTS do
    local both, item = transaction(order, start)
    local ok, problem = pcall(function() store.client():transact_write_items(both) end)
    if ok then return item, true end
    if not aws.is_error(problem, "TransactionCanceledException", "TransactionConflictException") then error(problem, 0) end
    local earlier = judge_again(order, start)
    if earlier then return earlier, false end
  end
  reply.fail(409, "CONCURRENT_UPDATE", "the plan is being started by others; try again", { planId = order.planId })
end

-- Another start got the id: same Idempotency-Key, another plan, the same moment.
local function give_way(execution)
  executions.withdraw(execution)
  reply.fail(409, "IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used for another start at the same moment",
    { executionId = execution.executionId })
end

--- Starts the state machine. If that fails, the execution is FAILED and the plan free, and the failure is the answer.
function starts.launch(execution)
  local ok, arn, taken = pcall(machine.start, execution)
  if ok and taken then give_way(execution) end
  if ok then return arn end
  local problem = arn
  local failed = executions.finish(execution, "FAILED", function(current)
    if status.of(current) ~= "PENDING" then return nil end
    return { errorMessage = "the state machine could not be started: " .. tostring(problem) }
  end)
  if status.of(failed) ~= "FAILED" then return machine.arn_of(failed) end
  error(problem, 0)
end

--- What a start answers.
function starts.answer(execution)
  local id = execution.executionId
  return {
    executionId = id, status = status.of(execution), statusUrl = "/executions/" .. id,
    message = ("%s of plan %s: %s"):format(execution.executionType, lists.given(execution.planName) or execution.planId,
      status.of(execution)),
  }
end

-- What the orchestrator would ask of DRS, wave by wave.
local function launches(order, start)
  return lists.map(start.plan.waves, function(wave)
    return { service = "drs", operation = "StartRecovery", region = wave.region, parameters = {
      sourceServers = lists.map(wave.serverIds, function(id) return { sourceServerID = id } end),
      isDrill = order.executionType == "DRILL", tags = jobs.tags(order, wave),
    } }
  end)
end

--- What a dry run answers: every check, the waves with their servers, and what the orchestrator would ask of DRS later. The
-- start's own writes are made as always; the host writes them down instead.
function starts.rehearsal(order, start)
  local results = checks.results(start)
  local refused = lists.first(results, function(one) return one.result == "refused" or one.result == "unknown" end)
  if not refused then starts.launch((starts.record(order, start))) end
  return {
    planId = start.plan.planId, planName = start.plan.planName, executionType = order.executionType,
    wouldStart = refused == nil, checks = results, waves = start.plan.waves, accountContext = start.context,
    orchestratorWrites = refused and json.array {} or launches(order, start),
    message = refused and "the start would be refused" or "the execution would start",
  }
end

return starts
