-- Against an SSO-OIDC and a portal on loopback, with a token cache as the AWS CLI leaves it.
local aws_server       = require "tests.support.aws_server"
local credentials_home = require "tests.support.credentials_home"
local crypto           = require "crypto"
local json             = require "json"
local log              = require "log"
local server           = require "server"
local subprocess       = require "subprocess"
local task             = require "task"
local time             = require "time"

local CONFIG = [[
[profile p]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Recovery/Role
[profile other]
sso_session = corp
sso_account_id = 210987654321
sso_role_name = Recovery/Role
[sso-session corp]
sso_region = eu-west-1
sso_start_url = https://corp.awsapps.com/start
sso_registration_scopes = sso:account:access
[profile legacy]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 123456789012
sso_role_name = Recovery/Role
]]

local function cache(key)
  return ".aws/sso/cache/" .. crypto.hex(crypto.sha1(key)) .. ".json"
end

local SESSION, LEGACY = cache "corp", cache "https://corp.awsapps.com/start"

local function token(life, changes)
  local value = { accessToken = "old-token", expiresAt = time.iso8601(time.wall() + life), refreshToken = "old-refresh",
    clientId = "client", clientSecret = "client-secret", registrationExpiresAt = time.iso8601(time.wall() + 86400),
    startUrl = "https://corp.awsapps.com/start", region = "eu-west-1", more = "kept" }
  for name, change in pairs(changes or {}) do value[name] = change ~= "none" and change or nil end
  return json.encode(value)
end

local TOKENS = { 200, {}, { accessToken = "new-token", tokenType = "Bearer", expiresIn = 28800, refreshToken = "new-refresh" } }

local function portal(request)
  local given = request.headers["x-amz-sso_bearer_token"]
  if given ~= "old-token" and given ~= "new-token" then return 401, {}, "" end
  return 200, {}, json.encode { roleCredentials = { accessKeyId = "ASIASSO" .. given:sub(1, 3):upper(), secretAccessKey = "very-secret",
    sessionToken = "t", expiration = math.floor((time.wall() + 3600) * 1000) } }
end

