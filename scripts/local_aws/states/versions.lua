-- Versions of state machines: numbered, fixed copies of what a machine was when it was published.
-- https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-version.html
local arn      = require "local_aws.states.arn"
local fault    = require "local_aws.fault"
local json     = require "json"
local machines = require "local_aws.states.machines"
local paging   = require "local_aws.states.paging"

local versions = { operations = {} }
local operations = versions.operations

local function seconds(us)
  return us // 1000 / 1000
end

function operations.PublishStateMachineVersion(call)
  local input = call.input
  local row = machines.get(call, input.stateMachineArn)
  local revision = row.revision or "INITIAL"
  if input.revisionId and input.revisionId ~= revision then
    fault.raise("ConflictException",
      ("Failed to publish the State Machine version for revision %s. The current State Machine revision "
      .. "is %s."):format(input.revisionId, revision))
  end
  local version = machines.publish(call.world.db, row, input.description)
  return { stateMachineVersionArn = row.arn .. ":" .. version.version, creationDate = seconds(version.created_us) }
end

-- Newest first.
function operations.ListStateMachineVersions(call)
  local limit = paging.limit(call.input)
  local row = machines.get(call, call.input.stateMachineArn)
  local from = paging.place("versions", call.input.nextToken) or math.maxinteger
  local rows = call.world.db:all([[SELECT * FROM states_versions WHERE machine_arn = ? AND version <= ? ORDER BY version DESC
    LIMIT ?]],
    row.arn, from, limit + 1)
  local list = json.array {}
  for index = 1, math.min(limit, #rows) do
    list[index] = { stateMachineVersionArn = row.arn .. ":" .. rows[index].version,
      creationDate = seconds(rows[index].created_us) }
  end
  return { stateMachineVersions = list, nextToken = rows[limit + 1] and paging.token("versions", rows[limit + 1].version) }
end

-- Deleting what is not there is no error; a version that an alias leads to stays.
function operations.DeleteStateMachineVersion(call)
  local text, db = call.input.stateMachineVersionArn, call.world.db
  arn.check(text, "stateMachine")
  local machine_arn, qualifier = arn.split(text)
  if not qualifier or not qualifier:find "^%d+$" then
    fault.raise("ValidationException", "The resource ARN must be that of a state machine version: " .. text)
  elseif not db:first("SELECT 1 AS one FROM states_machines WHERE arn = ? AND account = ?", machine_arn, call.account) then
    return {}
  end
  local names = {}
  for row in db:rows("SELECT name, routing FROM states_aliases WHERE machine_arn = ? ORDER BY name", machine_arn) do
    for _, part in ipairs(json.decode(row.routing)) do
      names[#names + 1] = part.stateMachineVersionArn == text and row.name or nil
    end
  end
  if #names > 0 then
    fault.raise("ConflictException",
      ("Version to be deleted must not be referenced by an alias. Current list of aliases referencing this "
      .. "version: [%s]"):format(table.concat(names, ", ")))
  end
  db:run("DELETE FROM states_versions WHERE machine_arn = ? AND version = ?", machine_arn, tonumber(qualifier))
  return {}
end

return versions
