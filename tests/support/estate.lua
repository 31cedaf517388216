-- A small estate in a local AWS of its own, in memory, with a clock that stands still: what the specs of the scripts run against.
--
--   local here = estate.open()
--   local status, body, headers = here.call("POST", "/executions", { planId = estate.PLAN, ... }, { ["Idempotency-Key"] = "k" })
--   here.advance(30)                    the world's clock moves on; what is due happens
--   here.close()
--
-- Times of DRS jobs are short (a launch takes about 7 s), so that a wave is over at the next poll.

local json    = require "json"
local testing = require "testing"

local estate = {}

estate.ACCOUNT, estate.OTHER_ACCOUNT = testing.ACCOUNT, "210987654321"
estate.EAST, estate.WEST = testing.REGION, "us-west-2"
estate.EPOCH = testing.EPOCH

local TABLES = testing.TABLES

--- The id of a source server: "web", 3 gives s-web00000000000003.
function estate.server_id(name, number)
  return ("s-%s%0" .. 17 - #name .. "d"):format(name, number)
end

--- The ids name-1 to name-count.
function estate.server_ids(name, count)
  local ids = json.array {}
  for number = 1, count do ids[number] = estate.server_id(name, number) end
  return ids
end

local function servers(name, count, tags, more)
  local list = {}
  for number = 1, count do
    local server = { id = estate.server_id(name, number), hostname = ("%s-%d"):format(name, number), tags = {} }
    for key, value in pairs(tags or {}) do server.tags[key] = value end
    for key, value in pairs(more or {}) do server[key] = value end
    list[number] = server
  end
  return list
end

local function join(...)
  local all = {}
  for _, list in ipairs { ... } do table.move(list, 1, #list, #all + 1, all) end
  return all
end

estate.servers = servers

local function group(id, more)
  local item = { groupId = id, groupName = id, region = estate.EAST, launchConfig = json.object {} }
  for key, value in pairs(more) do item[key] = value end
  return item
end

local function wave(number, group_id, more)
  local item = { waveNumber = number, waveName = "wave " .. number, protectionGroupId = group_id, serverIds = json.array {},
                 pauseBeforeWave = false, dependsOnWaves = json.array {} }
  for key, value in pairs(more or {}) do item[key] = value end
  return item
end
estate.wave, estate.group = wave, group

local function plan(id, waves)
  return { planId = id, planName = "The plan " .. id, description = "for tests", waves = json.array(waves) }
end
estate.plan = plan

local GROUPS = {
  group("db", { sourceServerIds = estate.server_ids("db", 2) }),
  group("app", { serverSelectionTags = { tier = "app" } }),
  group("web", { region = estate.WEST, sourceServerIds = estate.server_ids("web", 2) }),
  group("bad", { sourceServerIds = estate.server_ids("bad", 2) }),
  group("worse", { sourceServerIds = json.array { estate.server_id("bad", 1) } }),
  group("stalled", { sourceServerIds = json.array { estate.server_id("stalled", 1), estate.server_id("db", 1) } }),
  group("typo", { serverSelectionTags = { tier = "aap" } }),
  group("far", { accountId = estate.OTHER_ACCOUNT, sourceServerIds = estate.server_ids("far", 2) }),
  group("big", { sourceServerIds = estate.server_ids("big", 101) }),
}

local PLANS = {
  plan("three", { wave(0, "db"), wave(1, "app"), wave(2, "web", { pauseBeforeWave = true }) }),
  plan("two", { wave(0, "db"), wave(1, "app") }),
  plan("one", { wave(0, "db") }),
  plan("gate-first", { wave(0, "db", { pauseBeforeWave = true }), wave(1, "app") }),
  plan("sides", { wave(0, "db"), wave(1, "app", { dependsOnWaves = json.array { 0 } }),
    wave(2, "web", { dependsOnWaves = json.array { 0 } }) }),
  plan("partial", { wave(0, "bad"), wave(1, "app") }),
  plan("failing", { wave(0, "worse"), wave(1, "app") }),
  plan("stalled", { wave(0, "stalled") }),
  plan("typo", { wave(0, "db"), wave(1, "typo") }),
  plan("empty", {}),
  plan("no-group", { wave(0, nil) }),
  plan("unknown-group", { wave(0, "gone") }),
  plan("circle", { wave(0, "db", { dependsOnWaves = json.array { 1 } }), wave(1, "app") }),
  plan("accounts", { wave(0, "db"), wave(1, "far") }),
  plan("far", { wave(0, "far") }),
  plan("big", { wave(0, "big") }),
}

local function content()
  local account, role = estate.ACCOUNT, "DRSOrchestrationCrossAccountRole"
  local function items(setting, list)
    return { account = account, region = estate.EAST, name = TABLES[setting], items = list }
  end
  return {
    accounts = { [estate.OTHER_ACCOUNT] = { roles = { {
      roleName = role, trustedAccounts = { account }, externalId = "far-secret" } } } },
    places = {
      { account = account, region = estate.EAST, sourceServers = join(servers("db", 2), servers("app", 4, { tier = "app" }),
        servers("big", 101),
        { { id = estate.server_id("bad", 1), hostname = "bad-1", behaviour = { launch = "FAILED" } },
          { id = estate.server_id("bad", 2), hostname = "bad-2" } },
        servers("stalled", 1, nil, { replication = { state = "STALLED" } })) },
      { account = account, region = estate.WEST, sourceServers = servers("web", 2) },
      { account = estate.OTHER_ACCOUNT, region = estate.EAST, sourceServers = servers("far", 2) },
    },
    tables = {
      items("RECOVERY_PLANS_TABLE", PLANS), items("PROTECTION_GROUPS_TABLE", GROUPS),
      items("TARGET_ACCOUNTS_TABLE", { { accountId = estate.OTHER_ACCOUNT, assumeRoleName = role, externalId = "far-secret" } }),
    },
  }
end

--- A world with the small estate: what `require "testing"` gives, and put_execution.
function estate.open()
  local here = testing.open { estate = content() }

  --- Puts an execution that was never run: what another version, or a crash, may have left.
  function here.put_execution(fields)
    local item = { planId = "three", planName = "The plan three", executionType = "DRILL", status = "RUNNING",
                   startTime = estate.EPOCH - 100, updatedAt = estate.EPOCH - 100, initiatedBy = "a test", totalWaves = 3,
                   waves = json.array {}, version = 1 }
    for name, value in pairs(fields) do item[name] = value ~= json.null and value or nil end
    here.put("EXECUTION_HISTORY_TABLE", item)
    return item
  end
  return here
end

return estate
