local aws_server       = require "tests.support.aws_server"
local credentials_home = require "tests.support.credentials_home"
local crypto           = require "crypto"
local dpop             = require "tests.support.dpop"
local json             = require "json"
local log              = require "log"
local private_file     = require "private_file"
local refresh          = require "aws.refresh"
local subprocess       = require "subprocess"
local task             = require "task"
local time             = require "time"

local SESSION = "arn:aws:iam::123456789012:user/ops"
local FILE = ".aws/login/cache/" .. crypto.hex(crypto.sha256(SESSION)) .. ".json"
local CONFIG = ("[profile p]\nlogin_session = %s\n[profile other]\nlogin_session = %s\n"):format(SESSION, SESSION)

-- Made by `openssl ecparam -name prime256v1 -genkey` for this test.
local KEY = [[
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIFiV+BIMkYAyinLR0zMgVd2sGuOdqdaDaCbCN3dEL61xoAoGCCqGSM49
AwEHoUQDQgAEaGkCWjX+6cv9KQDayERfO04/A3Uo2rwRZ6vwlwWzCodQRBB/LIcD
PIYUVw5zrkXujeSBe70n7OwhG49MeVh08Q==
-----END EC PRIVATE KEY-----
]]
local X = "6869025a35fee9cbfd2900dac8445f3b4e3f037528dabc1167abf09705b30a87"

local function cached(life, changes)
  local value = { accessToken = { accessKeyId = "ASIALOGINOLD", secretAccessKey = "very-secret", sessionToken = "t",
    accountId = "123456789012", expiresAt = time.iso8601(time.wall() + life) }, tokenType = "urn:aws:params:oauth:token-type:access_token_sigv4",
    refreshToken = "old-refresh", dpopKey = KEY, clientId = "arn:aws:signin:::devtools/same-device", idToken = "kept" }
  for name, change in pairs(changes or {}) do value[name] = change ~= "none" and change or nil end
  return json.encode(value)
end

local function answered(changes)
  local value = { accessToken = { accessKeyId = "ASIALOGINNEW", secretAccessKey = "new-secret", sessionToken = "new-t" },
    tokenType = "aws_sigv4", expiresIn = 900, refreshToken = "new-refresh" }
  for name, change in pairs(changes or {}) do value[name] = change ~= "none" and change or nil end
  return { 200, {}, value }
end

local function refusal(code)
  return { 400, { ["x-amzn-errortype"] = "AccessDeniedException" }, { error = code, message = "very-secret" } }
end

