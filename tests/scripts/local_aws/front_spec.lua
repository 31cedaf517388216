-- The front: from a request to an operation and back, what it does when something fails, and the world around it over restarts.

local clock = require "clock"
local fault = require "local_aws.fault"
local json = require "json"
local support = require "tests.support.local_aws"
local time = require "time"

describe("the front of the local AWS", function()
  local here

  before_each(function()
    here = support.start { estate = support.estate(1) }
  end)
  after_each(function()
    here.close()
  end)

  it("takes calls for every region, by the signature", function()
    here.call("drs", "InitializeService", {}, "ap-south-1")
    local _, east = support.drs(here, "DescribeSourceServers")
    local _, south = support.drs(here, "DescribeSourceServers", {}, { region = "ap-south-1" })
    assert.same({ 1, 0 }, { #east.items, #south.items })
  end)

  it("undoes what an operation wrote before it was refused", function()
    local operations = here.world.services.drs.operations
    local original = operations.DescribeJobs
    operations.DescribeJobs = function(call)
      call.world.db:run("INSERT INTO drs_initialized (account, region, at_us) VALUES ('1', 'x', 1)")
      fault.raise("ConflictException", "no")
    end
    assert.equal(409, (support.drs(here, "DescribeJobs")).status)
    operations.DescribeJobs = original
    assert.is_nil(here.world.db:first("SELECT 1 AS yes FROM drs_initialized WHERE account = '1'"))
  end)

  it("answers 500 and logs when an operation breaks, in each protocol's words", function()
    local broken = function()
      error("something is wrong")
    end
    for service, call in pairs {
      drs = { "DescribeJobs", "InternalServerException", function()
        local answer = support.drs(here, "DescribeJobs")
        return answer.status, answer.headers["x-amzn-errortype"]
      end },
      dynamodb = { "ListTables", "InternalServerError", function()
        local answer, body = support.json(here, "dynamodb", "DynamoDB_20120810.ListTables")
        return answer.status, body.__type:match("[^#]+$")
      end },
      sts = { "GetCallerIdentity", "InternalFailure", function()
        local answer = support.form(here, "sts", { Action = "GetCallerIdentity", Version = "2011-06-15" })
        return answer.status, support.field(answer.body, "Code")
      end },
      ec2 = { "DescribeRegions", "InternalError", function()
        local answer = support.form(here, "ec2", { Action = "DescribeRegions", Version = "2016-11-15" })
        return answer.status, support.field(answer.body, "Code")
      end },
    } do
      local operations = here.world.services[service].operations
      local original = operations[call[1]]
      operations[call[1]] = broken
      local status, code = call[3]()
      operations[call[1]] = original
      assert.same({ 500, call[2] }, { status, code })
    end
  end)

  it("answers 500 when a service answers what its model does not have", function()
    local operations = here.world.services.drs.operations
    local original = operations.DescribeJobs
    for _, wrong in ipairs { { nonsense = 1 }, { items = json.array {}, nextToken = 7 } } do
      operations.DescribeJobs = function()
        return wrong
      end
      assert.equal(500, (support.drs(here, "DescribeJobs")).status)
    end
    operations.DescribeJobs = original
  end)

  it("does not know a service that is not there, and says so in the protocol that the call speaks", function()
    local s3 = support.send(here, { service = "s3", method = "GET", path = "/bucket" })
    assert.same({ 404, "UnknownOperationException" }, { s3.status, support.field(s3.body, "Code") })
    local iam = support.form(here, "iam", { Action = "ListUsers", Version = "2010-05-08" })
    assert.same({ 400, "InvalidAction" }, { iam.status, support.field(iam.body, "Code") })
    assert.equal("Could not find operation ListUsers for version 2010-05-08", support.field(iam.body, "Message"))
    local kms, body = support.json(here, "kms", "TrentService.ListKeys")
    assert.same({ 400, "UnknownOperationException" }, { kms.status, body.__type })
    local lambda = support.send(here, { service = "lambda", method = "GET", path = "/2015-03-31/functions" })
    assert.same({ 404, "UnknownOperationException" }, { lambda.status, lambda.headers["x-amzn-errortype"] })
    for _, said in ipairs { "s3:GET /bucket", "iam:ListUsers", "kms:TrentService.ListKeys", "lambda:GET /2015-03-31/functions" } do
      assert.is_true(here.world.unknown[said])
    end
  end)

  it("remembers so many unknown names, and no more", function()
    for number = 1, 1100 do
      require("local_aws.world").say_unknown(here.world, "nowhere", ("Operation%d"):format(number))
    end
    assert.equal(1000, here.world.unknown_count)
  end)

  it("does not know an operation of the model that is not behind it yet, and says so once", function()
    local operations = here.world.services.drs.operations
    local original = operations.DescribeJobs
    operations.DescribeJobs = nil
    for _ = 1, 2 do
      assert.equal(404, (support.drs(here, "DescribeJobs")).status)
    end
    operations.DescribeJobs = original
    assert.is_true(here.world.unknown["drs:DescribeJobs"])
  end)

  it("lets services call each other in-process, with the same checks", function()
    assert.equal(1, #here.call("drs", "DescribeSourceServers").items)
    assert.equal("UnknownOperationException", here.fault("nowhere", "DescribeSourceServers").code)
    assert.equal("ValidationException", here.fault("drs", "StartRecovery", {}).code)
    assert.equal(here.world.services.states, here.world.services.sfn)
  end)

  it("runs what goes on by itself in tasks of its own, and logs when it fails", function()
    local done = require("task").event()
    here.world.background(function()
      done:set()
      error("on purpose")
    end)
    assert.is_true(done:wait(1))
  end)
end)

describe("a world in a file", function()
  local path

  before_each(function()
    path = os.tmpname()
  end)
  after_each(function()
    for _, name in ipairs { path, path .. "-wal", path .. "-shm" } do
      os.remove(name)
    end
  end)

  it("stays new until it is furnished: a start that was killed in between is made up for", function()
    local here = support.start { data = path }
    assert.is_true(here.is_new)
    here.close()
    here = support.start { data = path, estate = support.estate(2) }
    assert.is_true(here.is_new)
    assert.equal(2, #here.call("drs", "DescribeSourceServers").items)
    here.close()
    here = support.start { data = path, estate = support.estate(2) }
    assert.is_false(here.is_new)
    here.close()
  end)

  it("goes on where it was: a job that was under way ends at its time", function()
    local here = support.start { data = path, estate = support.estate(1) }
    assert.is_true(here.is_new)
    local started = here.call("drs", "StartRecovery", { sourceServers = support.servers(1), isDrill = true }).job
    clock.step(60)
    support.drs(here, "DescribeJobs")
    here.close()
    here = support.start { data = path, estate = support.estate(5) }
    assert.is_false(here.is_new)
    local items = here.call("drs", "DescribeSourceServers").items
    assert.equal(1, #items)
    assert.equal("STARTED", here.call("drs", "DescribeJobs").items[1].status)
    clock.step(700)
    local ended = here.call("drs", "DescribeJobs").items[1]
    assert.same({ started.jobID, "COMPLETED" }, { ended.jobID, ended.status })
    here.close()
  end)

  it("never shows an earlier time than before, also when nobody closed it", function()
    local here = support.start { data = path, estate = support.estate(1) }
    clock.step(5000)
    support.drs(here, "DescribeJobs")
    local shown = time.now()
    -- What a second process would see while the first one was killed: the file as it is now.
    clock.freeze(support.START)
    local again = require("local_aws.main").start { data = path }
    assert.truthy(time.now() >= shown)
    again.close()
    here.close()
  end)
end)
