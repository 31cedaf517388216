local aws_server = require "tests.support.aws_server"
local json       = require "json"

describe("wait", function()
  local function status(text)
    return { 200, {}, { items = json.array { { jobID = "j", status = text } } } }
  end
  local function completed(result)
    return result.items[1].status == "COMPLETED" and result.items[1].jobID
  end

  it("calls until the matcher has a value, and waits between", function()
    local listener, requests = aws_server.start { status "PENDING", status "STARTED", status "COMPLETED" }
    local client = aws_server.client("drs", listener)
    local fine, value, seconds = aws_server.follow(function()
      return client:wait("describe_jobs", {}, { until_ = completed, delay = 30, jitter = 0 })
    end)
    listener.close()
    assert.is_true(fine)
    assert.are.equal("j", value)
    assert.are.equal(3, #requests)
    assert.is_true(seconds >= 60 and seconds < 61, seconds)
    assert.matches(" m/B,E,N,e ", requests[1].headers["user-agent"])
  end)

  it("ends at its limit", function()
    local listener, requests = aws_server.start { status "STARTED" }
    local client = aws_server.client("drs", listener)
    local fine, problem, seconds = aws_server.follow(function()
      return client:wait("describe_jobs", {}, { until_ = completed, delay = 10, limit = 35, jitter = 0 })
    end)
    listener.close()
    assert.is_false(fine)
    assert.are.equal("WAIT_TIMEOUT", problem.code)
    assert.are.equal("DescribeJobs", problem.operation)
    assert.are.equal(4, #requests)
    assert.is_true(seconds < 36, seconds)
  end)

  it("raises what a call raises", function()
    local listener = aws_server.start { { 400, { ["x-amzn-errortype"] = "UninitializedAccountException" }, "{}" } }
    local client = aws_server.client("drs", listener)
    local fine, problem = pcall(function()
      return client:wait("describe_jobs", {}, { until_ = completed })
    end)
    listener.close()
    assert.is_false(fine)
    assert.are.equal("UninitializedAccountException", problem.code)
  end)

  it("needs a matcher", function()
    local listener = aws_server.start { status "x" }
    local client = aws_server.client("drs", listener)
    local _, message = pcall(function() return (client:wait("describe_jobs", {}, {})) end)
    listener.close()
    assert.matches('drs:wait%("describe_jobs"%): the options need until_', message)
  end)

  it("says at its limit what was seen last, and tells of each look", function()
    local listener = aws_server.start { status "PENDING", status "STARTED" }
    local client = aws_server.client("drs", listener)
    local told = {}
    local fine, problem = aws_server.follow(function()
      return client:wait("describe_jobs", {}, {
        until_ = function(result) return completed(result), "job " .. result.items[1].status end,
        delay = 10, limit = 15, jitter = 0,
        progress = function(state, seconds, result) told[#told + 1] = ("%s %d %d"):format(state, seconds, #result.items) end,
      })
    end)
    listener.close()
    assert.is_false(fine)
    assert.matches("describe_jobs did not come within 15 s; last seen: job STARTED", problem.message)
    assert.are.equal("job STARTED", problem.state)
    assert.are.same({ "job PENDING 0 1", "job STARTED 10 1" }, told)
  end)

  it("spreads the looks of many waiters", function()
    local listener = aws_server.start { status "STARTED" }
    local client = aws_server.client("drs", listener)
    local looks = {}
    aws_server.follow(function()
      return client:wait("describe_jobs", {}, {
        until_ = function() end, delay = 10, limit = 100, jitter = 0.5,
        progress = function(_, seconds) looks[#looks + 1] = seconds end,
      })
    end)
    listener.close()
    local different = {}
    for index = 2, #looks do
      local pause = looks[index] - looks[index - 1]
      assert.is_true(pause > 4.9 and pause < 15.2, pause)
      different[("%.2f"):format(pause)] = true
    end
    assert.is_true(next(different, next(different)) ~= nil)
  end)

  it("refuses options and names that it does not know", function()
    local listener = aws_server.start { status "x" }
    local client = aws_server.client("drs", listener)
    local function message(...)
      local _, text = pcall(client.wait, client, ...)
      return text
    end
    local ids = { filters = { jobIDs = json.array { "drsjob-1" } } }
    assert.matches("option dealy is unknown, did you mean 'delay'", message("job_completed", ids, { dealy = 1 }))
    assert.matches("option delay must be a number, is a string", message("job_completed", ids, { delay = "1" }))
    assert.matches("option limit must be a number of seconds", message("job_completed", ids, { limit = -1 }))
    assert.matches("until_ is for operations", message("job_completed", ids, { until_ = print }))
    assert.matches("drs has no waiter or operation 'job_complete', did you mean 'job_completed'", message("job_complete", ids))
    assert.matches("the options must be a table", message("job_completed", ids, 7))
    assert.matches("the parameters need filters.jobIDs with at least one id", message("job_completed", {}))
    assert.matches("filters.jobIDs with at least one", message("job_completed", { filters = { jobIDs = json.array {} } }))
    assert.matches("options need jobID with filters.sourceServerIDs", message("recovery_instance_launched",
      { filters = { sourceServerIDs = json.array { "s-1" } } }))
    listener.close()
  end)
end)