-- Runs fn(home, what AWS Sign-In was asked) with warnings kept in `said`.
local function with(files, answers, fn, settings)
  local signin, seen = aws_server.start(answers)
  local all = { AWS_ENDPOINT_URL_SIGNIN = signin.url }
  for name, value in pairs(settings or {}) do all[name] = value end
  local warn, said = log.warn, {}
  log.warn = function(message, fields) said[#said + 1] = message .. " " .. json.encode(json.object(fields or {})) end
  local fine, problem = pcall(credentials_home.with, { config = CONFIG, files = files, settings = all },
    function(home) fn(home, seen, said) end)
  log.warn = warn
  signin.close()
  if not fine then error(problem, 0) end
end

describe("a login session", function()
  it("gives the keys that `aws login` left, and asks nobody while they live", function()
    with({ [FILE] = cached(600) }, { answered() }, function(home, seen)
      local keys = home.keys "p"
      assert.are.equal("ASIALOGINOLD", keys.access_key_id)
      assert.are.equal("123456789012", keys.account_id)
      assert.are.equal("login session of profile p", keys.source)
      assert.are.equal(0, #seen)
    end)
    with({ [FILE:gsub("^.*/", "elsewhere/")] = cached(600) }, { answered() }, function(home)
      assert.are.equal("ASIALOGINOLD", home.keys("p").access_key_id)
    end, { AWS_LOGIN_CACHE_DIRECTORY = "HOME/elsewhere" })
  end)

  it("is renewed with a proof of its private key, once for all who ask, and kept for the CLI", function()
    with({ [FILE] = cached(-60) }, { answered() }, function(home, seen)
      local profiles = {}
      for index = 1, 20 do profiles[index] = index % 2 == 0 and "p" or "other" end
      task.map(profiles, function(name) assert.are.equal("ASIALOGINNEW", home.keys(name).access_key_id) end)
      assert.are.equal(1, #seen)
      assert.are.equal("POST /v1/token", seen[1].method .. " " .. seen[1].target)
      assert.are.equal("application/json", seen[1].headers["content-type"])
      assert.is_nil(seen[1].headers.authorization)
      assert.are.same({ clientId = "arn:aws:signin:::devtools/same-device", grantType = "refresh_token", refreshToken = "old-refresh" },
        json.decode(seen[1].body))

      local kept = json.decode(home:read(FILE))
      assert.are.equal("ASIALOGINNEW new-secret new-t 123456789012", ("%s %s %s %s"):format(kept.accessToken.accessKeyId,
        kept.accessToken.secretAccessKey, kept.accessToken.sessionToken, kept.accessToken.accountId))
      assert.are.equal("new-refresh kept", kept.refreshToken .. " " .. kept.idToken)
      assert.are.equal(KEY, kept.dpopKey)
      assert.is_true(math.abs(time.parse(kept.accessToken.expiresAt) - time.wall() - 900) < 10)
      assert.are.equal("600\n", subprocess.run({ "stat", "-c", "%a", home.path .. "/" .. FILE }).stdout)
    end)
  end)

  it("proves its key as RFC 9449 wants it, with a new proof for each try", function()
    with({ [FILE] = cached(-60) }, { { 503, {}, "" }, answered() }, function(home, seen)
      assert.is_true((aws_server.follow(function() return home.keys "p" end)))
      assert.are.equal(2, #seen)
      local proofs = {}
      for index, request in ipairs(seen) do
        local header, payload = dpop.check(request.headers.dpop)
        assert.are.equal("dpop+jwt ES256 EC P-256", table.concat({ header.typ, header.alg, header.jwk.kty, header.jwk.crv }, " "))
        assert.are.equal(X, crypto.hex(crypto.base64url_decode(header.jwk.x)))
        assert.is_nil(header.jwk.d)
        assert.are.equal("POST", payload.htm)
        assert.are.equal("http://" .. request.headers.host .. "/v1/token", payload.htu)
        assert.is_true(math.abs(payload.iat - time.wall()) < 10)
        proofs[index] = payload.jti
      end
      assert.matches("^%x+%-%x+%-%x+%-%x+%-%x+$", proofs[1])
      assert.are_not.equal(proofs[1], proofs[2])
    end)
  end)

  it("is renewed behind the back of those who ask, before it ends", function()
    with({ [FILE] = cached(900) }, { answered() }, function(home, seen)
      local now = refresh.now
      local fine, problem = pcall(function()
        assert.are.equal("ASIALOGINOLD", home.keys("p").access_key_id)
        refresh.now = function() return now() + 610 end -- 290 seconds are left
        assert.are.equal("ASIALOGINOLD", home.keys("p").access_key_id)
        local deadline = time.monotonic() + 20
        while home.keys("p").access_key_id ~= "ASIALOGINNEW" and time.monotonic() < deadline do task.sleep(0.01) end
        assert.are.equal("ASIALOGINNEW", home.keys("p").access_key_id)
        assert.are.equal(1, #seen)
      end)
      refresh.now = now
      assert(fine, problem)
    end)
  end)

  it("takes the keys of another program that has renewed it meanwhile", function()
    local folder
    with({ [FILE] = cached(-60) }, { function()
      folder:write(FILE, cached(900, { accessToken = { accessKeyId = "ASIALOGINCLI", secretAccessKey = "s", sessionToken = "t",
        accountId = "1", expiresAt = time.iso8601(time.wall() + 900) } }))
      return table.unpack(refusal "TOKEN_EXPIRED")
    end }, function(home, _, said)
      folder = home
      assert.are.equal("ASIALOGINCLI", home.keys("p").access_key_id)
      assert.are.same({}, said)
    end)
  end)

  it("goes on with keys that live while they cannot be renewed, with a warning", function()
    with({ [FILE] = cached(200) }, { refusal "USER_CREDENTIALS_CHANGED" }, function(home, _, said)
      assert.are.equal("ASIALOGINOLD", home.keys("p").access_key_id)
      assert.matches("the login session could not be renewed .*password has changed", said[1])
      assert.are.equal(cached(200):match '"refreshToken":"[^"]*"', home:read(FILE):match '"refreshToken":"[^"]*"')
    end)
  end)

  it("that is renewed and cannot be kept serves", function()
    with({ [FILE] = cached(-60) }, { answered() }, function(home, _, said)
      local replace = private_file.replace
      private_file.replace = function() error("no space left", 0) end
      local fine, problem = pcall(function() assert.are.equal("ASIALOGINNEW", home.keys("p").access_key_id) end)
      private_file.replace = replace
      assert(fine, problem)
      assert.matches("^the renewed login session could not be kept .*no space left", said[1])
    end)
  end)

  it("that has ended, or is not there, says why and what to do", function()
    local function refused(files, answer, pattern)
      with(files, { answer }, function(home)
        local _, problem = aws_server.follow(function() return home.keys "p" end)
        assert.are.equal("CREDENTIALS_LOGIN", problem.code)
        assert.matches(pattern, problem.message)
        assert.matches("run 'aws login %-%-profile p'$", problem.message)
        assert.is_nil(problem.message:find("very-secret", 1, true))
      end)
    end
    local over = { [FILE] = cached(-1) }
    refused({}, answered(), "is not in ~/.aws/login/cache/%x+.json: ")
    refused({ [FILE] = "{}" }, answered(), "is not in ")
    refused(over, refusal "TOKEN_EXPIRED", "has ended and is not renewed %(the session has ended%)")
    refused(over, refusal "INSUFFICIENT_PERMISSIONS", "%(the user lacks signin:CreateOAuth2Token, .*SignInLocalDevelopmentAccess%)")
    refused(over, refusal "invalid_request", "%(AWS Sign%-In answers with status 400, invalid_request%)")
    refused(over, { 400, {}, "<html>very-secret" }, "%(AWS Sign%-In answers with status 400%)")
    refused(over, { 503, {}, "" }, "%(AWS Sign%-In answers with status 503%)")
    refused(over, { 200, {}, "very-secret" }, "%(AWS Sign%-In gives no JSON object .*%)")
    refused(over, answered { accessToken = "none" }, "%(AWS Sign%-In gives no accessToken with an expiresIn%)")
    refused(over, answered { expiresIn = "soon" }, "gives no accessToken with an expiresIn")
    refused(over, answered { refreshToken = "none" }, "gives no refreshToken")
    refused(over, answered { accessToken = { accessKeyId = "A", sessionToken = "t" } }, "gives no secretAccessKey")
    refused({ [FILE] = cached(-1, { dpopKey = "none" }) }, answered(), "%.json has no dpopKey")
    refused({ [FILE] = cached(-1, { refreshToken = "none" }) }, answered(), "%.json has no refreshToken")
    refused({ [FILE] = cached(-1, { dpopKey = "very-secret" }) }, answered(), "the dpopKey in .* is no private key of the curve P%-256")
  end)

  it("is renewed in the region that it was made in, else in the profile's, at the partition's own host", function()
    local endpoints = require "aws.endpoints"
    local asked, resolve = {}, endpoints.resolve
    endpoints.resolve = function(model, region, ...)
      asked[#asked + 1] = resolve({ service = model.service, metadata = model.metadata, operations = {} }, region, {}, {
        ignore_configured_endpoint_urls = "true" }).url
      return resolve(model, region, ...)
    end
    local fine, problem = pcall(function()
      with({ [FILE] = cached(-1, { signInRegion = "us-gov-west-1" }) }, { answered() }, function(home) home.keys "p" end)
      with({ [FILE] = cached(-1) }, { answered() }, function(home) home.keys "p" end)
    end)
    endpoints.resolve = resolve
    assert(fine, problem)
    assert.are.same({ "https://us-gov-west-1.signin.amazonaws-us-gov.com", "https://eu-west-1.signin.aws.amazon.com" }, asked)
  end)
end)
