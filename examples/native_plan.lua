-- DRS's own recovery plans beside drsh's: read, translated, compared, written.
local aws = require "aws"
local config = require "config"
local json = require "json"

local native_plan = {}

local function tail(arn) return arn:match "[^/]+$" end

local function table_client() return aws.client("dynamodb", { document = true }) end

-- The native plan with this name or ARN and its steps in order; nil when there is none.
function native_plan.find(region, wanted)
  local drs = aws.client("drs", { region = region })
  for summary in drs:items("list_recovery_plans", {}) do
    if summary.name == wanted or summary.recoveryPlanArn == wanted then
      local plan = drs:get_recovery_plan { recoveryPlanArn = summary.recoveryPlanArn }.recoveryPlan
      plan.steps = {}
      for step in drs:items("list_recovery_plan_steps", { recoveryPlanArn = summary.recoveryPlanArn }) do
        plan.steps[#plan.steps + 1] = step
      end
      return plan
    end
  end
end

-- The ids of a step's servers, and those that are OPTIONAL.
local function servers_of(step)
  local ids, spare = json.array {}, {}
  for index, server in ipairs(step.configuration.serverStepConfiguration.servers) do
    ids[index] = tail(server.serverArn)
    if server.impactLevel == "OPTIONAL" then spare[#spare + 1] = ids[index] end
  end
  return ids, spare
end

-- -> drsh's plan, its protection groups, and what neither can hold, as sentences.
function native_plan.translate(native, pause)
  local region, account = native.recoveryPlanArn:match "^arn:[^:]+:drs:([^:]+):(%d+):"
  local waves, groups, notes, waited = json.array {}, {}, {}, false
  for index, step in ipairs(native.steps) do
    local wait = step.configuration.waitStepConfiguration
    if wait then
      waited = pause and native.steps[index + 1] ~= nil
      notes[#notes + 1] = ("the wait '%s' of %d minutes is %s"):format(step.stepName, wait.waitDurationMinutes,
        waited and "a pause before the next wave" or "left out")
    else
      local ids, spare = servers_of(step)
      local number, group_id = #waves, tail(step.recoveryPlanStepArn)
      waves[number + 1] = {
        waveNumber = number, waveName = step.stepName, protectionGroupId = group_id, serverIds = ids,
        pauseBeforeWave = waited, dependsOnWaves = number > 0 and json.array { number - 1 } or json.array {},
      }
      groups[#groups + 1] = { groupId = group_id, groupName = native.name .. ": " .. step.stepName, region = region,
        accountId = account, sourceServerIds = ids }
      if spare[1] then notes[#notes + 1] = ("OPTIONAL in '%s': %s"):format(step.stepName, table.concat(spare, ", ")) end
      waited = false
    end
  end
  local plan = { planId = tail(native.recoveryPlanArn), planName = native.name, description = native.description or "",
    waves = waves }
  return plan, groups, notes
end

-- One difference a field, as "wave 1 waveName: Database, and not Data".
local function differ(found, what, wanted, stored, fields)
  for _, name in ipairs(fields) do
    local ours, theirs = json.encode(wanted[name]), stored[name] ~= nil and json.encode(stored[name]) or "nothing"
    if ours ~= theirs then found[#found + 1] = ("%s %s: DRS has %s, drsh %s"):format(what, name, ours, theirs) end
  end
end

-- Where the plan and groups that drsh has differ from these: a list of sentences, empty when they do not.
function native_plan.compare(plan, groups)
  local client, found = table_client(), {}
  local stored = client:get_item { TableName = config.get "RECOVERY_PLANS_TABLE", Key = { planId = plan.planId },
    ConsistentRead = true }.Item
  if not stored then return { "drsh has no plan " .. plan.planId } end
  differ(found, "plan", plan, stored, { "planName", "description" })
  for index = 1, math.max(#plan.waves, #stored.waves) do
    local wave, other = plan.waves[index], stored.waves[index]
    if wave and other then
      differ(found, "wave " .. index, wave, other, { "waveName", "protectionGroupId", "serverIds", "pauseBeforeWave",
        "dependsOnWaves" })
    else
      found[#found + 1] = ("wave %d %s: only %s has it"):format(index, (wave or other).waveName, wave and "DRS" or "drsh")
    end
  end
  for _, group in ipairs(groups) do
    local other = client:get_item { TableName = config.get "PROTECTION_GROUPS_TABLE", Key = { groupId = group.groupId },
      ConsistentRead = true }.Item
    differ(found, "group " .. group.groupName, group, other or {}, { "groupName", "region", "accountId", "sourceServerIds" })
  end
  return found
end

-- Sets the fields of an item and leaves the others alone: the claim of a running execution, a group's launch settings.
local function set(client, table_name, key, item, fields)
  local names, values, assignments = {}, {}, {}
  for index, name in ipairs(fields) do
    names["#" .. index], values[":" .. index] = name, item[name]
    assignments[index] = ("#%d = :%d"):format(index, index)
  end
  client:update_item { TableName = config.get(table_name), Key = { [key] = item[key] },
    UpdateExpression = "SET " .. table.concat(assignments, ", "), ExpressionAttributeNames = names,
    ExpressionAttributeValues = values }
end

-- Groups first: whoever is killed in between leaves a plan that is whole, old or new.
function native_plan.write(plan, groups)
  local client = table_client()
  for _, group in ipairs(groups) do
    set(client, "PROTECTION_GROUPS_TABLE", "groupId", group, { "groupName", "region", "accountId", "sourceServerIds" })
  end
  set(client, "RECOVERY_PLANS_TABLE", "planId", plan, { "planName", "description", "waves" })
end

return native_plan
