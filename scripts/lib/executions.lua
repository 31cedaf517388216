-- Execution items: reading one, and changing one without ever losing somebody else's change.

local aws       = require "aws"
local end_order = require "lib.end_order"
local ids       = require "lib.ids"
local json      = require "json"
local lists     = require "lib.lists"
local plans     = require "lib.plans"
local reply     = require "lib.reply"
local status    = require "lib.status"
local store     = require "lib.store"
local task      = require "task"
local time      = require "time"
local uuid      = require "uuid"

local executions = {}

local TABLE = "EXECUTION_HISTORY_TABLE"
local ATTEMPTS = 5
local SIZE_LIMIT = 360 * 1024   -- DynamoDB takes 400 KB; what follows a write needs room too

-- What a finished wave's servers are cut to when an item grows too large: enough to find and terminate what it launched.
local KEPT_OF_SERVER = { "sourceServerId", "launchStatus", "recoveryInstanceId", "instanceId" }

--- The execution, or nil. The plan is in the key, so this is a query; newest version.
-- Two items can carry one id for a moment: two starts with the same Idempotency-Key for different plans. Step Functions takes
-- one of them; the other never runs and is removed by its own start or by the sweep.
function executions.find(id)
  local items = store.client():query {
    TableName = store.table(TABLE), ConsistentRead = true,
    KeyConditionExpression = "executionId = :id", ExpressionAttributeValues = { [":id"] = id },
  }.Items
  return lists.first(items, function(item) return status.of(item) ~= "PENDING" end) or items[1]
end

--- The execution that a path names: 400 for what is no id, 404 for an unknown one.
function executions.get(text)
  local id = ids.execution(text)
  local execution = executions.find(id)
  if not execution then
    reply.fail(404, "EXECUTION_NOT_FOUND", "there is no execution " .. id, { executionId = id })
  end
  return execution
end

local function key_of(execution)
  return { executionId = execution.executionId, planId = execution.planId }
end

local function size_after(execution, changes)
  local item = lists.merged(execution, changes)
  for name, value in pairs(changes) do
    if value == store.REMOVE then item[name] = nil end
  end
  return store.size(item)
end

-- Waves that are over give up their details, the oldest first, until the item fits.
local function fit(execution, changes)
  if not changes.waves or size_after(execution, changes) <= SIZE_LIMIT then return changes end
  local waves = lists.map(changes.waves, function(wave) return wave end)
  for position, wave in ipairs(waves) do
    if status.wave_is_over(wave) and lists.given(wave.serverStatuses) then
      waves[position] = lists.merged(wave, { serverStatuses = lists.map(wave.serverStatuses, function(server)
        local kept = json.object {}
        for _, name in ipairs(KEPT_OF_SERVER) do kept[name] = server[name] end
        return kept
      end) })
    end
    changes = lists.merged(changes, { waves = waves })
    if size_after(execution, changes) <= SIZE_LIMIT then break end
  end
  return changes
end

--- One conditional write: nil when the item is no longer as `execution` says. `changes` holds new values, or store.REMOVE.
-- `mark` names this attempt, so that a write whose answer was lost is recognised as our own.
function executions.write(execution, changes, mark)
  local version = execution.version or 0
  changes = lists.merged(fit(execution, changes), { version = version + 1, updatedAt = time.now(), lastWrite = mark })
  local expression, names, values = store.update_expression(changes)
  names["#wasStatus"], names["#wasVersion"], values[":wasStatus"] = "status", "version", execution.status
  local same_version = "attribute_not_exists(#wasVersion)"          -- a record of the old system has none
  if execution.version then
    same_version, values[":wasVersion"] = "#wasVersion = :wasVersion", version
  end
  local ok, result = pcall(function()
    return store.client():update_item {
      TableName = store.table(TABLE), Key = key_of(execution), ReturnValues = "ALL_NEW", UpdateExpression = expression,
      ConditionExpression = "#wasStatus = :wasStatus AND " .. same_version,
      ExpressionAttributeNames = names, ExpressionAttributeValues = values,
    }
  end)
  if ok then return result.Attributes end
  if aws.is_error(result, "ConditionalCheckFailedException") then return nil end
  error(result, 0)
end

--- Changes an execution: `decide(current)` gives the changes, or nil for "leave it", or raises a refusal. A lost race is read
-- again and judged again. Gives the execution as it is afterwards, and whether this call wrote it.
function executions.change(execution, decide)
  local mark = uuid.v4()
  for _ = 1, ATTEMPTS do
    local changes = decide(execution)
    if not changes then return execution, false end
    local written = executions.write(execution, changes, mark)
    if written then return written, true end
    execution = executions.get(execution.executionId)
    if execution.lastWrite == mark then return execution, true end
  end
  reply.fail(409, "CONCURRENT_UPDATE", "the execution changes faster than this request can judge it; try again",
    { executionId = execution.executionId, executionStatus = status.of(execution) })
end

--- Ends an execution for good and gives its plan free. An execution that is over stays as it is.
-- A crash between the two writes leaves a claim by a finished execution: a start looks at the execution, not at the claim, and
-- the sweep takes the claim away.
function executions.finish(execution, final, more)
  local finished = executions.change(execution, function(current)
    if status.is_terminal(current) then return nil end
    local changes = lists.merged({
      status = final, endTime = time.now(), taskToken = store.REMOVE, claimedTaskToken = store.REMOVE,
      claimedAt = store.REMOVE, pausedBeforeWave = store.REMOVE, pausingSince = store.REMOVE,
    }, {})
    local additions = type(more) == "function" and more(current) or more or {}
    return lists.merged(lists.merged(changes, additions), end_order.changes(current))
  end)
  plans.release(finished.planId, finished.executionId)
  return finished
end

--- Takes away an execution that never ran (another one has its id). Only while it is untouched.
function executions.withdraw(execution)
  local ok, problem = pcall(function()
    store.client():delete_item {
      TableName = store.table(TABLE), Key = key_of(execution), ConditionExpression = "#s = :pending AND #v = :version",
      ExpressionAttributeNames = { ["#s"] = "status", ["#v"] = "version" },
      ExpressionAttributeValues = { [":pending"] = "PENDING", [":version"] = execution.version },
    }
  end)
  if not ok and not aws.is_error(problem, "ConditionalCheckFailedException") then error(problem, 0) end
  plans.release(execution.planId, execution.executionId)
end

--- All executions with one of these stored status words, oldest index pages first. Eventually consistent: judge after a read.
function executions.with_status(words, more)
  local found = task.map(words, function(word)
    local query = lists.merged({
      TableName = store.table(TABLE), IndexName = "StatusIndex", KeyConditionExpression = "#s = :s",
      ExpressionAttributeNames = { ["#s"] = "status" }, ExpressionAttributeValues = { [":s"] = word },
    }, more or {})
    local items = json.array {}
    for item in store.client():items("query", query) do items[#items + 1] = item end
    return items
  end)
  return lists.concat(found)
end

--- The active executions of a plan, as the index knows them.
function executions.active_of_plan(plan_id)
  local items = json.array {}
  local query = {
    TableName = store.table(TABLE), IndexName = "planIdIndex", KeyConditionExpression = "planId = :p",
    ExpressionAttributeValues = { [":p"] = plan_id },
  }
  for item in store.client():items("query", query) do
    if status.is_active(item) and status.is_known(status.of(item)) then items[#items + 1] = item end
  end
  return items
end

return executions
