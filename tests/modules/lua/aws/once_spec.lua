local aws        = require "aws"
local aws_server = require "tests.support.aws_server"
local clock      = require "clock"
local failure    = require "aws.failure"
local local_aws  = require "tests.support.local_aws"
local task       = require "task"

local function lost(fields)
  local problem = { code = "HTTP_RESET", message = "m", service = "drs", operation = "StartRecovery", outcomeUnknown = true }
  for name, value in pairs(fields or {}) do
    problem[name] = value
  end
  return failure.new(problem)
end

local CONFLICT = { code = "ConflictException" }

-- Runs aws.once with acts and looks that end as the lists say: a failure is raised, anything else returned, false is nothing.
local function run(acts, looks, options)
  local acted, looked = 0, 0
  local how
  local fine, result, seconds = aws_server.follow(function()
    local value
    value, how = aws.once(function()
      acted = acted + 1
      if type(acts[acted]) == "table" then error(acts[acted], 0) end
      return acts[acted]
    end, function()
      looked = looked + 1
      if type(looks[looked]) == "table" then error(looks[looked], 0) end
      return looks[looked] or nil
    end, options)
    return value
  end)
  return { fine = fine, result = result, how = how, acted = acted, looked = looked, seconds = seconds }
end

describe("aws.once", function()
  it("makes the call once when it is answered", function()
    local done = run({ "job" }, {})
    assert.are.same({ true, "job", "made", 1, 0 }, { done.fine, done.result, done.how, done.acted, done.looked })
  end)

  it("takes what a lost call has done for its result", function()
    local done = run({ lost() }, { false, "job" })
    assert.are.same({ true, "job", "found", 1, 2 }, { done.fine, done.result, done.how, done.acted, done.looked })
    assert.is_true(done.seconds >= 3.9 and done.seconds < 4.2)
  end)

  it("makes the call again when nothing of it is to be found", function()
    local done = run({ lost(), "job" }, { false, false })
    assert.are.same({ true, "job", "made", 2, 2 }, { done.fine, done.result, done.how, done.acted, done.looked })
  end)

  it("takes a conflict with an own lost call for what it is", function()
    local done = run({ lost(), lost { code = CONFLICT.code, outcomeUnknown = false } }, { false, false, "job" })
    assert.are.same({ true, "job", "found" }, { done.fine, done.result, done.how })
    done = run({ lost { code = CONFLICT.code, outcomeUnknown = false } }, { "job" })
    assert.are.same({ true, "job", "found" }, { done.fine, done.result, done.how })
  end)

  it("leaves somebody else's conflict a refusal", function()
    local done = run({ lost { code = CONFLICT.code, outcomeUnknown = false } }, {})
    assert.is_false(done.fine)
    assert.are.equal(1, done.acted)
    assert.is_true(aws.is_error(done.result, CONFLICT.code))
    assert.is_nil(done.result.outcomeUnknown)
  end)

  it("raises any other refusal at once, and remembers an earlier doubt", function()
    local done = run({ lost { code = "ValidationException", outcomeUnknown = false } }, {})
    assert.are.same({ false, "ValidationException", 0 }, { done.fine, done.result.code, done.looked })
    assert.is_nil(done.result.outcomeUnknown)
    done = run({ lost(), lost { code = "ValidationException", outcomeUnknown = false } }, {})
    assert.are.same({ false, "ValidationException", true }, { done.fine, done.result.code, done.result.outcomeUnknown })
  end)

  it("repeats nothing when it cannot look", function()
    local done = run({ lost(), "job" }, { lost { code = "HTTP_TIMEOUT" }, lost { code = "HTTP_TIMEOUT" } })
    assert.are.same({ false, "HTTP_RESET", true, 1 }, { done.fine, done.result.code, done.result.outcomeUnknown, done.acted })
    assert.matches("HTTP_TIMEOUT", done.result.lookFailed)
    done = run({ lost() }, { lost { code = "HTTP_TIMEOUT" }, "job" }) -- one look that fails is no reason to give up
    assert.are.same({ true, "job" }, { done.fine, done.result })
  end)

  it("gives up after its tries", function()
    local done = run({ lost(), lost(), lost() }, {}, { tries = 2, looks = 1, pause = 1 })
    assert.are.same({ false, 2, 2, true }, { done.fine, done.acted, done.looked, done.result.outcomeUnknown })
  end)

  it("lets a script's own errors through", function()
    for _, fn in ipairs { function() aws.once(function() error("mine", 0) end, print) end,
                          function() aws.once(function() error(lost(), 0) end, function() error("mine", 0) end, { pause = 0 }) end } do
      local fine, problem = pcall(fn)
      assert.is_false(fine)
      assert.are.equal("mine", problem)
    end
  end)

  -- The line that a script writes, against the local AWS.
  local function start_one_job(here)
    local drs = aws.client("drs", { region = local_aws.REGION, endpoint = here.url, credentials = local_aws.ADMINISTRATOR })
    local tags = { wave = "execution-1/0" }
    return aws.once(function()
      return drs:start_recovery { sourceServers = local_aws.servers(1), isDrill = true, tags = tags }.job
    end, function()
      for job in drs:items("describe_jobs", {}) do
        if job.tags.wave == tags.wave then return job end
      end
    end)
  end

  for _, kind in ipairs { "lost_answer", "truncate", "reset", "server_error" } do
    it("starts one job with DRS, whatever becomes of the first answer: " .. kind, function()
      local here = local_aws.start { estate = local_aws.estate(2) }
      here.world.faults.add { operation = "StartRecovery", kind = kind, count = 1 }
      local job, how
      local child = task.spawn(function() job, how = start_one_job(here) end)
      while not child:done() do
        clock.step(1)
      end
      child:join()
      local jobs = here.call("drs", "DescribeJobs").items
      here.close()
      assert.are.equal(1, #jobs)
      assert.are.equal(jobs[1].jobID, job.jobID)
      assert.are.equal((kind == "lost_answer" or kind == "truncate") and "found" or "made", how)
    end)
  end

  it("says what it is used wrongly for", function()
    for pattern, fn in pairs {
      ["two functions are needed"] = function() aws.once(print) end,
      ["option try is unknown"] = function() aws.once(print, print, { try = 1 }) end,
      ["option tries must be a number"] = function() aws.once(print, print, { tries = "3" }) end,
    } do
      local fine, problem = pcall(fn)
      assert.is_false(fine)
      assert.matches("once_spec%.lua:%d+: aws%.once: " .. pattern, problem)
    end
  end)
end)
