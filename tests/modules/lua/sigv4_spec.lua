local credentials = require "credentials"
local sigv4 = require "sigv4"

-- The numbers are those of the AWS documentation's and test suite's examples.
local KEYS = { access_key_id = "AKIDEXAMPLE", secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" }
local TIME = 1440938160

local function request(changes)
  local all = {
    method = "GET", url = "https://example.amazonaws.com/", service = "service", region = "us-east-1", time = TIME,
    credentials = KEYS,
  }
  for name, value in pairs(changes or {}) do all[name] = value end
  return all
end

-- What arrives at the server for a signed request.
local function arrived(sent, headers)
  local lower = { host = "example.amazonaws.com" }
  for name, value in pairs(sent.headers or {}) do lower[name:lower()] = tostring(value) end
  for name, value in pairs(headers) do lower[name:lower()] = value end
  local target = sent.url:match "^https://[^/]+(.*)$"
  return { method = sent.method, target = target, headers = lower, body = sent.body, id = "extra" }
end

local function verify(incoming, changes)
  local all = { secret_access_key = KEYS.secret_access_key, time = TIME }
  for name, value in pairs(incoming) do all[name] = value end
  for name, value in pairs(changes or {}) do all[name] = value end
  return sigv4.verify(all)
end

local function misused(pattern, fn, ...)
  local ok, problem = pcall(fn, ...)
  assert.is_false(ok)
  assert.equal("string", type(problem))
  assert.matches(pattern, problem)
end

describe("sigv4.sign", function()
  it("signs as AWS's test suite", function()
    assert.same({
      ["X-Amz-Date"] = "20150830T123600Z",
      Authorization = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        .. "SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    }, sigv4.sign(request()))
  end)

  it("takes a table or an object of credentials", function()
    assert.same(sigv4.sign(request()), sigv4.sign(request { credentials = credentials.new(KEYS) }))
  end)

  it("gives the session token's header, signed", function()
    local keys = { access_key_id = "A", secret_access_key = "s", session_token = "the-token" }
    local headers = sigv4.sign(request { credentials = keys })
    assert.equal("the-token", headers["X-Amz-Security-Token"])
    assert.matches("SignedHeaders=host;x%-amz%-date;x%-amz%-security%-token,", headers.Authorization)
  end)

  it("shows its work when asked", function()
    local _, canonical, to_sign = sigv4.sign(request { explain = true })
    assert.matches("^GET\n/\n\nhost:example.amazonaws.com\nx%-amz%-date:20150830T123600Z\n\nhost;x%-amz%-date\n", canonical)
    assert.matches("^AWS4%-HMAC%-SHA256\n20150830T123600Z\n20150830/us%-east%-1/service/aws4_request\n%x+$", to_sign)
    assert.equal(1, select("#", sigv4.sign(request())))
  end)

  it("signs for several regions by SigV4a", function()
    local headers, canonical, text = sigv4.sign(request { region_set = "*", explain = true })
    assert.equal("*", headers["X-Amz-Region-Set"])
    assert.matches("^AWS4%-ECDSA%-P256%-SHA256 Credential=AKIDEXAMPLE/20150830/service/aws4_request, "
      .. "SignedHeaders=host;x%-amz%-date;x%-amz%-region%-set, Signature=30%x+$", headers.Authorization)
    assert.matches("\nx%-amz%-region%-set:%*\n", canonical)
    assert.matches("^AWS4%-ECDSA%-P256%-SHA256\n20150830T123600Z\n20150830/service/aws4_request\n%x+$", text)
    local url, _, presigned = sigv4.presign(request { region_set = "us-east-1,eu-west-1", explain = true })
    assert.matches("?X%-Amz%-Algorithm=AWS4%-ECDSA%-P256%-SHA256&.*&X%-Amz%-Region%-Set=us%-east%-1%%2Ceu%-west%-1&", url)
    assert.matches("^AWS4%-ECDSA%-P256%-SHA256\n", presigned)
    local made, problem = pcall(sigv4.sign, request { region_set = "over there" })
    assert.is_false(made)
    assert.equal("SIGV4_SCOPE", problem.code)
  end)

  it("depends on everything that is signed", function()
    local plain = sigv4.sign(request()).Authorization
    for name, value in pairs {
      method = "PUT", url = "https://example.amazonaws.com/a", service = "other", region = "eu-west-1",
      time = TIME + 1, body = "x", headers = { ["X-More"] = "1" }, unsigned_payload = true, payload_hash = ("a"):rep(64),
    } do
      assert.is_true(plain ~= sigv4.sign(request { [name] = value }).Authorization, name)
    end
    local dots = { url = "https://example.amazonaws.com/a/../b%20c" }
    local normal = sigv4.sign(request(dots)).Authorization
    assert.is_true(normal ~= sigv4.sign(request { url = dots.url, path_normalize = false }).Authorization)
    assert.is_true(normal ~= sigv4.sign(request { url = dots.url, double_encode = false }).Authorization)
  end)

  it("signs with the present time if none is given", function()
    local sent = request()
    sent.time = nil
    assert.is_true(verify(arrived(sent, sigv4.sign(sent)), { time = os.time() }))
  end)

  it("refuses what cannot be signed", function()
    for code, changes in pairs {
      SIGV4_URL = { url = "nonsense" }, SIGV4_SCOPE = { region = "a/b" }, INVALID_CREDENTIALS = { credentials = {} },
    } do
      local ok, problem = pcall(sigv4.sign, request(changes))
      assert.is_false(ok)
      assert.equal(code, problem.code)
    end
    misused("field 'method' is missing", sigv4.sign, {})
    misused("unknown field 'x'", sigv4.sign, request { x = 1 })
    misused("unknown field 'expires'", sigv4.sign, request { expires = 1 })
    misused("64 hexadecimal digits", sigv4.sign, request { payload_hash = "x" })
    misused("credentials expected", sigv4.sign, request { credentials = "x" })
    misused("credentials expected", sigv4.sign, request { credentials = io.stdout })
    misused("field 'unsigned_payload' must be a boolean", sigv4.sign, request { unsigned_payload = 1 })
    misused("field 'time' must be a number", sigv4.sign, request { time = -1 })
  end)

  it("refuses credentials that are wiped", function()
    local keys
    do
      local closed <close> = credentials.new(KEYS)
      keys = closed
    end
    misused("wiped", sigv4.sign, request { credentials = keys })
  end)
end)

describe("sigv4.presign", function()
  it("gives a URL that verifies until it expires", function()
    local url = sigv4.presign(request { expires = 60 })
    assert.matches("X%-Amz%-Expires=60", url)
    local incoming = { method = "GET", target = url:match "^https://[^/]+(.*)$", headers = { host = "example.amazonaws.com" } }
    local claim = sigv4.parse(incoming)
    assert.is_true(claim.presigned)
    assert.equal(60, claim.expires)
    assert.is_true(verify(incoming))
    assert.is_true(verify(incoming, { time = TIME + 59 }))
    assert.is_false((verify(incoming, { time = TIME + 400 })))
  end)

  it("refuses more than a week", function()
    local ok, problem = pcall(sigv4.presign, request { expires = 604801 })
    assert.is_false(ok)
    assert.equal("SIGV4_EXPIRES", problem.code)
  end)
end)

describe("sigv4.parse", function()
  it("reads what a request says of itself", function()
    local claim = sigv4.parse(arrived(request(), sigv4.sign(request())))
    assert.same({
      access_key_id = "AKIDEXAMPLE", day = "20150830", region = "us-east-1", service = "service", date = "20150830T123600Z",
      time = TIME, signed_headers = "host;x-amz-date", presigned = false,
      signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    }, claim)
    local token = { access_key_id = "A", secret_access_key = "s", session_token = "the-token" }
    local sent = request { credentials = token }
    assert.equal("the-token", sigv4.parse(arrived(sent, sigv4.sign(sent))).session_token)
  end)

  it("says what is missing", function()
    local claim, code, message = sigv4.parse { method = "GET", target = "/", headers = {} }
    assert.is_nil(claim)
    assert.equal("MissingAuthenticationToken", code)
    assert.equal("string", type(message))
    local headers = { authorization = "AWS4-HMAC-SHA256 Credential=A" }
    local _, incomplete = sigv4.parse { method = "GET", target = "/", headers = headers }
    assert.equal("IncompleteSignature", incomplete)
  end)
end)

describe("sigv4.verify", function()
  it("accepts what sign made", function()
    for _, changes in ipairs {
      {}, { method = "POST", body = "{}", headers = { ["Content-Type"] = "application/json", ["X-N"] = 5 } },
      { url = "https://example.amazonaws.com/a%20b/c?z=1&a=%2F&a=" },
    } do
      local sent = request(changes)
      assert.is_true(verify(arrived(sent, sigv4.sign(sent))))
    end
  end)

  it("refuses another secret, body, target or header, and shows what it computed", function()
    local sent = request { method = "POST", body = "{}", headers = { ["X-More"] = "1" } }
    local headers = sigv4.sign(sent)
    for name, value in pairs { secret_access_key = "other", body = "{ }", target = "/other", method = "PUT" } do
      local ok, code, message, canonical, to_sign = verify(arrived(sent, headers), { [name] = value })
      assert.is_false(ok, name)
      assert.equal("SignatureDoesNotMatch", code)
      assert.matches("does not match", message)
      assert.matches("host:example.amazonaws.com", canonical)
      assert.matches("^AWS4%-HMAC%-SHA256", to_sign)
    end
    local incoming = arrived(sent, headers)
    incoming.headers["x-more"] = "2"
    assert.is_false((verify(incoming)))
  end)

  it("refuses what is too old or too new", function()
    local incoming = arrived(request(), sigv4.sign(request()))
    assert.is_true(verify(incoming, { time = TIME + 300 }))
    assert.is_false((verify(incoming, { time = TIME + 301 })))
    assert.is_false((verify(incoming, { time = TIME - 301 })))
    assert.is_true(verify(incoming, { time = TIME + 3600, max_skew = 3600 }))
  end)

  it("refuses what is not signed", function()
    local ok, code = verify { method = "GET", target = "/", headers = {} }
    assert.is_false(ok)
    assert.equal("MissingAuthenticationToken", code)
    misused("field 'secret_access_key' is missing", sigv4.verify, { method = "GET", target = "/", headers = {} })
  end)
end)