-- Runs fn(home, asked of SSO-OIDC, asked of the portal).
local function with(files, oidc_answers, fn, portal_answer, config)
  local oidc, oidc_seen = aws_server.start(oidc_answers)
  local seen = {}
  local roles = server.listen { handler = function(request)
    seen[#seen + 1] = request
    return (portal_answer or portal)(request)
  end }
  local fine, problem = pcall(credentials_home.with, {
    config = config or CONFIG, files = files,
    settings = { AWS_ENDPOINT_URL_SSO = roles.url, AWS_ENDPOINT_URL_SSO_OIDC = oidc.url },
  }, function(home) fn(home, oidc_seen, seen) end)
  oidc.close()
  roles.close()
  if not fine then error(problem, 0) end
end

local function silently(fn)
  local warn, said = log.warn, {}
  log.warn = function(message, fields) said[#said + 1] = message .. " " .. json.encode(json.object(fields or {})) end
  local fine, problem = pcall(fn, said)
  log.warn = warn
  if not fine then error(problem, 0) end
end

describe("SSO", function()
  it("gives a role's keys for the session's token", function()
    with({ [SESSION] = token(3600) }, { TOKENS }, function(home, oidc, seen)
      local keys = home.keys "p"
      assert.are.equal("ASIASSOOLD", keys.access_key_id)
      assert.are.equal("123456789012", keys.account_id)
      assert.are.equal("SSO role Recovery/Role in 123456789012", keys.source)
      assert.is_true(math.abs(keys.expires_at - time.wall() - 3600) < 10)
      assert.are.equal("/federation/credentials?role_name=Recovery%2FRole&account_id=123456789012", seen[1].target)
      assert.is_nil(seen[1].headers.authorization)
      home.keys "p"
      assert.are.equal("0 1", #oidc .. " " .. #seen)
    end)
  end)

  it("renews a token that ends soon, once for all profiles of the session, and keeps it for the CLI", function()
    with({ [SESSION] = token(600) }, { TOKENS }, function(home, oidc, seen)
      local profiles = {}
      for index = 1, 20 do profiles[index] = index % 2 == 0 and "p" or "other" end
      task.map(profiles, function(name) assert.are.equal("ASIASSONEW", home.keys(name).access_key_id) end)
      assert.are.equal("1 2", #oidc .. " " .. #seen)
      assert.are.equal("/token", oidc[1].path)
      assert.are.same({ clientId = "client", clientSecret = "client-secret", grantType = "refresh_token", refreshToken = "old-refresh" },
        json.decode(oidc[1].body))
      local kept = json.decode(home:read(SESSION))
      assert.are.equal("new-token new-refresh kept", ("%s %s %s"):format(kept.accessToken, kept.refreshToken, kept.more))
      assert.is_true(math.abs(time.parse(kept.expiresAt) - time.wall() - 28800) < 10)
      assert.are.equal("600\n", subprocess.run({ "stat", "-c", "%a", home.path .. "/" .. SESSION }).stdout)
    end)
  end)

  it("goes on with a token that cannot be renewed while it lives", function()
    silently(function(said)
      with({ [SESSION] = token(600) }, { { 400, {}, { error = "invalid_grant", error_description = "very-secret" } } }, function(home)
        assert.are.equal("ASIASSOOLD", home.keys("p").access_key_id)
        assert.matches("the SSO token could not be renewed", said[1])
        assert.matches("status 400, invalid_grant", said[1])
        assert.is_nil(said[1]:find("very-secret", 1, true))
      end)
      with({ [SESSION] = token(600, { refreshToken = "none" }) }, { TOKENS }, function(home, oidc)
        assert.are.equal("ASIASSOOLD", home.keys("p").access_key_id)
        assert.are.equal(0, #oidc)
      end)
      with({ [SESSION] = token(600, { registrationExpiresAt = "2020-01-01T00:00:00Z" }) }, { TOKENS }, function(home, oidc)
        assert.are.equal("ASIASSOOLD", home.keys("p").access_key_id)
        assert.are.equal(0, #oidc)
      end)
    end)
  end)

  it("says how to log in when there is no token, or it has ended and cannot be renewed", function()
    silently(function()
      with({}, { TOKENS }, function(home)
        assert.matches("there is no SSO token in ~/.aws/sso/cache/%x+.json: run 'aws sso login %-%-profile p'", home.refusal("p").message)
      end)
      with({ [SESSION] = "very-secret" }, { TOKENS }, function(home)
        assert.matches("gives no JSON object", home.refusal("p").message)
      end)
      with({ [SESSION] = token(-1) }, { { 400, {}, "{}" } }, function(home)
        assert.matches("has ended %(.*status 400.*%): run 'aws sso login %-%-profile p'", home.refusal("p").message)
      end)
      with({ [LEGACY] = token(-1) }, { TOKENS }, function(home, oidc)
        assert.matches("has ended %(it cannot be renewed%): run 'aws sso login %-%-profile legacy'", home.refusal("legacy").message)
        assert.are.equal(0, #oidc)
      end)
    end)
  end)

  it("reads the cache of the older keys, with the time as it was written then", function()
    local ending = time.iso8601(time.wall() + 3600):gsub("Z$", "UTC")
    with({ [LEGACY] = token(0, { expiresAt = ending }) }, { TOKENS }, function(home)
      assert.are.equal("ASIASSOOLD", home.keys("legacy").access_key_id)
    end)
  end)

  it("says what the portal refuses", function()
    local function refused(status, pattern, body)
      with({ [SESSION] = token(3600) }, { TOKENS }, function(home)
        local _, problem = aws_server.follow(function() return home.keys "p" end)
        assert.matches(pattern, problem.message)
      end, function() return status, {}, body or "very-secret" end)
    end
    refused(401, "the SSO token is no longer taken: run 'aws sso login %-%-profile p'")
    refused(403, "the role Recovery/Role in the account 123456789012 is not for this SSO user")
    refused(500, "the SSO portal answers with status 500")
    refused(200, "gives no JSON object")
    refused(200, "gives no roleCredentials", "{}")
    refused(200, "gives no secretAccessKey", '{"roleCredentials":{"accessKeyId":"A"}}')
    refused(200, "gives no sessionToken", '{"roleCredentials":{"accessKeyId":"A","secretAccessKey":"s"}}')
  end)

  it("names what the profile lacks or contradicts", function()
    local function refused(config, pattern)
      with({}, { TOKENS }, function(home)
        assert.matches(pattern, home.refusal("p").message)
      end, nil, config)
    end
    refused("[profile p]\nsso_session = gone\nsso_account_id = 1\nsso_role_name = r\n", "names the sso%-session 'gone', which is not in ")
    refused("[profile p]\nsso_start_url = u\nsso_region = r\nsso_account_id = 1\n", "wants SSO and has no sso_role_name")
    refused("[profile p]\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n[sso-session s]\nsso_region = x\n", "has no sso_start_url")
    refused("[profile p]\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\nsso_region = y\n[sso-session s]\nsso_region = x\n",
      "sso_region of the profile 'p' is not that of its sso%-session 's'")
    refused("[profile p]\nsso_session = s\n[sso-session s]\nsso_region = x\n", "the profile 'p' has no keys")
  end)
end)
