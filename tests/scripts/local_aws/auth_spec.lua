-- Who may call, and how AWS refuses: every protocol has its own names for the same things. Shows 8.13 of the facts on the DRS
-- API.

local support = require "tests.support.local_aws"
local time = require "time"

local OTHER = { access_key_id = "AKIAUNKNOWN000000000", secret_access_key = "x" }
local WRONG = { access_key_id = support.ADMINISTRATOR.access_key_id, secret_access_key = "wrong" }

-- One harmless call of each service: gives status, code, message of the answer.
local function json_call(service, target)
  return function(here, given)
    local answer, body = support.json(here, service, target, {}, given)
    return answer.status, body.__type and body.__type:match("[^#]+$"), body.message
  end
end

local function form_call(service, action, version)
  return function(here, given)
    local answer = support.form(here, service, { Action = action, Version = version }, given)
    return answer.status, support.field(answer.body, "Code"), support.field(answer.body, "Message")
  end
end

local CALLS = {
  dynamodb = json_call("dynamodb", "DynamoDB_20120810.ListTables"),
  states = json_call("states", "AWSStepFunctions.ListStateMachines"),
  drs = function(here, given)
    local answer, body = support.drs(here, "DescribeJobs", {}, given)
    return answer.status, answer.headers["x-amzn-errortype"], body.message
  end,
  sts = form_call("sts", "GetCallerIdentity", "2011-06-15"),
  ec2 = form_call("ec2", "DescribeRegions", "2016-11-15"),
  route53 = function(here, given)
    local sent = { service = "route53", method = "GET", path = "/2013-04-01/hostedzone" }
    for name, value in pairs(given) do
      sent[name] = value
    end
    local answer = support.send(here, sent)
    return answer.status, support.field(answer.body, "Code"), support.field(answer.body, "Message")
  end,
}

-- Service -> {status, code}.
local REFUSED = {
  ["no signature"] = {
    given = { unsigned = true },
    dynamodb = { 400, "MissingAuthenticationTokenException" }, states = { 400, "MissingAuthenticationTokenException" },
    drs = { 403, "MissingAuthenticationTokenException" }, sts = { 403, "MissingAuthenticationToken" },
    route53 = { 403, "MissingAuthenticationToken" }, ec2 = { 403, "MissingAuthenticationToken" },
  },
  ["an unknown key"] = {
    given = { credentials = OTHER },
    dynamodb = { 400, "UnrecognizedClientException" }, states = { 400, "UnrecognizedClientException" },
    drs = { 403, "UnrecognizedClientException" }, sts = { 403, "InvalidClientTokenId" },
    route53 = { 403, "InvalidClientTokenId" }, ec2 = { 401, "AuthFailure" },
  },
  ["a wrong secret"] = {
    given = { credentials = WRONG },
    dynamodb = { 400, "InvalidSignatureException" }, states = { 400, "InvalidSignatureException" },
    drs = { 403, "InvalidSignatureException" }, sts = { 403, "SignatureDoesNotMatch" },
    route53 = { 403, "SignatureDoesNotMatch" }, ec2 = { 401, "AuthFailure" },
  },
  ["half a signature"] = {
    given = {
      tamper = function(headers)
        headers.Authorization = "AWS4-HMAC-SHA256 Credential=AKIADRSHLOCAL0000000/20261123/us-east-1/drs/aws4_request"
      end,
    },
    dynamodb = { 400, "IncompleteSignatureException" }, states = { 400, "IncompleteSignatureException" },
    drs = { 403, "IncompleteSignatureException" }, sts = { 400, "IncompleteSignature" },
    route53 = { 400, "IncompleteSignature" }, ec2 = { 400, "IncompleteSignature" },
  },
  ["a signature of twenty minutes ago"] = {
    given = "skewed",
    dynamodb = { 400, "InvalidSignatureException" }, states = { 400, "InvalidSignatureException" },
    drs = { 403, "InvalidSignatureException" }, sts = { 403, "SignatureDoesNotMatch" },
    route53 = { 403, "SignatureDoesNotMatch" }, ec2 = { 400, "RequestExpired" },
  },
  ["a session token that does not belong to the key"] = {
    given = {
      credentials = {
        access_key_id = support.ADMINISTRATOR.access_key_id, secret_access_key = support.ADMINISTRATOR.secret_access_key,
        session_token = "stolen",
      },
    },
    dynamodb = { 400, "UnrecognizedClientException" }, states = { 400, "UnrecognizedClientException" },
    drs = { 403, "UnrecognizedClientException" }, sts = { 403, "InvalidClientTokenId" },
    route53 = { 403, "InvalidClientTokenId" }, ec2 = { 401, "AuthFailure" },
  },
  ["an expired session"] = {
    given = "expired",
    dynamodb = { 400, "ExpiredTokenException" }, states = { 400, "ExpiredTokenException" },
    drs = { 403, "ExpiredTokenException" }, sts = { 403, "ExpiredToken" },
    route53 = { 403, "ExpiredToken" }, ec2 = { 400, "RequestExpired" },
  },
}

local function copy(given)
  local copied = {}
  for name, value in pairs(given) do
    copied[name] = value
  end
  return copied
end

