-- What AWS would answer to a call that a dry run does not send, as far as that follows from what is known. An execution item
-- after an update follows from the item before it; the id of a new job does not, so such ids say that they are none.

local failure = require "aws.failure"
local json    = require "json"
local time    = require "time"

local foresee = {}

local UNKNOWN = "dry-run"

local function job(kind, listed, id_name)
  return function(_, parameters, run)
    local servers = json.array {}
    for position, one in ipairs(parameters[listed] or {}) do
      servers[position] = { [id_name] = type(one) == "table" and one[id_name] or one, launchStatus = "PENDING" }
    end
    local id = ("%s-%d"):format(UNKNOWN, #run.writes)
    return { job = { jobID = id, type = kind, status = "PENDING", participatingServers = servers } }
  end
end

-- --- DynamoDB: UpdateItem with its result ---

local function key_of(parameters)
  return parameters.TableName .. "\0" .. json.encode(parameters.Key)
end

local function plain_name(names, word)
  if word:find("^#") then return names[word] end
  return word:find("^[%a_][%w_]*$") and word or nil
end

-- The lists behind SET and REMOVE; nil when there is another word.
local function clauses(text)
  local at = text:find(" REMOVE ", 1, true)
  if text:find("^REMOVE ") then return "", text:sub(#"REMOVE " + 1) end
  if not text:find("^SET ") then return nil end
  if not at then return text:sub(#"SET " + 1), "" end
  return text:sub(#"SET " + 1, at - 1), text:sub(at + #" REMOVE ")
end

-- The item after "SET a = :v, ... REMOVE b, ...", or nil for an expression of another form.
local function updated(item, parameters)
  local out = json.object {}
  for name, value in pairs(item) do out[name] = value end
  for name, value in pairs(parameters.Key) do out[name] = value end
  local names, values = parameters.ExpressionAttributeNames or {}, parameters.ExpressionAttributeValues or {}
  local sets, removes = clauses(parameters.UpdateExpression)
  if not sets then return nil end
  for assignment in sets:gmatch("[^,]+") do
    local left, right = assignment:match("^ *([^ =]+) *= *(:[^ ]+) *$")
    local name = left and plain_name(names, left)
    if not name or values[right] == nil then return nil end
    out[name] = values[right]
  end
  for word in removes:gmatch("[^, ]+") do
    local name = plain_name(names, word)
    if not name then return nil end
    out[name] = nil
  end
  return out
end

-- `run.items` keeps what the items would be by now: the next update goes on from there.
local function update_item(client, parameters, run, read)
  local wanted = parameters.ReturnValues
  if not parameters.UpdateExpression then return wanted == nil and {} or nil end
  local before = run.items[key_of(parameters)]
  if not before and wanted == nil then return {} end
  if not before then
    local asked = { TableName = parameters.TableName, Key = parameters.Key, ConsistentRead = true }
    before = read(client, "GetItem", asked).Item or {}
  end
  local after = updated(before, parameters)
  if not after then return wanted == nil and {} or nil end
  run.items[key_of(parameters)] = after
  if wanted == nil or wanted == "NONE" then return {} end
  if wanted == "ALL_NEW" then return { Attributes = after } end
  if wanted == "ALL_OLD" then return { Attributes = before } end
end

local function nothing() return {} end

local PLANS = {
  dynamodb = {
    UpdateItem = update_item, PutItem = nothing, DeleteItem = nothing, TransactWriteItems = nothing,
    BatchWriteItem = function() return { UnprocessedItems = json.object {} } end,
  },
  drs = {
    StartRecovery = job("LAUNCH", "sourceServers", "sourceServerID"),
    TerminateRecoveryInstances = job("TERMINATE", "recoveryInstanceIDs", "recoveryInstanceID"),
  },
  sfn = {
    StartExecution = function(_, parameters)
      local arn = parameters.stateMachineArn:gsub(":stateMachine:", ":execution:", 1)
      return { executionArn = arn .. ":" .. (parameters.name or UNKNOWN), startDate = time.now() }
    end,
    StopExecution = function() return { stopDate = time.now() } end,
  },
  ec2 = {
    CreateSnapshots = function(_, parameters)
      return { Snapshots = json.array { { SnapshotId = UNKNOWN, State = "pending",
        Description = parameters.Description } } }
    end,
  },
}

--- The output of a call that is not sent. `read(client, operation, parameters)` makes a call that only reads. Raises
-- DRY_RUN_STOPPED where nobody can know the answer: what would follow depends on it.
function foresee.answer(client, operation, parameters, run, read)
  local plan = PLANS[client.service] and PLANS[client.service][operation.name]
  local output = plan and plan(client, parameters, run, read)
  if output then return output end
  local shape = operation.output and client.model.shapes[operation.output]
  if not plan and (not shape or next(shape.members or {}) == nil) then return {} end
  run.stopped = { service = client.service, operation = operation.name }
  error(failure.new {
    code = "DRY_RUN_STOPPED", service = client.service, operation = operation.name, region = client:prepare().region,
    retryable = false,
    message = "the dry run ends here: what this call would answer cannot be foretold, and what would follow depends on it",
  }, 0)
end

return foresee
