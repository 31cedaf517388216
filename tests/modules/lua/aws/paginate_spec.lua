local aws_server = require "tests.support.aws_server"
local json       = require "json"

-- Runs fn(client) against the answers; -> what it returns, the bodies that were sent.
local function with(answers, service, fn, options)
  local listener, requests = aws_server.start(answers)
  local fine, result = pcall(fn, aws_server.client(service, listener, options))
  listener.close()
  assert(fine, result)
  local bodies = {}
  for index, request in ipairs(requests) do
    bodies[index] = request.body
  end
  return result, bodies, requests
end

local function page(ids, token)
  local items = json.array {}
  for index, id in ipairs(ids) do
    items[index] = { jobID = id }
  end
  return { 200, {}, { items = items, nextToken = token } }
end

local function ids_of(client)
  local ids = {}
  for job in client:items("describe_jobs", { filters = {} }) do
    ids[#ids + 1] = job.jobID
  end
  return table.concat(ids, " ")
end

describe("items", function()
  it("come from all pages, empty ones between them too", function()
    local ids, bodies, requests = with({ page({ "a", "b" }, "1"), page({}, "2"), page({ "c" }) }, "drs", ids_of)
    assert.are.equal("a b c", ids)
    assert.are.same({ '{"filters":{}}', '{"filters":{},"nextToken":"1"}', '{"filters":{},"nextToken":"2"}' }, bodies)
    assert.matches(" m/C,E,N ", requests[1].headers["user-agent"])
  end)

  it("end at an empty token and at a repeated one", function()
    local ids, bodies = with({ page({ "a" }, "") }, "drs", ids_of)
    assert.are.equal("a", ids)
    assert.are.equal(1, #bodies)
    ids, bodies = with({ page({ "a" }, "1"), page({ "b" }, "1") }, "drs", ids_of)
    assert.are.equal("a b", ids)
    assert.are.equal(2, #bodies)
  end)

  it("may be none at all", function()
    assert.are.equal("", (with({ { 200, {}, "{}" } }, "drs", ids_of)))
  end)

  it("are asked for only as far as somebody goes", function()
    local _, bodies = with({ page({ "a" }, "1"), page({ "b" }, "2") }, "drs", function(client)
      local next_item = client:items("describe_jobs", {})
      assert.are.equal("a", next_item().jobID)
    end)
    assert.are.equal(1, #bodies)
  end)

  it("of DynamoDB follow LastEvaluatedKey, in document mode as well", function()
    local function answer(id, last)
      return { 200, {}, { Items = json.array { { id = { S = id } } }, LastEvaluatedKey = last and { id = { S = last } } } }
    end
    local ids, bodies = with({ answer("a", "k1"), answer("b", "k2"), answer("c", "k2") }, "dynamodb", function(client)
      local found = {}
      for item in client:items("scan", { TableName = "t" }) do
        found[#found + 1] = item.id
      end
      return table.concat(found, " ")
    end, { document = true })
    assert.are.equal("a b c", ids)
    assert.are.equal('{"ExclusiveStartKey":{"id":{"S":"k2"}},"TableName":"t"}', bodies[3])
    assert.are.equal(3, #bodies) -- the same key again: no fourth
  end)

  it("of EC2 are what its paginator names first", function()
    local ids = with({ { 200, {}, [[<R><reservationSet><item><reservationId>r-1</reservationId></item></reservationSet>
      <nextToken/></R>]] } }, "ec2", function(client)
      local found = {}
      for reservation in client:items("describe_instances", {}) do
        found[#found + 1] = reservation.ReservationId
      end
      return table.concat(found, " ")
    end)
    assert.are.equal("r-1", ids)
  end)
end)

describe("pages", function()
  it("are the answers", function()
    local count = with({ page({}, "1"), page({ "a" }) }, "drs", function(client)
      local pages = 0
      for answer in client:pages("describe_jobs") do
        pages = pages + 1
        assert.is_true(json.is_array(answer.items))
      end
      return pages
    end)
    assert.are.equal(2, count)
  end)

  it("are refused where there are none, and where there is no such operation", function()
    with({ page {} }, "drs", function(client)
      local _, message = pcall(function() return (client:pages("start_recovery", {})) end)
      assert.matches("drs:start_recovery has no pages", message)
      _, message = pcall(function() return (client:items("describe_job", {})) end)
      assert.matches("drs has no operation 'describe_job', did you mean 'describe_jobs'", message)
    end)
  end)

  it("leave the caller's parameters as they are", function()
    local parameters = { maxResults = 1 }
    with({ page({ "a" }, "1"), page { "b" } }, "drs", function(client)
      for _ in client:pages("describe_jobs", parameters) do end
    end)
    assert.are.same({ maxResults = 1 }, parameters)
  end)
end)

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
    assert.matches(" m/B,E,N ", requests[1].headers["user-agent"])
  end)

  it("ends at its limit", function()
    local listener, requests = aws_server.start { status "STARTED" }
    local client = aws_server.client("drs", listener)
    local fine, problem, seconds = aws_server.follow(function()
      return client:wait("describe_jobs", {}, { until_ = completed, delay = 10, limit = 35, jitter = 0 })
    end)
    listener.close()
    assert.is_false(fine)
    assert.are.equal("WAIT_LIMIT", problem.code)
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
    assert.matches("drs:wait: the options need until_", message)
  end)
end)
