-- The control endpoint: the clock, faults on demand, the calls received, settings. Shows 8.10 of the facts on the DRS API.

local json = require "json"
local support = require "tests.support.local_aws"
local task = require "task"
local time = require "time"

describe("the control endpoint", function()
  local here

  before_each(function()
    here = support.start { estate = support.estate(2) }
  end)
  after_each(function()
    here.close()
  end)

  local function control(method, path, body, headers)
    return support.control(here, method, path, body, headers)
  end
  local function describe_jobs(given)
    local answer, body = support.drs(here, "DescribeJobs", {}, given)
    return answer.status, body
  end

  it("needs its header, a route and a method that it has, and a JSON object", function()
    local refused, status = control("GET", "clock", nil, {})
    assert.same({ 403, "CONTROL_REFUSED" }, { status, refused.error })
    refused, status = control("GET", "clock", nil, { ["x-drsh-control"] = "1", Host = "rebound.example.com:80" })
    assert.same({ 403, "CONTROL_REFUSED" }, { status, refused.error })
    refused, status = control("GET", "nonsense")
    assert.same({ 404, "NOT_FOUND" }, { status, refused.error })
    refused, status = control("DELETE", "clock")
    assert.same({ 405, "METHOD_NOT_ALLOWED" }, { status, refused.error })
    refused, status = control("POST", "clock", json.array { 1 })
    assert.same({ 400, "INVALID_BODY" }, { status, refused.error })
    refused, status = control("POST", "clock", { nonsense = 1 })
    assert.same({ 400, "INVALID_CLOCK" }, { status, refused.error })
    assert.truthy(#control("GET", "").control > 10)
  end)

  describe("clock", function()
    it("is read, frozen, set, stepped and sped up", function()
      assert.same({ now = support.START, speed = 0, frozen = true, time = "2026-11-23T06:00:00.000000Z" },
        control("GET", "clock"))
      assert.equal(support.START + 90, control("POST", "clock", { step = 90 }).now)
      assert.equal(support.START + 1000, control("POST", "clock", { set = support.START + 1000 }).now)
      assert.equal(support.START, control("POST", "clock", { freeze = support.START }).now)
      local running = control("POST", "clock", { speed = 1000 })
      assert.same({ 1000, false }, { running.speed, running.frozen })
      assert.is_true(control("POST", "clock", { freeze = true }).frozen)
    end)

    it("is not stepped while it runs", function()
      control("POST", "clock", { speed = 2 })
      local refused, status = control("POST", "clock", { step = 1 })
      assert.equal(400, status)
      assert.truthy(refused.message:find("frozen"))
    end)
  end)

  describe("faults", function()
    it("throttle so many calls of an operation, as each service says it", function()
      local rule = control("POST", "faults", { service = "drs", operation = "DescribeJobs", kind = "throttle", count = 2 })
      assert.equal(1, rule.id)
      assert.equal(1, #control("GET", "faults").faults)
      assert.equal(200, (support.drs(here, "DescribeSourceServers")).status)
      assert.equal(429, (describe_jobs()))
      assert.equal(429, (describe_jobs()))
      assert.equal(200, (describe_jobs()))
      assert.same({}, control("GET", "faults").faults)
      control("POST", "faults", { kind = "throttle" })
      local _, dynamodb = support.json(here, "dynamodb", "DynamoDB_20120810.ListTables", {})
      assert.truthy(dynamodb.__type:find("ThrottlingException"))
      assert.equal(503, support.form(here, "ec2", { Action = "DescribeRegions", Version = "2016-11-15" }).status)
      assert.equal("Throttling",
        support.field(support.form(here, "sts", { Action = "GetCallerIdentity", Version = "2011-06-15" }).body, "Code"))
    end)

    it("break a service, expire tokens, skew clocks and raise what is asked for", function()
      for _, case in ipairs {
        { { kind = "server_error" }, 500, "InternalServerException" },
        { { kind = "expired_token" }, 403, "ExpiredTokenException" },
        { { kind = "skew" }, 403, "InvalidSignatureException", "Signature expired: " },
        { { kind = "error", code = "AccessDeniedException", status = 403, message = "no" }, 403, "AccessDeniedException",
          "no" },
      } do
        control("DELETE", "faults")
        control("POST", "faults", case[1])
        local answer, body = support.drs(here, "DescribeJobs", {})
        assert.equal(case[2], answer.status)
        assert.equal(case[3], answer.headers["x-amzn-errortype"])
        assert.truthy(body.message:find(case[4] or "", 1, true))
      end
    end)

    it("drop the connection before the operation, or after its effect", function()
      control("POST", "faults", { kind = "reset", count = 1 })
      assert.is_false((pcall(support.drs, here, "StartRecovery", { sourceServers = support.servers(1) })))
      assert.same({}, here.call("drs", "DescribeJobs").items)
      control("POST", "faults", { operation = "StartRecovery", kind = "lost_answer", count = 1 })
      assert.is_false((pcall(support.drs, here, "StartRecovery", { sourceServers = support.servers(1) })))
      assert.equal(1, #here.call("drs", "DescribeJobs").items)
      assert.equal(409, (support.drs(here, "StartRecovery", { sourceServers = support.servers(1) })).status)
    end)

    it("cut answers short", function()
      control("POST", "faults", { kind = "truncate", count = 1 })
      local ok, problem = pcall(describe_jobs)
      assert.is_false(ok)
      assert.equal("HTTP_TRUNCATED", problem.code)
    end)

    it("delay an answer on the world's clock", function()
      control("POST", "faults", { kind = "delay", seconds = 30, count = 1 })
      local status
      local waiting = task.spawn(function()
        status = describe_jobs()
      end)
      while #here.world.faults.list() > 0 do
        control("GET", "clock")
      end
      assert.is_nil(status)
      control("POST", "clock", { step = 31 })
      waiting:join()
      assert.equal(200, status)
    end)

    it("hit with a probability that a seed decides, and after so many calls", function()
      local function pattern_of(seed)
        control("DELETE", "faults")
        control("POST", "faults", { kind = "throttle", probability = 0.5, seed = seed })
        local seen = {}
        for index = 1, 24 do
          seen[index] = describe_jobs() == 429 and "x" or "."
        end
        return table.concat(seen)
      end
      local first = pattern_of(3)
      assert.equal(first, pattern_of(3))
      assert.not_equal(first, pattern_of(4))
      assert.truthy(first:find("x") and first:find(".", 1, true))
      control("DELETE", "faults")
      control("POST", "faults", { kind = "throttle", after = 1, region = support.REGION, account = support.ACCOUNT })
      assert.same({ 200, 429 }, { (describe_jobs()), (describe_jobs()) })
    end)

    it("are removed by id, and refused when they make no sense", function()
      local first = control("POST", "faults", { kind = "throttle", service = "sts" })
      control("POST", "faults", { kind = "throttle", service = "ec2" })
      assert.equal(1, #control("DELETE", "faults?id=" .. first.id).faults)
      for said, rule in pairs {
        ["unknown kind 'throtle', did you mean 'throttle'?"] = { kind = "throtle" },
        ["kind 'error' needs a code"] = { kind = "error" }, ["kind 'delay' needs seconds"] = { kind = "delay" },
        ["unknown member 'opration', did you mean 'operation'?"] = { kind = "throttle", opration = "DescribeJobs" },
        ["count is to be a number, and not a string"] = { kind = "throttle", count = "2" },
        ["no service 'lambda' in the local AWS"] = { kind = "throttle", service = "lambda" },
        ["unknown operation 'DescribeJob', did you mean 'DescribeJobs'? of drs"] = { kind = "throttle", service = "drs",
          operation = "DescribeJob" },
      } do
        local refused, status = control("POST", "faults", rule)
        assert.same({ 400, "fault: " .. said }, { status, refused.message })
      end
    end)

    local READS = {
      drs = "DescribeJobs", dynamodb = "ListTables", states = "ListActivities", ec2 = "DescribeRegions",
      sts = "GetCallerIdentity", ssm = "DescribeParameters", sns = "ListTopics", monitoring = "ListMetrics",
      events = "ListRules", route53 = "/2013-04-01/hostedzone",
    }

    -- Any call of a service that reads: its answer's status.
    local function read(entry)
      local operation = READS[entry.name] or error("no read of " .. entry.name)
      if entry.name == "route53" then
        return support.send(here, { method = "GET", path = operation, service = "route53" }).status
      elseif entry.target then
        return support.json(here, entry.name, entry.target .. "." .. operation).status
      elseif entry.version then
        return support.form(here, entry.name, { Action = operation, Version = entry.version }).status
      end
      return support.drs(here, operation).status
    end

    it("are known to every service, under both of its names", function()
      for _, entry in ipairs(require "local_aws.registry") do
        assert.same({ entry.name, 200 }, { entry.name, read(entry) })
        for kind, statuses in pairs { throttle = { [400] = true, [429] = true, [503] = true }, server_error = { [500] = true } } do
          control("DELETE", "faults")
          assert.equal(entry.name, control("POST", "faults", { service = entry.model, kind = kind, count = 1 }).service)
          local status = read(entry)
          assert.truthy(statuses[status] and #here.world.faults.list() == 0, entry.name .. " " .. status)
        end
      end
    end)
  end)

  it("lists the calls that came, and forgets them", function()
    describe_jobs()
    support.drs(here, "StartRecovery", { sourceServers = support.servers(9) })
    describe_jobs { unsigned = true }
    local list = control("GET", "calls")
    assert.equal(3, list.total)
    assert.equal("DescribeJobs", list.calls[1].operation)
    assert.same({ "drs", "us-east-1", "123456789012", 200 },
      { list.calls[1].service, list.calls[1].region, list.calls[1].account, list.calls[1].status })
    assert.equal("MissingAuthenticationTokenException", list.calls[3].code)
    assert.equal(1, #control("GET", "calls?operation=StartRecovery").calls)
    assert.equal("ValidationException", control("GET", "calls?operation=StartRecovery").calls[1].code)
    assert.equal(1, #control("GET", "calls?limit=1").calls)
    local _, status = control("GET", "calls?limit=many")
    assert.equal(400, status)
    control("DELETE", "calls")
    assert.equal(0, control("GET", "calls").total)
  end)

  it("changes settings that exist", function()
    assert.equal(20, control("GET", "settings").drs.pageSize)
    control("POST", "settings", { drs = { pageSize = 1, timings = { launch = 10 } } })
    assert.equal(1, #here.call("drs", "DescribeSourceServers").items)
    assert.equal(10, here.world.settings.drs.timings.launch)
    assert.equal(187, here.world.settings.drs.timings.conversion)
    for _, wrong in ipairs { { drs = { pageSize = "x" } }, { drs = { nonsense = 1 } }, { nowhere = { a = 1 } } } do
      local _, status = control("POST", "settings", wrong)
      assert.equal(400, status)
    end
  end)

  it("says how a server's launches go", function()
    local given = { account = support.ACCOUNT, region = support.REGION, sourceServerID = support.server_id(1) }
    given.behaviour = { launch = "FAILED" }
    control("POST", "behaviour", given)
    here.call("drs", "StartRecovery", { sourceServers = support.servers(1) })
    control("POST", "clock", { step = 700 })
    assert.equal("FAILED", here.call("drs", "DescribeJobs").items[1].participatingServers[1].launchStatus)
    given.sourceServerID = "s-nowhere"
    local refused, status = control("POST", "behaviour", given)
    assert.same({ 404, "no source server s-nowhere in account 123456789012, us-east-1" }, { status, refused.message })
    given.region = nil
    refused, status = control("POST", "behaviour", given)
    assert.same({ 400, "behaviour: the member 'region' is missing" }, { status, refused.message })
  end)

  it("seeds an estate on top of what is there", function()
    local sum = control("POST", "estate", { places = { {
      account = support.ACCOUNT, region = "eu-west-1", sourceServers = { { hostname = "more-1" } },
    } } })
    assert.equal(1, sum.sourceServers)
    assert.equal("more-1", here.call("drs", "DescribeSourceServers", {},
      "eu-west-1").items[1].sourceProperties.identificationHints
      .hostname)
  end)

  it("tells time in the world, not on the wall", function()
    assert.truthy(math.abs(control("GET", "clock").now - support.START) < 1)
    assert.truthy(time.wall() > 0)
  end)
end)
