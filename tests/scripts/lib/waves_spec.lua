local estate = require "tests.support.estate"
local json   = require "json"
local plans  = require "lib.plans"
local waves  = require "lib.waves"

local function frozen(list) return { planSnapshot = { waves = json.array(list) }, waves = json.array {} } end

local function with_status(words)
  local all = json.array {}
  for position, word in ipairs(words) do
    all[position] = { waveNumber = position - 1, status = word, serverIds = json.array { "s-1", "s-2" },
                      serverStatuses = json.array { { launchStatus = "LAUNCHED" }, { launchStatus = "PENDING" } },
                      dependsOnWaves = json.array {} }
  end
  return all
end

describe("The waves of an execution", function()
  it("are the recorded ones, and the planned ones as PENDING", function()
    local execution = frozen { estate.wave(0, "a"), estate.wave(1, "b", { pauseBeforeWave = true }) }
    execution.waves[1] = { waveNumber = 0, status = "COMPLETED", serverStatuses = json.array {} }
    local all = waves.all(execution)
    assert.equal("COMPLETED", all[1].status)
    assert.equal("PENDING", all[2].status)
    assert.is_true(all[2].pauseBeforeWave)
  end)

  it("of an old record keep those that the plan no longer has", function()
    local all = waves.all({ waves = json.array { { waveNumber = 4, status = "FAILED" } } },
      { waves = json.array { estate.wave(0, "a") } })
    assert.equal(2, #all)
    assert.equal(4, all[2].waveNumber)
  end)

  for _, case in ipairs {
    { { "COMPLETED", "COMPLETED" }, "COMPLETED" }, { { "COMPLETED", "CANCELLED" }, "PARTIAL" },
    { { "PARTIAL", "COMPLETED" }, "PARTIAL" }, { { "FAILED", "CANCELLED" }, "FAILED" }, { { "FAILED", "COMPLETED" }, "PARTIAL" },
    { { "TIMEOUT", "CANCELLED" }, "TIMEOUT" }, { { "COMPLETED", "TIMEOUT" }, "TIMEOUT" },
    { { "CANCELLED", "CANCELLED" }, "CANCELLED" }, { { "PENDING" }, "FAILED" }, { {}, "FAILED" },
  } do
    it(("%s make %s"):format(table.concat(case[1], ", "), case[2]), function()
      assert.equal(case[2], waves.outcome(with_status(case[1])))
    end)
  end

  it("are 100 % only when all are completed", function()
    assert.equal(100, waves.progress(with_status { "COMPLETED", "COMPLETED" }).percentComplete)
    assert.equal(75, waves.progress(with_status { "COMPLETED", "LAUNCHING" }).percentComplete)
    assert.equal(0, waves.progress(with_status { "FAILED", "CANCELLED" }).percentComplete)
    assert.equal(0, waves.progress({}).percentComplete)
    local nearly = with_status { "COMPLETED", "IN_PROGRESS" }
    nearly[2].serverStatuses[2].launchStatus = "LAUNCHED"
    assert.equal(99, waves.progress(nearly).percentComplete)
  end)

  it("say which is active, and which was completed last", function()
    local all = with_status { "COMPLETED", "CONVERTING", "STARTED" }
    assert.equal(1, waves.progress(all).activeWave)
    assert.equal(0, waves.last_completed(all))
    assert.equal(json.null, waves.last_completed(with_status { "STARTED" }))
  end)

  local function ready(all) return table.concat(waves.numbers(waves.ready(all)), " ") end

  it("start one after another when none names a dependency", function()
    assert.equal("0", ready(with_status { "PENDING", "PENDING" }))
    assert.equal("1", ready(with_status { "COMPLETED", "PENDING", "PENDING" }))
    assert.equal("", ready(with_status { "STARTED", "PENDING" }))
  end)

  it("start side by side when their dependencies are over", function()
    local all = with_status { "COMPLETED", "PENDING", "PENDING", "PENDING" }
    all[2].dependsOnWaves, all[3].dependsOnWaves = json.array { 0 }, json.array { 0 }
    all[4].dependsOnWaves = json.array { 1, 2 }
    assert.equal("1 2", ready(all))
    all[2].status = "COMPLETED"
    assert.equal("2", ready(all))
  end)
end)

describe("The levels of waves", function()
  local function levels(...)
    local list = json.array {}
    for position, depends in ipairs { ... } do
      list[position] = estate.wave(position - 1, "g", { dependsOnWaves = json.array(depends) })
    end
    return plans.levels(list)
  end

  it("count up in a row", function() assert.same({ [0] = 1, 2, 3 }, levels({}, {}, {})) end)
  it("are the same for waves that may run side by side", function() assert.same({ [0] = 1, 2, 2 }, levels({}, { 0 }, { 0 })) end)

  it("do not exist for a circle, a wave that waits for itself, or for one that is not there", function()
    for _, bad in ipairs { { { 1 }, { 0 } }, { {}, { 1 } }, { {}, { 7 } } } do
      local found, stuck = levels(table.unpack(bad))
      assert.is_nil(found)
      assert.is_number(stuck.waveNumber)
    end
  end)
end)

describe("A stored plan", function()
  it("of the old system gets numbers, names, and its single group as a list", function()
    local list = plans.waves { waves = json.array { { protectionGroupId = "g", dependsOnWaves = json.null }, { waveName = "x" } } }
    assert.equal(0, list[1].waveNumber)
    assert.equal("Wave 1", list[1].waveName)
    assert.same({ "g" }, list[1].protectionGroupIds)
    assert.equal(1, list[2].waveNumber)
  end)

  it("is read in the order of its wave numbers", function()
    local list = plans.waves { waves = json.array { { waveNumber = 2 }, { waveNumber = 0 }, { waveNumber = 1 } } }
    assert.same({ 0, 1, 2 }, waves.numbers(list))
  end)

  it("that is gone has no waves", function() assert.equal(0, #plans.waves(nil)) end)
end)
