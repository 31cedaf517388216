-- Executions of recovery plans outlive the process: all of it is in the data file, and a process that was away, or killed at any
-- moment, finds every step where it belongs.

local aws = require "aws"
local clock = require "clock"
local json = require "json"
local local_aws = require "tests.support.local_aws"
local main = require "local_aws.main"
local program = require "tests.support.program"
local support = require "tests.support.recovery_plans"
local time = require "time"

local LAUNCH, VALIDATION = support.LAUNCH, support.VALIDATION

describe("an execution of a recovery plan", function()
  local folder

  before_each(function()
    folder = program.folder()
  end)
  after_each(function()
    program.remove(folder)
  end)

  it("has gone on at its times while no process was there", function()
    local path = folder .. "/data"
    local here = support.open(3, nil, { data = path })
    local run = here:start(here:plan { { 1 }, 10, { 2 } }, { clientToken = "t-1" })
    local input = { recoveryPlanArn = here:execution(run).recoveryPlanArn, mode = "DRILL", clientToken = "t-1" }
    clock.step(VALIDATION + 100)
    here.close()
    clock.freeze(local_aws.START + 86000)
    local again = main.start { data = path, settings = { drs = { jitter = 0 } } }
    local drs = aws.client("drs", { region = local_aws.REGION, endpoint = again.url, credentials = local_aws.ADMINISTRATOR })
    local execution = drs:start_recovery_plan_execution(input).recoveryPlanExecution
    assert.same({ run, "COMPLETED" }, { execution.recoveryPlanExecutionArn, execution.status })
    local second, first = table.unpack(drs:describe_jobs {}.items)
    local started = time.parse(execution.startedAt)
    assert.equal(VALIDATION, time.parse(first.creationDateTime) - started)
    assert.equal(VALIDATION + LAUNCH + 600, time.parse(second.creationDateTime) - started)
    assert.equal(VALIDATION + 2 * LAUNCH + 600, time.parse(execution.completedAt) - started)
    again.close()
    clock.set(time.wall())
    clock.speed(1)
  end)

  it("survives kill -9 again and again: every step once, in order, without a gap", function()
    local server, drs
    local function start()
      server = program.start(("local --listen 127.0.0.1:0 --speed 600 --data %s/data"):format(folder))
      drs = aws.client("drs", { region = local_aws.REGION, endpoint = server.url, credentials = local_aws.ADMINISTRATOR })
    end
    clock.speed(1) -- another spec of this process may have left it frozen
    start()
    local plan = drs:create_recovery_plan { name = "killed" }.recoveryPlan.recoveryPlanArn
    local servers = drs:describe_source_servers { maxResults = 10 }.items
    for index = 1, 5 do
      drs:create_recovery_plan_step { recoveryPlanArn = plan, stepName = "step " .. index, configuration = {
        serverStepConfiguration = { servers = { { serverArn = servers[index].arn } } } } }
    end
    local run = drs:start_recovery_plan_execution { recoveryPlanArn = plan, mode = "DRILL" }.recoveryPlanExecution
    local function get()
      return drs:get_recovery_plan_execution { recoveryPlanExecutionArn = run.recoveryPlanExecutionArn }.recoveryPlanExecution
    end
    for kill = 1, 8 do
      local until_us = time.monotonic() + kill % 4 * 0.07
      program.wait_for("a moment", function() return get() and time.monotonic() >= until_us end)
      os.execute("kill -KILL " .. server.id) -- and nobody waits for its end: the next process is there at once
      program.remove(server.scratch)
      start()
    end
    program.wait_for("the end of the execution", function() return get().status ~= "IN_PROGRESS" end)
    assert.equal("COMPLETED", get().status)
    local jobs = drs:describe_jobs { maxResults = 100 }.items
    assert.equal(5, #jobs)
    for index = 2, 5 do
      assert.equal(jobs[index].endDateTime, jobs[index - 1].creationDateTime)
    end
    assert.equal(jobs[1].endDateTime, get().completedAt)
    local launched = drs:describe_recovery_instances { maxResults = 100,
      filters = { sourceServerIDs = json.array { servers[1].sourceServerID, servers[5].sourceServerID } } }.items
    assert.equal(2, #launched)
    server:kill "TERM"
    program.remove(server.scratch)
  end)
end)
