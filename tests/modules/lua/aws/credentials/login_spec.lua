local credentials_home = require "tests.support.credentials_home"
local crypto           = require "crypto"
local json             = require "json"
local time             = require "time"

local SESSION = "arn:aws:iam::123456789012:user/ops"
local FILE = crypto.hex(crypto.sha256(SESSION)) .. ".json"

local function with(files, fn, settings)
  credentials_home.with({ config = "[profile p]\nlogin_session = " .. SESSION .. "\n", files = files, settings = settings }, fn)
end

local function cached(life)
  return json.encode { accessToken = { accessKeyId = "ASIALOGIN", secretAccessKey = "very-secret", sessionToken = "t",
    accountId = "123456789012", expiresAt = time.iso8601(time.wall() + life) }, refreshToken = "r", dpopKey = "k", clientId = "c" }
end

describe("a login session", function()
  it("gives the keys that `aws login` left, as long as they live", function()
    with({ [".aws/login/cache/" .. FILE] = cached(600) }, function(home)
      local keys = home.keys "p"
      assert.are.equal("ASIALOGIN", keys.access_key_id)
      assert.are.equal("login session of profile p", keys.source)
    end)
    with({ ["elsewhere/" .. FILE] = cached(600) }, function(home)
      assert.are.equal("ASIALOGIN", home.keys("p").access_key_id)
    end, { AWS_LOGIN_CACHE_DIRECTORY = "HOME/elsewhere" })
  end)

  it("that has ended or is not there says what to do", function()
    with({ [".aws/login/cache/" .. FILE] = cached(-1) }, function(home)
      local problem = home.refusal "p"
      assert.are.equal("CREDENTIALS_LOGIN", problem.code)
      assert.matches("has ended: run 'aws login %-%-profile p'; or, .*credential_process = aws configure export%-credentials", problem.message)
    end)
    with({}, function(home)
      assert.matches("is not in ~/.aws/login/cache/%x+.json: run 'aws login %-%-profile p'", home.refusal("p").message)
    end)
  end)
end)
