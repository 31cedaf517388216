-- Recovery plans: the stored one, the one frozen into an execution, and the claim "this plan runs as execution X".

local aws   = require "aws"
local json  = require "json"
local lists = require "lib.lists"
local reply = require "lib.reply"
local store = require "lib.store"

local plans = {}

local TABLE = "RECOVERY_PLANS_TABLE"

function plans.find(plan_id)
  return store.get(TABLE, { planId = plan_id })
end

--- The plan, or 404.
function plans.get(plan_id)
  local plan = plans.find(plan_id)
  if not plan then
    reply.fail(404, "RECOVERY_PLAN_NOT_FOUND", "there is no recovery plan " .. plan_id, { planId = plan_id })
  end
  return plan
end

function plans.get_many(plan_ids)
  return store.get_many(TABLE, "planId", plan_ids)
end

--- The groups that a wave names, old single field and new list alike.
function plans.group_ids(wave)
  local many = lists.of(wave.protectionGroupIds)
  if #many > 0 then return many end
  return lists.of(wave.protectionGroupId)
end

--- The groups that these plans (any table of plans) name.
function plans.all_group_ids(some_plans)
  local found = json.array {}
  for _, plan in pairs(some_plans) do
    for _, wave in ipairs(lists.of(plan.waves)) do found = lists.concat { found, plans.group_ids(wave) } end
  end
  return lists.unique(found)
end

-- A wave of a plan with every field in its place. Numbers may be missing in old plans: then the place in the list counts.
local function normal_wave(wave, position)
  local number = math.tointeger(lists.given(wave.waveNumber)) or position - 1
  return json.object {
    waveNumber = number,
    waveName = lists.given(wave.waveName) or ("Wave " .. (number + 1)),
    protectionGroupId = plans.group_ids(wave)[1],
    protectionGroupIds = plans.group_ids(wave),
    serverIds = lists.of(wave.serverIds),
    region = lists.given(wave.region),
    pauseBeforeWave = lists.given(wave.pauseBeforeWave) == true,
    dependsOnWaves = lists.map(lists.of(wave.dependsOnWaves), function(n) return math.tointeger(n) end),
  }
end

--- The waves of a plan, complete and in order.
function plans.waves(plan)
  local waves = lists.map(lists.of(plan and plan.waves), normal_wave)
  table.sort(waves, function(a, b) return a.waveNumber < b.waveNumber end)
  return waves
end

--- What an execution runs: the plan as it was at the start. Only a record of the old system has none; for that one the plan as
-- it is now must do (nil when that is gone as well).
function plans.of(execution)
  local frozen = lists.given(execution.planSnapshot)
  if frozen then return frozen end
  return plans.find(execution.planId)
end

--- A wave starts when the waves that it names are done. One that names none follows the wave before it: that is what the
-- plans of the old system mean, and what an operator expects who never heard of dependencies.
function plans.dependencies(waves, position)
  local wave = waves[position]
  if #lists.of(wave.dependsOnWaves) > 0 then return wave.dependsOnWaves end
  local before = waves[position - 1]
  return before and { before.waveNumber } or {}
end

--- The level of each wave: 1 for those that start at once, else one more than the deepest it depends on. Waves of one level may
-- run side by side. Gives nil and the wave that can never start when there is a circle, or a dependency on no wave.
function plans.levels(waves)
  local level, known = {}, 0
  for _ = 1, #waves + 1 do
    local before = known
    for position, wave in ipairs(waves) do
      if not level[wave.waveNumber] then
        local deepest = 0
        for _, number in ipairs(plans.dependencies(waves, position)) do
          deepest = deepest and level[number] and math.max(deepest, level[number]) or nil
        end
        if deepest then level[wave.waveNumber], known = deepest + 1, known + 1 end
      end
    end
    if known == before then break end
  end
  local stuck = lists.first(waves, function(wave) return not level[wave.waveNumber] end)
  if stuck then return nil, stuck end
  return level
end

--- The write that claims a plan for an execution, as part of a transaction. `stale` is a claim that was looked at and whose
-- execution is over: it may be taken over.
function plans.claim_write(plan_id, execution_id, stale, now)
  local condition, values = "attribute_not_exists(activeExecutionId)", { [":id"] = execution_id, [":now"] = now }
  if stale then
    condition, values[":stale"] = condition .. " OR activeExecutionId = :stale", stale
  end
  return {
    TableName = store.table(TABLE), Key = { planId = plan_id },
    UpdateExpression = "SET activeExecutionId = :id, activeExecutionAt = :now",
    ConditionExpression = "attribute_exists(planId) AND (" .. condition .. ")", ExpressionAttributeValues = values,
  }
end

--- Gives the plan free, if this execution holds it. A plan that is gone, or held by another, is left alone.
function plans.release(plan_id, execution_id)
  local ok, problem = pcall(function()
    store.client():update_item {
      TableName = store.table(TABLE), Key = { planId = plan_id },
      UpdateExpression = "REMOVE activeExecutionId, activeExecutionAt",
      ConditionExpression = "activeExecutionId = :id", ExpressionAttributeValues = { [":id"] = execution_id },
    }
  end)
  if not ok and not aws.is_error(problem, "ConditionalCheckFailedException") then error(problem, 0) end
end

--- Every plan that is claimed, for the sweep.
function plans.claimed()
  local claimed = json.array {}
  local scan = { TableName = store.table(TABLE), FilterExpression = "attribute_exists(activeExecutionId)",
                 ProjectionExpression = "planId, activeExecutionId, activeExecutionAt" }
  for plan in store.client():items("scan", scan) do claimed[#claimed + 1] = plan end
  return claimed
end

return plans
