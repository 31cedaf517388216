local aws        = require "aws"
local aws_server = require "tests.support.aws_server"
local json       = require "json"
local task       = require "task"

local function region_of(request)
  return request.headers.authorization:match "Credential=[^/]+/%d+/([^/]+)/"
end

-- Runs fn(options of the client) against a server that answers as `answer(region)` says.
local function with(answer, fn)
  local listener = aws_server.start { function(request) return answer(region_of(request)) end }
  local fine, problem = pcall(fn, { endpoint = listener.url, credentials = aws_server.KEYS, max_attempts = 1 })
  listener.close()
  assert(fine, problem)
end

local function jobs(region)
  return 200, {}, json.encode { items = json.array { { jobID = "drsjob-" .. region } } }
end

local function first_job(client)
  return client:describe_jobs({}).items[1].jobID
end

describe("aws.across", function()
  it("gives each region's value, in order", function()
    with(jobs, function(options)
      local found = aws.across("drs", { regions = { "eu-west-1", "us-east-1" }, client = options }, first_job)
      assert.is_true(json.is_array(found))
      assert.same({ { region = "eu-west-1", value = "drsjob-eu-west-1" }, { region = "us-east-1", value = "drsjob-us-east-1" } },
        found)
    end)
  end)

  it("goes to each region of each account, and tells the function where it is", function()
    with(jobs, function(options)
      local own, places = { isCurrentAccount = true }, {}
      local found = aws.across("drs", { accounts = { own, own }, regions = { "a-east-1", "b-west-1" }, client = options },
        function(client, place)
          places[#places + 1] = place.region
          assert.equal(own, place.account)
          return first_job(client)
        end)
      assert.equal(4, #found)
      assert.equal(4, #places)
      assert.equal("b-west-1", found[4].region)
      assert.equal(own, found[4].account)
    end)
  end)

  it("works on several at a time, and on no more than the limit", function()
    local running, most = 0, 0
    with(jobs, function(options)
      aws.across("drs", { regions = { "a-a-1", "b-b-1", "c-c-1", "d-d-1" }, limit = 2, client = options }, function()
        running = running + 1
        most = math.max(most, running)
        task.sleep(0.01)
        running = running - 1
      end)
    end)
    assert.equal(2, most)
  end)

  local function one_is_down(region)
    if region == "down-1" then
      return 400, { ["x-amzn-errortype"] = "UninitializedAccountException" }, "{}"
    end
    return jobs(region)
  end

  it("raises the first error, which names the region", function()
    with(one_is_down, function(options)
      local fine, problem = pcall(aws.across, "drs", { regions = { "up-1", "down-1" }, client = options }, first_job)
      assert.is_false(fine)
      assert.equal("UninitializedAccountException", problem.code)
      assert.equal("down-1", problem.region)
    end)
  end)

  it("goes on without a region when the script says so", function()
    with(one_is_down, function(options)
      local lost = {}
      local found = aws.across("drs", {
        regions = { "down-1", "up-1" }, client = options,
        on_error = function(problem, place)
          lost[#lost + 1] = place.region .. " " .. problem.code
          return "unknown"
        end,
      }, first_job)
      assert.same({ "down-1 UninitializedAccountException" }, lost)
      assert.equal("unknown", found[1].value)
      assert.equal("drsjob-up-1", found[2].value)
    end)
  end)

  it("does not hide a mistake of the script behind on_error", function()
    with(jobs, function(options)
      local fine, problem = pcall(aws.across, "drs", { regions = { "up-1" }, client = options, on_error = function() end },
        function(client) return client:describe_jbs {} end)
      assert.is_false(fine)
      assert.matches("did you mean 'describe_jobs'", problem)
    end)
  end)

  it("is used wrongly with a sentence", function()
    local function message(...)
      local _, text = pcall(aws.across, ...)
      return text
    end
    assert.matches("options must be a table with regions", message("drs", nil, print))
    assert.matches("third argument must be a function", message("drs", {}))
    assert.matches("option region is unknown, did you mean 'regions'", message("drs", { region = "x" }, print))
    assert.matches("option limit must be a number, is a string", message("drs", { limit = "2" }, print))
    assert.matches("regions is empty", message("drs", { regions = {} }, print))
    assert.matches("accounts is empty", message("drs", { accounts = {} }, print))
  end)
end)
