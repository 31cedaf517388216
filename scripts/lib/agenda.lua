-- Which executions the sweep must look at, and when: those with a deferred termination. One item, so that a minute's look costs
-- one read however long the history is.
--
-- It lies in the execution table under an id that no execution has, without the attributes that the indexes need. An entry is
-- written before the execution that it stands for, and taken away only when it is old and the execution has nothing deferred:
-- a crash leaves an entry too many, never one too few.

local aws   = require "aws"
local store = require "lib.store"
local time  = require "time"

local agenda = {}

local TABLE = "EXECUTION_HISTORY_TABLE"
local KEY = { executionId = "drsh-agenda", planId = "drsh" }

--- How long an entry without a deferred termination is kept: its writer may be on its way.
agenda.GRACE_SECONDS = 600

--- Looks at this execution at `due`, at the latest.
function agenda.put(id, due)
  store.client():update_item {
    TableName = store.table(TABLE), Key = KEY, UpdateExpression = "SET #id = :entry",
    ExpressionAttributeNames = { ["#id"] = id }, ExpressionAttributeValues = { [":entry"] = { at = time.now(), due = due } },
  }
end

--- The entries that are due: a list of { id, at, due }.
function agenda.due()
  local found, now = {}, time.now()
  for name, entry in pairs(store.get(TABLE, KEY) or {}) do
    if type(entry) == "table" and entry.due and entry.due <= now then
      found[#found + 1] = { id = name, at = entry.at, due = entry.due }
    end
  end
  table.sort(found, function(a, b) return a.id < b.id end)
  return found
end

--- Takes an entry away, unless somebody has written it again since.
function agenda.drop(entry)
  local ok, problem = pcall(function()
    store.client():update_item {
      TableName = store.table(TABLE), Key = KEY, UpdateExpression = "REMOVE #id", ConditionExpression = "#id = :seen",
      ExpressionAttributeNames = { ["#id"] = entry.id },
      ExpressionAttributeValues = { [":seen"] = { at = entry.at, due = entry.due } },
    }
  end)
  if not ok and not aws.is_error(problem, "ConditionalCheckFailedException") then error(problem, 0) end
end

return agenda
