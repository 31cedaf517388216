-- The table of the contract's section 2, one test a cell: what pause, resume, cancel and terminate-instances do in each state.

local estate = require "tests.support.estate"

local TERMINAL = { "COMPLETED", "PARTIAL", "FAILED", "CANCELLED", "TIMEOUT" }

describe("The state table:", function()
  local here

  before_each(function() here = estate.open() end)
  after_each(function() here.close() end)

  local function post(id, action, body)
    local status, answer = here.call("POST", "/executions/" .. id .. "/" .. action, body)
    return status, answer
  end

  -- How an execution gets into each state, for real where there is a way.
  local enter = {
    PENDING = function()
      here.cut({ service = "states", operation = "StartExecution" }, function() here.start("two") end)
      local _, list = here.call("GET", "/executions?status=PENDING")
      return list.items[1].executionId
    end,
    RUNNING = function()
      local id = here.start("two")
      here.advance(0.5)
      return id
    end,
    PAUSED = function()
      local id = here.start("gate-first")
      here.advance(0.5)
      return id
    end,
  }
  function enter.PAUSE_PENDING()
    local id = enter.RUNNING()
    post(id, "pause")
    return id
  end
  function enter.CANCELLING()
    local id = enter.RUNNING()
    post(id, "cancel")
    return id
  end
  for _, word in ipairs(TERMINAL) do
    enter[word] = function()
      local id = here.start("one")
      here.until_status(id, "COMPLETED")
      here.patch(id, { status = word })
      return id
    end
  end

  local function cell(state, action, expected)
    it(state .. " + " .. action .. " -> " .. expected.name, function()
      local id = enter[state]()
      assert.equal(state, here.item(id).status)
      local version = here.item(id).version
      local status, answer = post(id, action)
      assert.equal(expected.status, status)
      assert.equal(expected.error, answer.error)
      if expected.now then assert.equal(expected.now, here.item(id).status) end
      if expected.unchanged then assert.equal(version, here.item(id).version) end
      if expected.answers then assert.equal(expected.answers, answer.status) end
    end)
  end

  local function refused(code, status) return { name = (status or 409) .. " " .. code, status = status or 409, error = code,
                                                unchanged = true } end
  local function unchanged(word) return { name = "200, unchanged", status = 200, now = word, answers = word, unchanged = true } end
  local function becomes(word, answers) return { name = word, status = 200, now = word, answers = answers or word } end

  cell("PENDING", "pause", refused "EXECUTION_NOT_PAUSABLE")
  cell("PENDING", "resume", refused "EXECUTION_NOT_PAUSED")
  cell("PENDING", "cancel", becomes "CANCELLED")
  cell("PENDING", "terminate-instances", refused "EXECUTION_NOT_TERMINAL")

  cell("RUNNING", "pause", becomes "PAUSE_PENDING")
  cell("RUNNING", "resume", refused "EXECUTION_NOT_PAUSED")
  cell("RUNNING", "cancel", becomes "CANCELLING")
  cell("RUNNING", "terminate-instances", refused "EXECUTION_NOT_TERMINAL")

  cell("PAUSE_PENDING", "pause", unchanged "PAUSE_PENDING")
  cell("PAUSE_PENDING", "resume", becomes "RUNNING")
  cell("PAUSE_PENDING", "cancel", becomes "CANCELLING")
  cell("PAUSE_PENDING", "terminate-instances", refused "EXECUTION_NOT_TERMINAL")

  cell("PAUSED", "pause", unchanged "PAUSED")
  cell("PAUSED", "resume", becomes("RUNNING", "RESUMING"))
  cell("PAUSED", "cancel", becomes "CANCELLED")
  cell("PAUSED", "terminate-instances", refused "EXECUTION_NOT_TERMINAL")

  cell("CANCELLING", "pause", refused "EXECUTION_NOT_PAUSABLE")
  cell("CANCELLING", "resume", refused "EXECUTION_NOT_PAUSED")
  cell("CANCELLING", "cancel", unchanged "CANCELLING")
  cell("CANCELLING", "terminate-instances", refused "EXECUTION_NOT_TERMINAL")

  for _, word in ipairs(TERMINAL) do
    cell(word, "pause", refused "EXECUTION_NOT_PAUSABLE")
    cell(word, "resume", refused "EXECUTION_NOT_PAUSED")
    cell(word, "cancel", refused "EXECUTION_NOT_CANCELLABLE")
    cell(word, "terminate-instances", { name = "runs", status = 200, now = word })
  end

  it("RUNNING + pause, in the last wave -> 400 NO_PENDING_WAVES", function()
    local id = here.start("two")
    here.advance(31)
    local status, answer = post(id, "pause")
    assert.equal(400, status)
    assert.equal("NO_PENDING_WAVES", answer.error)
  end)

  it("RUNNING + pause, with one wave only -> 400 SINGLE_WAVE_NOT_PAUSABLE", function()
    local id = here.start("one")
    here.advance(0.5)
    local status, answer = post(id, "pause")
    assert.equal(400, status)
    assert.equal("SINGLE_WAVE_NOT_PAUSABLE", answer.error)
  end)

  it("RUNNING + cancel, with no wave in flight -> CANCELLED", function()
    local id = here.start("gate-first")
    here.advance(0.5)
    here.patch(id, { status = "RUNNING" })
    local status, answer = post(id, "cancel")
    assert.equal(200, status)
    assert.equal("CANCELLED", answer.status)
  end)

  for _, word in ipairs { "POLLING", "IN_PROGRESS", "INITIATED", "STARTED", "LAUNCHING" } do
    it("an old " .. word .. " counts as RUNNING", function()
      local id = enter.RUNNING()
      here.patch(id, { status = word })
      local _, details = here.call("GET", "/executions/" .. id)
      assert.equal("RUNNING", details.status)
      local status, answer = post(id, "pause")
      assert.equal(200, status)
      assert.equal("PAUSE_PENDING", answer.status)
    end)
  end

  it("PENDING + cancel stops the state machine, also one that starts at this moment", function()
    local id = enter.PENDING()
    post(id, "cancel")
    here.sweep()
    here.advance(120)
    assert.equal("CANCELLED", here.item(id).status)
    assert.equal(0, #here.calls { service = "drs", operation = "StartRecovery" })
  end)

  it("PAUSED + cancel stops the state machine and spends the token", function()
    local id = enter.PAUSED()
    local token = here.item(id).taskToken
    post(id, "cancel")
    local item = here.item(id)
    assert.is_nil(item.taskToken)
    assert.equal("ABORTED", here.client("sfn"):describe_execution({ executionArn = item.executionArn }).status)
    assert.has_error(function() here.client("sfn"):send_task_success { taskToken = token, output = "{}" } end)
  end)
end)