describe("a call of the local AWS", function()
  local here

  setup(function()
    here = support.start()
  end)
  teardown(function()
    here.close()
  end)

  local function given_of(case)
    if case.given == "skewed" then
      return { time = math.floor(time.wall()) - 1200 }
    elseif case.given == "expired" then
      local keys = here.call("sts", "GetSessionToken", { DurationSeconds = 900 }).Credentials
      here.world.db:run("UPDATE account_keys SET expires_at = ? WHERE access_key_id = ?", time.wall() - 1, keys.AccessKeyId)
      return { credentials = {
        access_key_id = keys.AccessKeyId, secret_access_key = keys.SecretAccessKey, session_token = keys.SessionToken,
      } }
    end
    return copy(case.given)
  end

  for name, case in pairs(REFUSED) do
    for service, call in pairs(CALLS) do
      it(("with %s is refused by %s as AWS does"):format(name, service), function()
        local status, code, message = call(here, given_of(case))
        assert.same(case[service], { status, code })
        assert.truthy(#message > 10)
      end)
    end
  end

  it("is told the time when its signature is too old or too new", function()
    local now = math.floor(time.wall())
    local _, _, old = CALLS.drs(here, { time = now - 600 })
    assert.truthy(old:find("^Signature expired: %d+T%d+Z is now earlier than %d+T%d+Z %(%d+T%d+Z %- 5 min%.%)"))
    local _, _, new = CALLS.drs(here, { time = now + 600 })
    assert.truthy(new:find("^Signature not yet current: "))
    assert.equal(200, (CALLS.sts(here, { time = now - 240 })))
    assert.equal(200, (CALLS.ec2(here, { time = now - 600 })))
  end)

  it("is refused when the body was changed after it was signed", function()
    local answer = support.send(here, {
      service = "drs", path = "/DescribeJobs", body = "{}", headers = { ["Content-Type"] = "application/json" },
      tamper = function(headers)
        headers["X-Amz-Date"] = headers["X-Amz-Date"]:gsub("%d%dZ$", "59Z"):gsub("^%d%d%d%d", "2025")
      end,
    })
    assert.equal(403, answer.status)
  end)

  it("is refused when the signature is scoped to another service", function()
    local answer, body = support.json(here, "sts", "DynamoDB_20120810.ListTables", {})
    assert.equal(400, answer.status)
    assert.truthy(body.message:find("Credential should be scoped to correct service: 'dynamodb'.", 1, true))
  end)

  it("with a session of STS is the session's", function()
    local keys = here.call("sts", "GetSessionToken", { DurationSeconds = 900 }).Credentials
    local answer = support.form(here, "sts", { Action = "GetCallerIdentity", Version = "2011-06-15" }, { credentials = {
      access_key_id = keys.AccessKeyId, secret_access_key = keys.SecretAccessKey, session_token = keys.SessionToken,
    } })
    assert.equal(200, answer.status)
    assert.equal(support.ACCOUNT, support.field(answer.body, "Account"))
  end)

  it("may also be signed in its query string", function()
    local sigv4, http = require "sigv4", require "http"
    local url = sigv4.presign {
      method = "GET", url = here.url .. "/?Action=GetCallerIdentity&Version=2011-06-15", service = "sts", region = "us-east-1",
      time = math.floor(time.wall()), credentials = support.ADMINISTRATOR, expires = 60,
    }
    local answer = http.request { method = "GET", url = url }
    assert.equal(200, answer.status)
    assert.equal("arn:aws:iam::123456789012:user/administrator", support.field(answer.body, "Arn"))
  end)
end)

describe("the accounts file", function()
  it("gives keys and roles to more accounts; a key that left the file is gone after a restart", function()
    local path, data = os.tmpname(), os.tmpname()
    local function write(text)
      local file = assert(io.open(path, "w"))
      file:write(text)
      file:close()
    end
    local function who(here, key)
      local answer = support.form(here, "sts", { Action = "GetCallerIdentity", Version = "2011-06-15" },
        { credentials = { access_key_id = key, secret_access_key = "s3cret" } })
      return answer.status, support.field(answer.body, "Arn")
    end
    write [[{"accounts": {"210987654321": {
      "keys": [{"accessKeyId": "AKIAWORKLOAD00000001", "secretAccessKey": "s3cret", "userName": "operator"}],
      "roles": [{"roleName": "Cross", "trustedAccounts": ["123456789012"], "externalId": "x-1"}]}}}]]
    local here = support.start { accounts = path, data = data }
    local status, arn = who(here, "AKIAWORKLOAD00000001")
    assert.same({ 200, "arn:aws:iam::210987654321:user/operator" }, { status, arn })
    assert.equal("Roles may not be assumed by root accounts.", here.fault("sts", "AssumeRole", {
      RoleArn = "arn:aws:iam::210987654321:role/Cross", RoleSessionName = "me", ExternalId = "x-1",
    }).message)
    here.close()
    write [[{"accounts": {}}]]
    here = support.start { accounts = path, data = data }
    assert.equal(403, (who(here, "AKIAWORKLOAD00000001")))
    here.close()
    for _, name in ipairs { path, data, data .. "-wal", data .. "-shm" } do
      os.remove(name)
    end
  end)
end)
