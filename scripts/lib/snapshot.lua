-- Freezing a plan: its waves with the servers that they mean at this moment. An execution runs this,
-- whatever becomes of the plan.

local accounts = require "lib.accounts"
local groups   = require "lib.groups"
local json     = require "json"
local lists    = require "lib.lists"
local plans    = require "lib.plans"
local reply    = require "lib.reply"

local snapshot = {}

-- The execution item holds each server three times (snapshot, wave, outcome) and must stay under DynamoDB's 400 KB.
local MOST_SERVERS = 1500
-- The state machine's state holds each wave, without servers, and must stay under 256 KiB.
local MOST_WAVES = 400

local function groups_of(wave, by_id)
  local ids = plans.group_ids(wave)
  if #ids == 0 then
    reply.fail(400, "PROTECTION_GROUP_NOT_FOUND", ("wave %d names no protection group"):format(wave.waveNumber),
      { waveNumber = wave.waveNumber })
  end
  return lists.map(ids, function(id)
    if not by_id[id] then
      reply.fail(400, "PROTECTION_GROUP_NOT_FOUND", ("wave %d names an unknown group, %s"):format(wave.waveNumber, id),
        { waveNumber = wave.waveNumber, protectionGroupId = id })
    end
    return by_id[id]
  end)
end

local function region_of(wave, chosen)
  local regions = lists.unique(lists.filter(lists.map(chosen, function(group) return lists.given(group.region) end),
    function(region) return region end))
  if #regions ~= 1 then
    reply.fail(400, "WAVE_NEEDS_ONE_REGION", ("a wave is one DRS job, in one region; wave %d has %d")
      :format(wave.waveNumber, #regions), { waveNumber = wave.waveNumber, regions = regions })
  end
  return regions[1]
end

local function freeze_wave(wave, chosen, by_region)
  local servers = wave.serverIds
  if #servers == 0 then
    servers = lists.concat(lists.map(chosen, function(group) return groups.server_ids(group, by_region) end))
  end
  servers = lists.unique(servers)
  if #servers == 0 then
    reply.fail(400, "NO_SERVERS_MATCHED", ("no server matches the selection of wave %d, %s")
      :format(wave.waveNumber, wave.waveName), { waveNumber = wave.waveNumber, protectionGroupIds = wave.protectionGroupIds })
  end
  local by_tags = #wave.serverIds == 0 and lists.first(chosen, groups.by_tags) ~= nil
  return lists.merged(wave, {
    region = region_of(wave, chosen), serverIds = servers, selectionMode = by_tags and "TAGS" or "PLAN",
  })
end

local function refuse_what_cannot_run(waves)
  local _, stuck = plans.levels(waves)
  if stuck then
    reply.fail(400, "UNMET_WAVE_DEPENDENCY", ("wave %d can never start: its dependencies go in a circle or name no wave")
      :format(stuck.waveNumber), { waveNumber = stuck.waveNumber, dependsOnWaves = stuck.dependsOnWaves })
  end
  local numbers = lists.map(waves, function(wave) return wave.waveNumber end)
  local servers = 0
  for _, wave in ipairs(waves) do servers = servers + #wave.serverIds end
  if servers > MOST_SERVERS or #waves > MOST_WAVES or #lists.unique(numbers) < #numbers then
    reply.fail(400, "PLAN_TOO_LARGE", ("a plan has at most %d waves, all with numbers of their own, and %d servers")
      :format(MOST_WAVES, MOST_SERVERS), { totalWaves = #waves, totalServers = servers })
  end
end

--- The frozen plan and its account context, or the refusal that endpoints.md names.
function snapshot.take(plan, asked_account)
  local waves = plans.waves(plan)
  if #waves == 0 then
    reply.fail(400, "PLAN_HAS_NO_WAVES", "the plan has no waves", { planId = plan.planId })
  end
  local by_id = groups.get_many(lists.concat(lists.map(waves, plans.group_ids)))
  local known = json.array {}
  for _, group in pairs(by_id) do known[#known + 1] = group end
  local context = accounts.context(known, asked_account)
  local chosen = lists.map(waves, function(wave) return groups_of(wave, by_id) end)
  local ok, by_region = pcall(groups.servers_by_region, lists.concat(chosen), context)
  if not ok then reply.lookup_failed(by_region, "the servers of the plan's groups", { check = "selection" }) end
  local frozen = lists.map(waves, function(wave, position) return freeze_wave(wave, chosen[position], by_region) end)
  refuse_what_cannot_run(frozen)
  return json.object {
    planId = plan.planId, planName = lists.given(plan.planName), description = lists.given(plan.description), waves = frozen,
  }, context
end

return snapshot
