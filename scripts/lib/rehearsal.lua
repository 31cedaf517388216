-- Dry runs of pause, resume and cancel: what would be written, and nothing is.

local json   = require "json"
local status = require "lib.status"
local store  = require "lib.store"

local rehearsal = {}

-- The write without what nobody may see.
local function update(execution, changes)
  local shown = json.object {}
  for name, value in pairs(changes) do
    if value == store.REMOVE then
      shown[name] = json.null
    else
      shown[name] = name:lower():find("token", 1, true) and "(hidden)" or value
    end
  end
  return { service = "dynamodb", operation = "UpdateItem", parameters = {
    TableName = store.table("EXECUTION_HISTORY_TABLE"), changes = shown,
    Key = { executionId = execution.executionId, planId = execution.planId },
  } }
end

--- The answer. `decide` is the judgement of the real call, refusals included; `following` names the calls to Step Functions
-- that would come after the write: a list, from the execution and what `decide` gave.
function rehearsal.of(execution, decide, following)
  local decided = table.pack(decide(execution))
  local changes, now = decided[1], status.of(execution)
  local writes = json.array {}
  if changes then
    writes[1] = update(execution, changes)
    for _, operation in ipairs(following and following(execution, decided[2]) or {}) do
      writes[#writes + 1] = { service = "sfn", operation = operation }
    end
  end
  return {
    dryRun = true, executionId = execution.executionId, status = now, wouldBecome = changes and changes.status or now,
    message = changes and "nothing was written" or "nothing would change", awsWrites = writes,
  }
end

--- What would follow a resume: the token is used, if there is one.
function rehearsal.after_resume(_, token)
  return token and { "SendTaskSuccess" } or {}
end

return rehearsal
