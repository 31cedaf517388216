-- Settings of retries, and the modes that are not the usual one. tests/modules/lua/aws/faults_spec.lua has the usual one.

local aws          = require "aws"
local aws_server   = require "tests.support.aws_server"
local aws_settings = require "tests.support.aws_settings"
local http         = require "http"
local json         = require "json"
local time         = require "time"

local GOOD = { 200, {}, { items = json.array {} } }
local BUSY = { 429, {}, "" }
local BROKEN = { 500, { ["x-amz-retry-after"] = "4000" }, "" }

-- One call with these settings and answers; random numbers are 1. -> pcall's results, the delays, the requests
local function call(settings, files, answers, service, options)
  local listener, requests = aws_server.start(answers)
  local request, random, moments, fine, result = http.request, math.random, {}, nil, nil
  rawset(math, "random", function() return 1 end)
  http.request = function(parameters)
    moments[#moments + 1] = time.now_us()
    return request(parameters)
  end
  local ran, problem = pcall(aws_settings.with, settings, files, function()
    local client = aws_server.client(service or "drs", listener, options)
    fine, result = aws_server.follow(function()
      return service == "dynamodb" and client:list_tables {} or client:describe_jobs {}
    end)
  end)
  http.request = request
  rawset(math, "random", random)
  listener.close()
  assert(ran, problem)
  local delays = {}
  for index = 2, #moments do
    delays[index - 1] = math.floor((moments[index] - moments[index - 1]) / 1e4 + 0.5) / 100
  end
  return fine, result, delays, requests
end

describe("the retry mode", function()
  it("is standard, and can be set by the environment, the profile and the client, the nearest first", function()
    local files = { config = "[default]\nretry_mode = legacy\nmax_attempts = 2\n" }
    for _, case in ipairs {
      { {}, {}, nil, "standard", "E", 3 },
      { {}, files, nil, "legacy", "D", 2 },
      { { AWS_RETRY_MODE = "Adaptive" }, files, nil, "adaptive", "F", 2 },
      { { AWS_RETRY_MODE = "adaptive", AWS_MAX_ATTEMPTS = "4" }, files, { retry_mode = "standard" }, "standard", "E", 4 },
      { { AWS_MAX_ATTEMPTS = "4" }, files, { retry_mode = "standard", max_attempts = 1 }, "standard", "E", 1 },
    } do
      local _, _, _, requests = call(case[1], case[2], { { 504, {}, "" } }, "drs", case[3])
      assert.are.equal(case[6], #requests)
      local agent = requests[1].headers["user-agent"]
      assert.matches("cfg/retry%-mode#" .. case[4], agent)
      assert.matches(" m/" .. case[5] .. ",N,e ", agent)
      assert.are.equal("attempt=1; max=" .. case[6], requests[1].headers["amz-sdk-request"])
    end
  end)

  it("and the number of tries are refused by name when they are none", function()
    local fine, problem = call({ AWS_RETRY_MODE = "eager" }, {}, { GOOD })
    assert.is_false(fine)
    assert.is_true(aws.is_error(problem, "RETRY_MODE"))
    assert.matches("'eager' %(AWS_RETRY_MODE, retry_mode%) is none of standard, adaptive, legacy", problem.message)
    for _, text in ipairs { "0", "-1", "many", "2.5" } do
      fine, problem = call({ AWS_MAX_ATTEMPTS = text }, {}, { GOOD })
      assert.is_false(fine)
      assert.is_true(aws.is_error(problem, "MAX_ATTEMPTS"))
    end
  end)
end)

describe("the legacy mode", function()
  it("has five tries with longer and longer pauses, and no ear for the server's hint", function()
    local fine, problem, delays, requests = call({ AWS_RETRY_MODE = "legacy" }, {}, { BROKEN })
    assert.is_false(fine)
    assert.are.equal(500, problem.status)
    assert.are.equal(5, #requests)
    assert.are.same({ 1, 2, 4, 8 }, delays)
  end)

  it("has ten tries for DynamoDB", function()
    local _, _, delays = call({ AWS_RETRY_MODE = "legacy" }, {}, { BROKEN }, "dynamodb")
    assert.are.same({ 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8 }, delays)
  end)

  it("has no quota", function()
    local listener, requests = aws_server.start { { 500, {}, "" } }
    aws_settings.with({ AWS_RETRY_MODE = "legacy" }, {}, function()
      local client = aws_server.client("drs", listener, { max_attempts = 2 })
      aws_server.follow(function()
        for _ = 1, 60 do
          pcall(client.describe_jobs, client, {})
        end
      end)
    end)
    listener.close()
    assert.are.equal(120, #requests)
  end)
end)

describe("the adaptive mode", function()
  local MODE = { AWS_RETRY_MODE = "adaptive" }

  it("sends no faster than the service takes", function()
    local fine, _, delays = call(MODE, {}, { BUSY, GOOD })
    assert.is_true(fine)
    assert.are.same({ 2 }, delays) -- the retry's own pause is one second, the first token takes two
    fine, _, delays = call({}, {}, { BUSY, GOOD })
    assert.is_true(fine)
    assert.are.same({ 1 }, delays)
  end)

  it("holds back the next call too, to all clients of that address", function()
    local listener = aws_server.start { BUSY, GOOD }
    aws_settings.with(MODE, {}, function()
      aws_server.follow(function() pcall(function() aws_server.client("drs", listener, { max_attempts = 1 }):describe_jobs {} end) end)
      local fine, _, seconds = aws_server.follow(function() aws_server.client("drs", listener):describe_jobs {} end)
      assert.is_true(fine)
      assert.is_true(seconds > 1.9 and seconds < 2.2, seconds)
    end)
    listener.close()
  end)

  it("does not let a call wait for its turn beyond the call's time", function()
    local listener, requests = aws_server.start { BUSY, GOOD }
    local fine, problem
    aws_settings.with(MODE, {}, function()
      aws_server.follow(function() pcall(function() aws_server.client("drs", listener, { max_attempts = 1 }):describe_jobs {} end) end)
      fine, problem = aws_server.follow(function()
        aws_server.client("drs", listener, { total_timeout = 0.5 }):describe_jobs {}
      end)
    end)
    listener.close()
    assert.is_false(fine)
    assert.is_true(aws.is_error(problem, "RATE_LIMITED"))
    assert.is_true(problem.throttled and problem.retryable)
    assert.are.equal(1, #requests)
  end)
end)

describe("the user agent", function()
  it("names the application, from the environment or the profile, and where it runs", function()
    local files = { config = "[default]\nsdk_ua_app_id = from profile\n" }
    local _, _, _, requests = call({}, files, { GOOD })
    assert.matches(" app/from%-profile$", requests[1].headers["user-agent"])
    _, _, _, requests = call({ AWS_SDK_UA_APP_ID = ("x"):rep(60), AWS_EXECUTION_ENV = "AWS_Lambda_x" }, files, { GOOD })
    assert.matches(" app/" .. ("x"):rep(50) .. "$", requests[1].headers["user-agent"])
    assert.matches(" exec%-env/AWS_Lambda_x m/", requests[1].headers["user-agent"])
  end)
end)

describe("the user agent", function()
  it("says where the keys came from", function()
    local user_agent = require "aws.user_agent"
    for source, letter in pairs {
      environment = "g", ["profile x"] = "n", ["assume-role arn:x"] = "i", ["web identity arn:x"] = "k", ["SSO role R in 1"] = "s",
      ["process of profile x"] = "w", container = "z", ["instance role R"] = "0", ["login session of profile x"] = "AD",
    } do
      assert.are.equal(letter, user_agent.source_letter(source))
    end
    assert.are.equal("e", user_agent.source_letter(nil))
    assert.is_nil(user_agent.source_letter "somewhere new")
  end)
end)

describe("a region", function()
  it("that nobody named is asked for by all its names", function()
    local fine, problem
    aws_settings.with({ AWS_PROFILE = "lost" }, {}, function()
      fine, problem = pcall(function()
        aws.client("drs", { credentials = aws_server.KEYS }):describe_jobs {}
      end)
    end)
    assert.is_false(fine)
    assert.is_true(aws.is_error(problem, "REGION_MISSING"))
    for _, name in ipairs { "AWS_REGION", "AWS_DEFAULT_REGION", "--region", "'lost'", "aws.client" } do
      assert.is_truthy(problem.message:find(name, 1, true), name)
    end
  end)

  it("is the nearest one: the client's, AWS_REGION, AWS_DEFAULT_REGION, the profile's, a role's and an SSO profile's too", function()
    local files = { config = "[profile p]\nregion = eu-south-1\n[profile role]\nregion = eu-south-2\nrole_arn = arn:aws:iam::1:role/x\n"
      .. "source_profile = p\n[profile sso]\nregion = eu-north-1\nsso_session = s\nsso_region = us-east-1\n" }
    local settings = require "aws.settings"
    local model = require("models").load "drs"
    for _, case in ipairs {
      { {}, { profile = "p" }, "eu-south-1" }, { {}, { profile = "role" }, "eu-south-2" }, { {}, { profile = "sso" }, "eu-north-1" },
      { { AWS_DEFAULT_REGION = "eu-west-2" }, { profile = "p" }, "eu-west-2" },
      { { AWS_REGION = "eu-west-1", AWS_DEFAULT_REGION = "eu-west-2" }, { profile = "p" }, "eu-west-1" },
      { { AWS_REGION = "eu-west-1" }, { profile = "p", region = "ca-west-1" }, "ca-west-1" },
    } do
      aws_settings.with(case[1], files, function()
        assert.are.equal(case[3], settings.load(model, case[2]).region)
      end)
    end
  end)
end)
