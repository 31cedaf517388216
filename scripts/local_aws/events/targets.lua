-- Targets of rules.

local buses = require "local_aws.events.buses"
local fault = require "local_aws.fault"
local json = require "json"
local paging = require "local_aws.events.paging"
local rules = require "local_aws.events.rules"

local targets = {}

targets.schema = [[
CREATE TABLE IF NOT EXISTS events_targets (
  account TEXT NOT NULL, region TEXT NOT NULL, bus TEXT NOT NULL, rule TEXT NOT NULL, id TEXT NOT NULL, arn TEXT NOT NULL,
  definition TEXT NOT NULL, PRIMARY KEY (account, region, bus, rule, id)
) WITHOUT ROWID;
]]

local MOST = 5

-- The targets of a rule (its row), in the order of their ids.
function targets.of(db, rule)
  local list = {}
  for row in db:rows([[SELECT definition FROM events_targets WHERE account = ? AND region = ? AND bus = ? AND rule = ?
    ORDER BY id]], rule.account, rule.region, rule.bus, rule.name) do
    list[#list + 1] = json.decode(row.definition)
  end
  return list
end

local operations = {}

local function check(target)
  local given = (target.Input and 1 or 0) + (target.InputPath and 1 or 0) + (target.InputTransformer and 1 or 0)
  if given > 1 then
    fault.raise("ValidationException",
      ("Only one of Input, InputPath, or InputTransformer must be provided for target %s."):format(
      target.Id))
  elseif not target.Arn:find("^arn:") then
    fault.raise("ValidationException", ("Parameter %s is not valid. Reason: Provided Arn is not in correct format."):format(
      target.Arn))
  elseif target.Input and not pcall(json.decode, target.Input) then
    fault.raise("ValidationException", ("Invalid JSON in target %s."):format(target.Id))
  end
end

function operations.PutTargets(call)
  local input, db = call.input, call.world.db
  local rule = rules.get(call, input.Rule, input.EventBusName)
  for _, target in ipairs(input.Targets) do
    check(target)
    db:run([[INSERT OR REPLACE INTO events_targets (account, region, bus, rule, id, arn, definition)
      VALUES (?, ?, ?, ?, ?, ?, ?)]], call.account, call.region, rule.bus, rule.name, target.Id, target.Arn,
        json.encode(target))
  end
  if #targets.of(db, rule) > MOST then
    fault.raise("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
  end
  return { FailedEntryCount = 0, FailedEntries = json.array {} }
end

function operations.RemoveTargets(call)
  local input, failed = call.input, json.array {}
  local rule = rules.get(call, input.Rule, input.EventBusName)
  for _, id in ipairs(input.Ids) do
    local count = call.world.db:run([[DELETE FROM events_targets WHERE account = ? AND region = ? AND bus = ? AND rule = ?
      AND id = ?]], call.account, call.region, rule.bus, rule.name, id)
    if count == 0 then
      failed[#failed + 1] = {
        TargetId = id, ErrorCode = "ResourceNotFoundException",
        ErrorMessage = ("Rule %s does not have any target with id %s."):format(rule.name, id),
      }
    end
  end
  return { FailedEntryCount = #failed, FailedEntries = failed }
end

function operations.ListTargetsByRule(call)
  local rule = rules.get(call, call.input.Rule, call.input.EventBusName)
  local items, token = paging.cut(targets.of(call.world.db, rule), call.input)
  return { Targets = items, NextToken = token }
end

function operations.ListRuleNamesByTarget(call)
  local list = {}
  for row in call.world.db:rows([[SELECT DISTINCT rule FROM events_targets WHERE account = ? AND region = ? AND bus = ?
    AND arn = ? ORDER BY rule]], call.account, call.region, buses.name(call, call.input.EventBusName), call.input.TargetArn) do
    list[#list + 1] = row.rule
  end
  local items, token = paging.cut(list, call.input)
  return { RuleNames = items, NextToken = token }
end

targets.operations = operations

return targets
