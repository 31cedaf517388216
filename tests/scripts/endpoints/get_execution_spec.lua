local estate = require "tests.support.estate"
local json   = require "json"

local UNKNOWN_ID = "11111111-2222-4333-8444-555555555555"

describe("GET /executions/{id}", function()
  local here

  before_each(function() here = estate.open() end)
  after_each(function() here.close() end)

  it("answers the item with progress and what may be terminated, from one call of DynamoDB", function()
    local item, id = here.finished("two")
    here.forget_calls()
    local status, answer = here.call("GET", "/executions/" .. id)
    assert.equal(200, status)
    assert.equal(1, #here.calls())
    assert.equal("cached", answer.dataSource)
    assert.equal("The plan two", answer.recoveryPlanName)
    assert.equal("for tests", answer.recoveryPlanDescription)
    assert.equal(2, answer.totalWaves)
    assert.equal(item.updatedAt, answer.lastUpdated)
    assert.is_false(answer.hasRealtimeData)
    assert.is_true(answer.terminationMetadata.canTerminate)
    assert.same({ totalWaves = 2, completedWaves = 2, activeWave = json.null, percentComplete = 100 }, answer.progress)
  end)

  it("shows the waves that have not started, and how far it is", function()
    local id = here.start("three")
    here.advance(0.5)
    local _, answer = here.call("GET", "/executions/" .. id)
    assert.equal(3, #answer.waves)
    assert.equal("STARTED", answer.waves[1].status)
    assert.equal("PENDING", answer.waves[3].status)
    assert.is_true(answer.hasRealtimeData)
    assert.equal(0, answer.progress.activeWave)
    assert.is_true(answer.progress.percentComplete < 100)
  end)

  it("takes an ARN that ends in the id, in any case", function()
    local id = here.start("one")
    local arn = "arn:aws:states:us-east-1:123456789012:execution:drsh-orchestrator:"
    assert.equal(200, (here.call("GET", "/executions/" .. arn .. id)))
    assert.equal(200, (here.call("GET", "/executions/" .. id:upper())))
  end)

  it("never shows a task token", function()
    local id = here.start("gate-first")
    here.advance(1)
    assert.is_string(here.item(id).taskToken)
    local _, answer = here.call("GET", "/executions/" .. id)
    assert.is_nil(answer.taskToken)
    here.patch(id, { claimedTaskToken = "secret" })
    _, answer = here.call("GET", "/executions/" .. id)
    assert.is_nil(json.encode(answer):find("secret", 1, true))
  end)

  it("of the old system reads the plan too: two calls, servers[] as serverStatuses[]", function()
    here.put_execution { executionId = UNKNOWN_ID, status = "POLLING", planName = json.null, waves = json.array {
      { waveNumber = 0, waveName = "first", status = "COMPLETED", jobId = "drsjob-00000000000000001", region = estate.EAST,
        servers = json.array { { sourceServerId = "s-1", launchStatus = "LAUNCHED" } } } } }
    here.forget_calls()
    local _, answer = here.call("GET", "/executions/" .. UNKNOWN_ID)
    assert.equal(2, #here.calls())
    assert.equal("RUNNING", answer.status)
    assert.equal("The plan three", answer.recoveryPlanName)
    assert.equal("s-1", answer.waves[1].serverStatuses[1].sourceServerId)
    assert.equal(3, #answer.waves)
  end)

  it("of the old system whose plan is gone says so", function()
    here.put_execution { executionId = UNKNOWN_ID, planId = "gone", planName = json.null, waves = json.null, status = "COMPLETED" }
    local status, answer = here.call("GET", "/executions/" .. UNKNOWN_ID)
    assert.equal(200, status)
    assert.equal("Deleted Plan", answer.recoveryPlanName)
    assert.is_true(json.is_array(answer.waves))
  end)
end)

describe("Every endpoint of one execution", function()
  local here

  setup(function() here = estate.open() end)
  teardown(function() here.close() end)

  for _, route in ipairs { "GET ", "POST /cancel", "POST /pause", "POST /resume", "GET /realtime", "GET /recovery-instances",
                           "POST /terminate-instances", "GET /termination-status" } do
    local method, action = route:match("^(%u+) (.*)$")

    it("400 INVALID_EXECUTION_ID: " .. route, function()
      for _, bad in ipairs { "17", "not-a-uuid", UNKNOWN_ID .. "0", "arn:aws:states:us-east-1:1:execution:x:y" } do
        local status, answer = here.call(method, "/executions/" .. bad .. action)
        assert.equal(400, status)
        assert.equal("INVALID_EXECUTION_ID", answer.error)
      end
    end)

    it("404 EXECUTION_NOT_FOUND: " .. route, function()
      local status, answer = here.call(method, "/executions/" .. UNKNOWN_ID .. action)
      assert.equal(404, status)
      assert.equal("EXECUTION_NOT_FOUND", answer.error)
      assert.equal(UNKNOWN_ID, answer.executionId)
      assert.is_string(answer.requestId)
    end)

    it("502 AWS_ERROR: " .. route, function()
      local heal = here.fault { service = "dynamodb", operation = "Query", kind = "error", code = "AccessDeniedException" }
      local status, answer = here.call(method, "/executions/" .. UNKNOWN_ID .. action)
      heal()
      assert.equal(502, status)
      assert.equal("AWS_ERROR", answer.error)
      assert.equal("dynamodb", answer.service)
      assert.equal("Query", answer.operation)
      assert.equal("AccessDeniedException", answer.awsErrorCode)
    end)

    it("503 with Retry-After when throttled: " .. route, function()
      local heal = here.fault { service = "dynamodb", operation = "Query", kind = "throttle" }
      local status, answer, headers = here.patient_call(method, "/executions/" .. UNKNOWN_ID .. action)
      heal()
      assert.equal(503, status)
      assert.equal("AWS_ERROR", answer.error)
      assert.is_truthy(tonumber(headers["retry-after"]))
    end)

    it("405 with Allow for another method: " .. route, function()
      local status, answer, headers = here.call("DELETE", "/executions/" .. UNKNOWN_ID .. action)
      assert.equal(405, status)
      assert.is_string(answer.error)
      assert.is_truthy(headers.allow:find(method, 1, true))
    end)
  end

  for _, action in ipairs { "cancel", "pause", "resume", "terminate-instances" } do
    it("400 INVALID_JSON with line and column: " .. action, function()
      local status, answer = here.call("POST", "/executions/" .. UNKNOWN_ID .. "/" .. action, '{"reason":\n  nope}')
      assert.equal(400, status)
      assert.equal("INVALID_JSON", answer.error)
      assert.equal(2, answer.line)
      assert.is_number(answer.column)
    end)

    it("413 for a body over 64 KiB: " .. action, function()
      local body = json.encode { reason = ("x"):rep(65 * 1024) }
      assert.equal(413, (here.call("POST", "/executions/" .. UNKNOWN_ID .. "/" .. action, body)))
    end)
  end

  it("404 NOT_FOUND: routes match by whole segments", function()
    for _, path in ipairs { "/execution", "/executions/" .. UNKNOWN_ID .. "/realtime-x", "/executions/a/b/c", "/x/executions" } do
      local status, answer = here.call("GET", path)
      assert.equal(404, status)
      assert.equal("NOT_FOUND", answer.error)
    end
  end)
end)
