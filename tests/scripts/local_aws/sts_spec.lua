-- STS: identity, roles over accounts, sessions.

local json = require "json"
local support = require "tests.support.local_aws"
local time = require "time"

local WORKLOAD = "210987654321"
local ROLE = "arn:aws:iam::" .. WORKLOAD .. ":role/DRSOrchestrationCrossAccountRole"

describe("STS", function()
  local here

  setup(function()
    here = support.start {
      estate = { accounts = { [WORKLOAD] = { roles = {
        { roleName = "DRSOrchestrationCrossAccountRole", trustedAccounts = { support.ACCOUNT }, externalId = "ext-1" },
        { roleName = "Open", trustedAccounts = { support.ACCOUNT, WORKLOAD }, maxSessionDuration = 7200 },
      } } } },
    }
  end)
  teardown(function()
    here.close()
  end)

  -- A call made with these keys (administrator's when left out), over HTTP: status, answer's text.
  local function call(parameters, keys)
    parameters.Version = "2011-06-15"
    local answer = support.form(here, "sts", parameters, { credentials = keys })
    return answer.status, answer.body
  end
  local field = support.field
  local function assume(role, more, keys)
    local parameters = { Action = "AssumeRole", RoleArn = role, RoleSessionName = "drill" }
    for name, value in pairs(more or {}) do
      parameters[name] = value
    end
    return call(parameters, keys)
  end
  local function keys_of(body)
    return {
      access_key_id = field(body, "AccessKeyId"), secret_access_key = field(body, "SecretAccessKey"),
      session_token = field(body, "SessionToken"),
    }
  end

  it("says who calls", function()
    local status, body = call { Action = "GetCallerIdentity" }
    assert.equal(200, status)
    assert.equal(support.ACCOUNT, field(body, "Account"))
    assert.equal("arn:aws:iam::123456789012:user/administrator", field(body, "Arn"))
    assert.truthy(field(body, "RequestId"))
  end)

  it("gives keys of a role in another account, which act there", function()
    local status, body = assume(ROLE, { ExternalId = "ext-1" })
    assert.equal(200, status)
    local keys = keys_of(body)
    assert.truthy(keys.access_key_id:find("^ASIA[%u%d]+$"))
    assert.equal(20, #keys.access_key_id)
    local expires = time.parse(field(body, "Expiration"))
    assert.truthy(math.abs(expires - time.wall() - 3600) < 5)
    local _, identity = call({ Action = "GetCallerIdentity" }, keys)
    assert.equal(WORKLOAD, field(identity, "Account"))
    assert.equal("arn:aws:sts::210987654321:assumed-role/DRSOrchestrationCrossAccountRole/drill", field(identity, "Arn"))
    assert.truthy(field(identity, "UserId"):find("^AROA[%u%d]+:drill$"))
  end)

  it("refuses a wrong or missing external id, an unknown role and an account that is not trusted in the same words", function()
    for _, case in ipairs { { ROLE, { ExternalId = "wrong" } }, { ROLE }, { "arn:aws:iam::210987654321:role/Nobody" } } do
      local status, body = assume(case[1], case[2])
      assert.equal(403, status)
      assert.equal("AccessDenied", field(body, "Code"))
      assert.equal("User: arn:aws:iam::123456789012:user/administrator is not authorized to perform: sts:AssumeRole on "
        .. "resource: " .. case[1], field(body, "Message"))
    end
  end)

  it("limits sessions: the role's maximum, one hour when roles are chained", function()
    local status, body = assume("arn:aws:iam::210987654321:role/Open", { DurationSeconds = 7201 })
    assert.same({ 400, "ValidationError" }, { status, field(body, "Code") })
    status, body = assume("arn:aws:iam::210987654321:role/Open", { DurationSeconds = 7200 })
    assert.equal(200, status)
    status, body = assume("arn:aws:iam::210987654321:role/Open", { DurationSeconds = 7200 }, keys_of(body))
    assert.equal(400, status)
    assert.truthy(field(body, "Message"):find("role chaining"))
  end)

  it("checks its input as AWS does", function()
    local status, body = assume(ROLE, { RoleSessionName = "not good!", DurationSeconds = 10 })
    assert.equal(400, status)
    assert.equal("ValidationError", field(body, "Code"))
    assert.truthy(field(body, "Message"):find("2 validation errors detected: ", 1, true))
    assert.truthy(body:find("Member must have value greater than or equal to 900", 1, true))
    status, body = assume("arn:aws:iam::12:role/Short")
    assert.same({ 400, "ValidationError" }, { status, field(body, "Code") })
    status, body = call { Action = "AssumeRole" }
    assert.equal(400, status)
    assert.truthy(body:find("Value null at &apos;roleArn&apos;", 1, true) or body:find("Value null at 'roleArn'", 1, true))
  end)

  it("does not let a root account assume roles", function()
    local refused = here.fault("sts", "AssumeRole", { RoleArn = ROLE, RoleSessionName = "me", ExternalId = "ext-1" })
    assert.equal("Roles may not be assumed by root accounts.", refused.message)
  end)

  it("gives session keys to users, not to sessions", function()
    local status, body = call { Action = "GetSessionToken" }
    assert.equal(200, status)
    local keys = keys_of(body)
    local refused, text = call({ Action = "GetSessionToken" }, keys)
    assert.same({ 403, "AccessDenied" }, { refused, field(text, "Code") })
    refused = call({ Action = "GetFederationToken", Name = "guest" }, keys)
    assert.equal(403, refused)
  end)

  it("federates a user", function()
    local status, body = call { Action = "GetFederationToken", Name = "guest", DurationSeconds = 900 }
    assert.equal(200, status)
    local _, identity = call({ Action = "GetCallerIdentity" }, keys_of(body))
    assert.equal("arn:aws:sts::123456789012:federated-user/guest", field(identity, "Arn"))
  end)

  it("knows whose a key is", function()
    local _, body = call { Action = "GetAccessKeyInfo", AccessKeyId = "AKIADRSHLOCAL0000000" }
    assert.equal(support.ACCOUNT, field(body, "Account"))
    local status = call { Action = "GetAccessKeyInfo", AccessKeyId = "AKIAUNKNOWN000000000" }
    assert.equal(400, status)
  end)

  it("decodes what it encoded, nothing else", function()
    local encoded = require("crypto").base64url_encode(json.encode { allowed = false })
    assert.equal('{"allowed":false}', here.call("sts", "DecodeAuthorizationMessage",
      { EncodedMessage = encoded }).DecodedMessage)
    assert.equal("InvalidAuthorizationMessageException",
      here.fault("sts", "DecodeAuthorizationMessage", { EncodedMessage = "!!" }).code)
  end)

  it("does not know an operation of another version", function()
    local answer = support.form(here, "sts", { Action = "Nonsense", Version = "2011-06-15" })
    assert.equal(400, answer.status)
    assert.equal("InvalidAction", field(answer.body, "Code"))
    assert.equal("Could not find operation Nonsense for version 2011-06-15", field(answer.body, "Message"))
  end)
end)
