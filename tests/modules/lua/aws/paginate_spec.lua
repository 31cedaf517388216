local aws_server = require "tests.support.aws_server"
local json       = require "json"
local limited    = require "runtime.limited"
local paginate   = require "aws.paginate"
local task       = require "task"

local sent -- the requests of the running test

-- Runs fn(client) against the answers; -> what it returns, the bodies that were sent.
local function with(answers, service, fn, options)
  local listener, requests = aws_server.start(answers)
  sent = requests
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
    assert.matches(" m/C,E,N,e ", requests[1].headers["user-agent"])
  end)

  it("end at an empty token and at a repeated one", function()
    local ids, bodies = with({ page({ "a" }, "") }, "drs", ids_of)
    assert.are.equal("a", ids)
    assert.are.equal(1, #bodies)
    ids, bodies = with({ page({ "a" }, "1"), page({ "b" }, "1") }, "drs", ids_of)
    assert.are.equal("a b", ids)
    assert.are.equal(2, #bodies)
  end)

  it("follow S3's tokens: the last key, where it names no other", function()
    local model = { service = "s3", operations = {}, paginators = { ListObjects = { more_results = "IsTruncated",
      input_token = "Marker", output_token = "NextMarker || Contents[-1].Key", result_key = { "Contents", "CommonPrefixes" } } } }
    local answers, asked = {
      { IsTruncated = true, Contents = { { Key = "a" }, { Key = "b" } } },
      { IsTruncated = true, NextMarker = "bb", Contents = { { Key = "c" } } },
      { IsTruncated = false, Contents = { { Key = "d" } } },
    }, {}
    local keys = {}
    for object in paginate.items(model, { name = "ListObjects" }, {}, function(input)
      asked[#asked + 1] = input.Marker or "-"
      return answers[#asked]
    end, 1) do
      keys[#keys + 1] = object.Key
    end
    assert.are.same({ { "a", "b", "c", "d" }, { "-", "b", "bb" } }, { keys, asked })
  end)

  it("may be none at all", function()
    assert.are.equal("", (with({ { 200, {}, "{}" } }, "drs", ids_of)))
  end)

  it("are asked for only as far as somebody goes, when nothing is waited for", function()
    local _, bodies = with({ page({ "a" }, "1"), page({ "b" }, "2") }, "drs", function(client)
      for job in client:items("describe_jobs", {}) do
        if job.jobID == "a" then break end
      end
      task.sleep(0.05)
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

  it("are fetched one ahead while the loop waits, never two", function()
    with({ page({ "a" }, "1"), page({ "b" }, "2"), page({ "c" }, "3"), page { "d" } }, "drs", function(client)
      local seen = 0
      for answer in client:pages("describe_jobs") do
        seen = seen + 1
        task.sleep(0.1)
        assert.are.equal(math.min(seen + 1, 4), #sent)
        assert.are.equal(({ "a", "b", "c", "d" })[seen], answer.items[1].jobID)
      end
      assert.are.equal(4, seen)
    end)
  end)

  it("that are under way are given up when the loop is left", function()
    local asked, given_up = task.event(), task.event()
    local function slow()
      local _ <close> = setmetatable({}, { __close = function() given_up:set() end })
      asked:set()
      task.sleep(3600)
      return 200, {}, "{}"
    end
    with({ page({ "a" }, "1"), slow }, "drs", function(client)
      for answer in client:pages("describe_jobs") do
        if asked:wait(10) and answer then break end
      end
      assert.is_true(given_up:wait(10)) -- the server sees that nobody waits any more
    end)
  end)

  it("that could not be fetched ahead raise when they are asked for", function()
    with({ page({ "a" }, "1"), { 400, { ["x-amzn-errortype"] = "ValidationException" }, "{}" } }, "drs", function(client)
      local seen = 0
      local fine, problem = pcall(function()
        for _ in client:pages("describe_jobs") do
          task.sleep(0.1)
          seen = seen + 1
        end
      end)
      assert.is_false(fine)
      assert.are.equal("ValidationException", problem.code)
      assert.are.equal(1, seen)
    end)
  end)

  it("are fetched again when the task that fetched ahead was ended", function()
    with({ page({ "a" }, "1"), page { "b" } }, "drs", function(client)
      local next_page = client:pages("describe_jobs")
      task.spawn(function() assert.are.equal("a", next_page().items[1].jobID) end):join()
      assert.are.equal("b", next_page().items[1].jobID)
      assert.is_nil(next_page())
    end)
  end)

  it("end when the tokens go in a circle", function()
    local number = 0
    local function circle()
      number = number + 1
      return 200, {}, json.encode { items = json.array {}, nextToken = "t" .. number % 5 }
    end
    with({ circle }, "drs", function(client)
      local pages = 0
      for _ in client:pages("describe_jobs") do pages = pages + 1 end
      assert.is_true(pages >= 5 and pages < 30, pages)
    end)
  end)

  it("ahead need the declared action as all calls do", function()
    with({ page({ "a" }, "1"), page { "b" } }, "drs", function(client)
      local function run(actions, fn)
        return limited.run({ context = { actions = actions }, limits = {} }, fn)
      end
      local outcome, pages = run({ ["drs:DescribeJobs"] = true }, function()
        local count = 0
        for _ in client:pages("describe_jobs") do
          task.sleep(0.1)
          count = count + 1
        end
        return count
      end)
      assert.are.equal("ok", outcome)
      assert.are.equal(2, pages)
      local _, problem = run({}, function()
        for _ in client:pages("describe_jobs") do end
      end)
      assert.are.equal("ACTION_NOT_DECLARED", problem.code)
    end)
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
