local aws        = require "aws"
local aws_server = require "tests.support.aws_server"
local clock      = require "clock"
local json       = require "json"
local local_aws  = require "tests.support.local_aws"
local models     = require "models"
local task       = require "task"
local waiters    = require "aws.waiters"

local function items(...)
  return { 200, {}, { items = json.array { ... } } }
end

-- client:wait(...) against these answers -> did it succeed, value or problem, number of calls
local function wait(answers, service, ...)
  local listener, requests = aws_server.start(answers)
  local client = aws_server.client(service, listener)
  local arguments = table.pack(...)
  local fine, value = aws_server.follow(function()
    return client:wait(table.unpack(arguments, 1, arguments.n))
  end)
  listener.close()
  return fine, value, #requests
end

local S1, I1 = "s-00000000000000001", "i-00000001"
local J1, J2 = "drsjob-00000000000000001", "drsjob-00000000000000002"

local QUICK = { delay = 10, limit = 60, jitter = 0 }

describe("job_completed", function()
  local ids = { filters = { jobIDs = json.array { J1, J2 } } }
  local function job(number, status) return { jobID = "drsjob-0000000000000000" .. number, status = status } end

  it("waits for all jobs, over all pages", function()
    local fine, jobs, calls = wait({
      items(job(1, "PENDING")), { 200, {}, { items = json.array { job(1, "COMPLETED") }, nextToken = "n" } },
      items(job(2, "COMPLETED")),
    }, "drs", "job_completed", ids, QUICK)
    assert.is_true(fine, jobs)
    assert.equal(3, calls)
    assert.equal(2, #jobs)
  end)

  it("never takes a job that DRS has forgotten for done", function()
    local fine, problem = wait({ items(job(1, "STARTED"), job(2, "COMPLETED")), items(job(2, "COMPLETED")) },
      "drs", "job_completed", ids, QUICK)
    assert.is_false(fine)
    assert.equal("WAIT_FAILED", problem.code)
    assert.equal(J1 .. " UNKNOWN", problem.state)
    assert.equal("DescribeJobs", problem.operation)
  end)

  it("names what is not done at its limit", function()
    local fine, problem = wait({ items(job(2, "COMPLETED")) }, "drs", "job_completed", ids, QUICK)
    assert.is_false(fine)
    assert.equal("WAIT_TIMEOUT", problem.code)
    assert.matches("job_completed did not come within 60 s; last seen: drsjob%-00000000000000001 UNKNOWN$", problem.message)
  end)
end)

describe("source_server_ready", function()
  local ids = { filters = { sourceServerIDs = json.array { S1 } } }
  local function server(state) return { sourceServerID = S1, dataReplicationInfo = state and { dataReplicationState = state } } end

  it("waits until there is a snapshot to launch from", function()
    local fine, servers, calls = wait({ items(), items(server()), items(server "INITIAL_SYNC"), items(server "CONTINUOUS") },
      "drs", "source_server_ready", ids, QUICK)
    assert.is_true(fine, servers)
    assert.equal(4, calls)
    assert.equal(S1, servers[1].sourceServerID)
  end)

  it("names the state at its limit", function()
    local _, problem = wait({ items(server "STALLED") }, "drs", "source_server_ready", ids, QUICK)
    assert.equal(S1 .. " STALLED", problem.state)
  end)
end)

describe("recovery_instance_launched", function()
  local function instance(job, state)
    return { recoveryInstanceID = "i-0000000" .. job, sourceServerID = S1, jobID = "drsjob-0000000000000000" .. job, ec2InstanceState = state }
  end

  it("does not take another job's instance of the same server", function()
    local fine, found, calls = wait({ items(instance(1, "RUNNING")), items(instance(1, "RUNNING"), instance(2, "PENDING")),
      items(instance(1, "RUNNING"), instance(2, "STOPPED")) }, "drs", "recovery_instance_launched",
      { filters = { sourceServerIDs = json.array { S1 } } }, { delay = 10, limit = 60, jitter = 0, jobID = J2 })
    assert.is_true(fine, found)
    assert.equal(3, calls)
    assert.equal(1, #found)
    assert.equal("i-00000002", found[1].recoveryInstanceID)
  end)

  it("fails when the instance goes away again", function()
    local fine, problem = wait({ items(instance(1, "SHUTTING-DOWN")) }, "drs", "recovery_instance_launched",
      { filters = { recoveryInstanceIDs = json.array { I1 } } }, QUICK)
    assert.is_false(fine)
    assert.equal("WAIT_FAILED", problem.code)
    assert.equal(I1 .. " SHUTTING-DOWN", problem.state)
  end)
end)

describe("recovery_instance_terminated", function()
  it("waits until none lives, and names those that do", function()
    local function living(state) return { recoveryInstanceID = I1, ec2InstanceState = state } end
    local ids = { filters = { recoveryInstanceIDs = json.array { I1 } } }
    local fine, left, calls = wait({ items(living "RUNNING"), items(living "SHUTTING-DOWN"), items(living "TERMINATED") },
      "drs", "recovery_instance_terminated", ids, QUICK)
    assert.is_true(fine, left)
    assert.equal(3, calls)
    local _, problem = wait({ items(living "RUNNING") }, "drs", "recovery_instance_terminated", ids, QUICK)
    assert.equal(I1 .. " RUNNING", problem.state)
  end)
end)

describe("execution_succeeded", function()
  local arn = { executionArn = "arn:aws:states:us-east-1:123456789012:execution:m:e" }
  local function execution(status) return { 200, {}, { status = status } } end

  it("waits for a good end and fails at another", function()
    local fine, value = wait({ execution "RUNNING", execution "SUCCEEDED" }, "sfn", "execution_succeeded", arn, QUICK)
    assert.is_true(fine, value)
    assert.equal("SUCCEEDED", value.status)
    local _, problem = wait({ execution "ABORTED" }, "sfn", "execution_succeeded", arn, QUICK)
    assert.equal("WAIT_FAILED", problem.code)
    assert.equal("ABORTED", problem.state)
  end)
end)

-- A model as those of AWS, with the acceptors of botocore's forms.
describe("a published waiter", function()
  local model = models.load "dynamodb"
  local before
  setup(function()
    before = model.waiters
    model.waiters = {
      TableThere = { operation = "DescribeTable", delay = 20, maxAttempts = 3, acceptors = {
        { state = "success", matcher = "path", argument = "Table.TableStatus", expected = "ACTIVE" },
        { state = "failure", matcher = "path", argument = "Table.TableStatus", expected = "DELETING" },
        { state = "retry", matcher = "error", expected = "ResourceNotFoundException" },
      } },
      AllThere = { operation = "ListTables", delay = 20, maxAttempts = 3, acceptors = {
        { state = "success", matcher = "pathAll", argument = "TableNames[]", expected = "a" },
        { state = "failure", matcher = "pathAny", argument = "TableNames[]", expected = "bad" },
      } },
    }
  end)
  teardown(function() model.waiters = before end)

  local function there(status) return { 200, {}, { Table = { TableStatus = status } } } end
  local absent = { 400, {}, { __type = "x#ResourceNotFoundException" } }
  local params = { TableName = "t-1" }

  it("goes by path, error and its own delay and limit", function()
    local fine, value, calls = wait({ absent, there "CREATING", there "ACTIVE" }, "dynamodb", "table_there", params, { jitter = 0 })
    assert.is_true(fine, value)
    assert.equal("ACTIVE", value.Table.TableStatus)
    assert.equal(3, calls)
    local _, problem = wait({ there "CREATING" }, "dynamodb", "table_there", params, { jitter = 0 })
    assert.equal("WAIT_TIMEOUT", problem.code)
    assert.matches("within 60 s; last seen: CREATING", problem.message)
    _, problem = wait({ there "DELETING" }, "dynamodb", "table_there", params)
    assert.equal("WAIT_FAILED", problem.code)
    _, problem = wait({ { 400, {}, { __type = "x#ValidationException" } } }, "dynamodb", "table_there", params)
    assert.equal("ValidationException", problem.code)
  end)

  it("goes by all and any of a list", function()
    local function names(...) return { 200, {}, { TableNames = json.array { ... } } } end
    local fine, _, calls = wait({ names(), names("a", "b"), names("a", "a") }, "dynamodb", "all_there", {}, { jitter = 0 })
    assert.is_true(fine)
    assert.equal(3, calls)
    local _, problem = wait({ names("a", "bad") }, "dynamodb", "all_there", {})
    assert.equal("a, bad", problem.state)
  end)

  it("is listed by its name", function()
    assert.same({ "all_there", "table_there" }, waiters.names(model))
    assert.same({ "job_completed", "recovery_instance_launched", "recovery_instance_terminated", "source_server_ready" },
      waiters.names(models.load "drs"))
  end)
end)

describe("published waiters", function()
  it("are all understood", function()
    local count = 0
    for _, service in ipairs(models.services()) do
      local model = models.load(service)
      for _, name in ipairs(waiters.names(model)) do
        count = count + 1
        assert.is_table(waiters.find(model, name), name)
      end
    end
    assert.is_true(count >= 5)
  end)
end)

describe("the waiters of DRS", function()
  it("follow a drill on the local AWS from launch to termination", function()
    local here = local_aws.start { estate = local_aws.estate(1) }
    local client = aws.client("drs", { region = local_aws.REGION, endpoint = here.url, credentials = local_aws.ADMINISTRATOR })
    local stages = {}
    local drill = task.spawn(function()
      client:wait("source_server_ready", { filters = { sourceServerIDs = json.array { local_aws.server_id(1) } } })
      stages[#stages + 1] = "ready"
      local job = client:start_recovery { isDrill = true, sourceServers = local_aws.servers(1) }.job
      client:wait("job_completed", { filters = { jobIDs = json.array { job.jobID } } })
      local found = client:wait("recovery_instance_launched",
        { filters = { sourceServerIDs = json.array { local_aws.server_id(1) } } }, { jobID = job.jobID })
      stages[#stages + 1] = found[1].ec2InstanceState
      local ids = json.array { found[1].recoveryInstanceID }
      client:terminate_recovery_instances { recoveryInstanceIDs = ids }
      client:wait("recovery_instance_terminated", { filters = { recoveryInstanceIDs = ids } })
      stages[#stages + 1] = "gone"
    end):observe()
    for _ = 1, 1000 do
      if drill:done() then break end
      clock.step(15)
    end
    local fine, problem = pcall(drill.join, drill)
    here.close()
    assert.is_true(fine, tostring(problem))
    assert.same({ "ready", "RUNNING", "gone" }, stages)
  end)
end)
