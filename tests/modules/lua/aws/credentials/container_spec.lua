local aws_server       = require "tests.support.aws_server"
local container        = require "aws.credentials.container"
local credentials_home = require "tests.support.credentials_home"
local task             = require "task"
local time             = require "time"

local FULL, RELATIVE = "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
local TOKEN, TOKEN_FILE = "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"

local function keys(life)
  return { 200, {}, { AccessKeyId = "ASIACONTAINER", SecretAccessKey = "very-secret", Token = "t", AccountId = "123456789012",
    Expiration = time.iso8601(time.wall() + (life or 3600)) } }
end

-- Runs fn(home, requests) where the endpoint gives these answers.
local function with(answers, settings, fn)
  local listener, requests = aws_server.start(answers)
  settings[FULL] = listener.url .. "/credentials?id=7"
  local fine, problem = pcall(credentials_home.with, { settings = settings, files = { token = settings.token } }, function(home)
    fn(home, requests)
  end)
  listener.close()
  if not fine then error(problem, 0) end
end

-- What is made of these variables.
local function url(settings)
  local found, problem
  credentials_home.with({ settings = settings }, function()
    found, problem = pcall(container.url)
  end)
  return found and problem or problem.message
end

describe("the container's credentials", function()
  it("come from its endpoint, once for twenty requests", function()
    with({ keys() }, { [TOKEN] = "Basic abc" }, function(home, requests)
      local numbers = {}
      for index = 1, 20 do numbers[index] = index end
      local found = task.map(numbers, function() return home.keys() end)
      assert.are.equal("ASIACONTAINER", found[20].access_key_id)
      assert.are.equal("123456789012", found[1].account_id)
      assert.are.equal("container", found[1].source)
      assert.are.equal(1, #requests)
      assert.are.equal("/credentials?id=7", requests[1].target)
      assert.are.equal("Basic abc", requests[1].headers.authorization)
      assert.are.equal("application/json", requests[1].headers.accept)
    end)
  end)

  it("take the token's file before the token, and no token when there is none", function()
    with({ keys() }, { [TOKEN] = "no", [TOKEN_FILE] = "HOME/token", token = "from-file" }, function(home, requests)
      home.keys()
      assert.are.equal("from-file", requests[1].headers.authorization)
    end)
    with({ keys() }, {}, function(home, requests)
      home.keys()
      assert.is_nil(requests[1].headers.authorization)
    end)
  end)

  it("refuse a token with a line break, and a file that is not there", function()
    for _, settings in ipairs {
      { [TOKEN] = "a\r\nx: y" }, { [TOKEN] = "a\n" }, { [TOKEN] = "a\rb" }, { [TOKEN_FILE] = "HOME/token", token = "a\n" },
    } do
      with({ keys() }, settings, function(home, requests)
        assert.matches("holds a line break", home.refusal().message)
        assert.are.equal(0, #requests)
      end)
    end
    with({ keys() }, { [TOKEN_FILE] = "HOME/gone" }, function(home, requests)
      assert.matches("gone: No such file or directory", home.refusal().message)
      assert.are.equal(0, #requests)
    end)
  end)

  it("are asked for three times, a second apart, and then the error says the status and no more", function()
    with({ { 500, {}, "very-secret" }, { 404 }, keys() }, {}, function(home, requests)
      local fine, found, seconds = aws_server.follow(home.keys)
      assert.is_true(fine, tostring(found))
      assert.are.equal(3, #requests)
      assert.is_true(seconds >= 2 and seconds < 3)
    end)
    with({ { 500, {}, "very-secret" } }, {}, function(home, requests)
      local _, problem = aws_server.follow(home.keys)
      assert.matches("the container's credentials endpoint http://127.0.0.1:%d+ answers with status 500$", problem.message)
      assert.are.equal(3, #requests)
    end)
  end)

  it("name the endpoint that does not answer, and the answer that is none", function()
    credentials_home.with({ settings = { [FULL] = "http://127.0.0.1:1/x" } }, function(home)
      local _, problem = aws_server.follow(home.keys)
      assert.matches("the container's credentials endpoint http://127.0.0.1:1 does not answer", problem.message)
    end)
    with({ { 200, {}, "very-secret" } }, {}, function(home)
      assert.matches("gives no JSON object", home.refusal().message)
    end)
    with({ { 200, {}, { AccessKeyId = "A", Message = "very-secret" } } }, {}, function(home)
      assert.matches("gives no SecretAccessKey", home.refusal().message)
    end)
  end)

  it("are asked of ECS, of https, of loopback and of the hosts that are known, and of no other", function()
    assert.are.equal("http://169.254.170.2/v2/x?id=1", url { [RELATIVE] = "/v2/x?id=1", [FULL] = "http://evil.example/" })
    assert.matches("must begin with a slash", url { [RELATIVE] = "@evil.example/" })
    for _, good in ipairs {
      "https://any.example/x", "http://localhost:80/x", "http://127.1.2.3/x", "http://[::1]:8080/x", "http://169.254.170.2/x",
      "http://169.254.170.23/v1/credentials", "http://[fd00:ec2::23]/v1/credentials", "http://LOCALHOST/x",
    } do
      assert.are.equal(good, url { [FULL] = good })
    end
    for _, bad in ipairs {
      "http://evil.example/x", "http://169.254.169.254/x", "http://127.0.0.1.evil.example/x", "http://localhost.evil.example/",
      "http://127.0.0.1@evil.example/x", "http://[fd00:ec2::24]/x", "ftp://localhost/x", "localhost/x", "http://", "https://",
      "https://a@b/x",
    } do
      assert.matches("must be https, or http to a loopback address", url { [FULL] = bad }, 1, false, bad)
    end
  end)
end)
