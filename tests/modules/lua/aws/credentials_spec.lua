local aws          = require "aws"
local aws_server   = require "tests.support.aws_server"
local aws_settings = require "tests.support.aws_settings"
local credentials  = require "aws.credentials"
local refresh      = require "aws.refresh"
local task         = require "task"
local time         = require "time"

local ENVIRONMENT = { AWS_ACCESS_KEY_ID = "AKIDENV", AWS_SECRET_ACCESS_KEY = "secret-env", AWS_REGION = "eu-west-1" }

local FILES = {
  config = [[
[default]
region = eu-central-1
[profile drill]
role_arn = arn:aws:iam::222222222222:role/Drill
source_profile = base
external_id = x-1
role_session_name = tester
duration_seconds = 1800
[profile chain]
role_arn = arn:aws:iam::333333333333:role/Second
source_profile = drill
[profile loop-a]
role_arn = arn:aws:iam::222222222222:role/A
source_profile = loop-b
[profile loop-b]
role_arn = arn:aws:iam::222222222222:role/B
source_profile = loop-a
[profile self]
role_arn = arn:aws:iam::222222222222:role/Self
source_profile = self
aws_access_key_id = AKIDSELF
aws_secret_access_key = s
[profile from-environment]
role_arn = arn:aws:iam::222222222222:role/Env
credential_source = Environment
[profile nothing]
region = us-east-1
[profile half]
aws_access_key_id = AKIDHALF
[profile mfa]
role_arn = arn:aws:iam::222222222222:role/M
source_profile = base
mfa_serial = arn:aws:iam::222222222222:mfa/x
[profile odd]
role_arn = arn:aws:iam::222222222222:role/M
credential_source = Moon
]],
  credentials = "[default]\naws_access_key_id = AKIDDEFAULT\naws_secret_access_key = s\n"
    .. "[base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = s\naws_session_token = t\n",
}

-- An STS that gives keys named for the role, good for `life` seconds, and everything else an empty list of jobs.
local function start(life, seen)
  return aws_server.start { function(request)
    if request.path ~= "/" then
      seen[#seen + 1] = { call = request.path, by = request.headers.authorization:match "Credential=(%w+)/" }
      return 200, {}, '{"items":[]}'
    end
    local role = request.body:match "role%%2F(%w+)"
    seen[#seen + 1] = { call = "AssumeRole", by = request.headers.authorization:match "Credential=(%w+)/", body = request.body,
      scope = request.headers.authorization:match "/(%w+)/aws4_request" }
    return 200, {}, ([[<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
      <AccessKeyId>ASIA%s</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
      <Expiration>%s</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>A:b</AssumedRoleId><Arn>arn:x</Arn>
      </AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>]]):format(role:upper(), time.iso8601(time.wall() + life))
  end }
end

-- Runs fn(listener, seen) with settings, files and an STS whose keys live for `life` seconds.
local function with_sts(settings, life, fn)
  local seen = {}
  local listener = start(life, seen)
  local all = { AWS_ENDPOINT_URL = listener.url }
  for name, value in pairs(settings) do
    all[name] = value
  end
  credentials.forget()
  local fine, problem = pcall(aws_settings.with, all, FILES, function() fn(listener, seen) end)
  listener.close()
  if not fine then
    error(problem, 0)
  end
end

-- Who signs a call of a client with these options.
local function signer(options)
  return aws.client("drs", options):describe_jobs {} and nil
end

local function refusal(fn, ...)
  local fine, problem = pcall(fn, ...)
  assert.is_false(fine)
  return problem
end

describe("the credentials chain", function()
  it("takes keys in code, then the environment, then the default profile", function()
    with_sts(ENVIRONMENT, 3600, function(_, seen)
      signer { credentials = { access_key_id = "AKIDCODE", secret_access_key = "s" } }
      signer()
      assert.are.equal("AKIDCODE AKIDENV", seen[1].by .. " " .. seen[2].by)
    end)
    with_sts({}, 3600, function(_, seen)
      signer()
      assert.are.equal("AKIDDEFAULT", seen[1].by)
    end)
  end)

  it("takes a named profile and nothing else", function()
    with_sts(ENVIRONMENT, 3600, function(_, seen)
      signer { profile = "base" }
      assert.are.equal("AKIDBASE", seen[1].by)
      local problem = refusal(signer, { profile = "nothing" })
      assert.are.equal("CREDENTIALS_PROFILE", problem.code)
      assert.matches("the profile 'nothing' has no keys", problem.message)
      assert.matches("there is no profile 'gone' in ", refusal(signer, { profile = "gone" }).message)
    end)
    local settings = { AWS_PROFILE = "base" }
    for name, value in pairs(ENVIRONMENT) do
      settings[name] = value
    end
    with_sts(settings, 3600, function(_, seen)
      signer()
      assert.are.equal("AKIDBASE", seen[1].by)
    end)
  end)

  it("says of each provider why it has nothing", function()
    aws_settings.with({ AWS_REGION = "eu-west-1" }, {}, function()
      local problem = refusal(signer)
      assert.is_true(aws.is_error(problem, "CREDENTIALS_NOT_FOUND"))
      assert.matches("environment: AWS_ACCESS_KEY_ID is not set; role of a profile: there is no profile 'default'; web identity: ", problem.message)
      assert.matches("; container: [%w_ ]+ are not set; instance metadata: AWS_EC2_METADATA_DISABLED is true %(profiles are looked for in ", problem.message)
    end)
  end)

  it("refuses half a pair of keys", function()
    aws_settings.with({ AWS_REGION = "eu-west-1", AWS_ACCESS_KEY_ID = "AKIDENV" }, FILES, function()
      assert.are.equal("CREDENTIALS_INCOMPLETE", refusal(signer).code)
      assert.matches("the profile 'half' has only one of", refusal(signer, { profile = "half" }).message)
    end)
  end)

  it("takes the region from the environment before the profile, and needs one", function()
    with_sts({}, 3600, function(listener)
      local client = aws.client("drs", { profile = "default", endpoint = listener.url })
      client:describe_jobs {}
    end)
    aws_settings.with({ AWS_ACCESS_KEY_ID = "a", AWS_SECRET_ACCESS_KEY = "b" }, {}, function()
      assert.are.equal("REGION_MISSING", refusal(signer).code)
    end)
  end)
end)

describe("credentials.resolve", function()
  it("gives the keys and where they came from", function()
    with_sts({}, 3600, function()
      local keys, source = require "credentials".resolve { profile = "drill" }
      assert.are.equal("ASIADRILL", keys.access_key_id)
      assert.are.equal("222222222222", keys.account_id)
      assert.are.equal("assume-role arn:aws:iam::222222222222:role/Drill", keys.source)
      assert.is_string(source.key)
    end)
    aws_settings.with(ENVIRONMENT, {}, function()
      assert.are.equal("AKIDENV", require "credentials".resolve().access_key_id)
    end)
  end)
end)

describe("a profile with a role", function()
  it("assumes it with its source profile's keys, external id, session name and duration", function()
    with_sts({}, 3600, function(_, seen)
      signer { profile = "drill", region = "eu-west-1" }
      assert.are.equal("AssumeRole", seen[1].call)
      assert.are.equal("AKIDBASE", seen[1].by)
      assert.are.equal("sts", seen[1].scope)
      assert.are.equal("Action=AssumeRole&Version=2011-06-15&DurationSeconds=1800&ExternalId=x-1"
        .. "&RoleArn=arn%3Aaws%3Aiam%3A%3A222222222222%3Arole%2FDrill&RoleSessionName=tester", seen[1].body)
      assert.are.equal("ASIADRILL", seen[2].by)
    end)
  end)

  it("may lead over another role, over itself, or over the environment", function()
    with_sts(ENVIRONMENT, 3600, function(_, seen)
      signer { profile = "chain" }
      assert.are.equal("AKIDBASE ASIADRILL ASIASECOND", ("%s %s %s"):format(seen[1].by, seen[2].by, seen[3].by))
      signer { profile = "self" }
      assert.are.equal("AKIDSELF ASIASELF", seen[4].by .. " " .. seen[5].by)
      signer { profile = "from-environment" }
      assert.are.equal("AKIDENV ASIAENV", seen[6].by .. " " .. seen[7].by)
    end)
  end)

  it("that leads back to itself, wants a code or an unknown source is refused", function()
    with_sts({ AWS_REGION = "eu-west-1" }, 3600, function(_, seen)
      assert.matches("leads back to itself", refusal(signer, { profile = "loop-a" }).message)
      assert.matches("wants a code from an MFA device, and nobody can be asked", refusal(signer, { profile = "mfa" }).message)
      assert.matches("neither a source_profile nor a credential_source", refusal(signer, { profile = "odd" }).message)
      assert.are.equal(0, #seen)
    end)
  end)
end)

describe("another account", function()
  local ACCOUNT = { accountId = "444444444444", assumeRoleName = "Recovery", externalId = "e-9" }

  it("is reached by its role", function()
    with_sts(ENVIRONMENT, 3600, function(_, seen)
      signer { account = ACCOUNT }
      assert.matches("RoleArn=arn%%3Aaws%%3Aiam%%3A%%3A444444444444%%3Arole%%2FRecovery", seen[1].body)
      assert.matches("ExternalId=e%-9", seen[1].body)
      assert.are.equal("AKIDENV ASIARECOVERY", seen[1].by .. " " .. seen[2].by)
    end)
  end)

  it("in another partition has another ARN", function()
    with_sts(ENVIRONMENT, 3600, function(_, seen)
      signer { account = ACCOUNT, region = "us-gov-west-1" }
      assert.matches("RoleArn=arn%%3Aaws%-us%-gov%%3Aiam", seen[1].body)
    end)
  end)

  it("is our own when it says so, and never because something is missing", function()
    with_sts(ENVIRONMENT, 3600, function(_, seen)
      signer { account = { accountId = "123456789012", isCurrentAccount = true } }
      assert.are.equal("AKIDENV", seen[1].by)
      for complaint, account in pairs {
        ["account.assumeRoleName is missing"] = { accountId = "444444444444" },
        ["account.accountId is missing"] = { assumeRoleName = "R" },
        ["account.accountId is '12'"] = { accountId = "12", assumeRoleName = "R" },
      } do
        assert.matches(complaint, refusal(aws.client, "drs", { account = account }))
      end
    end)
  end)

  it("gives all clients of a role the same keys, and another external id others", function()
    with_sts(ENVIRONMENT, 3600, function(_, seen)
      signer { account = ACCOUNT }
      signer { account = ACCOUNT }
      assert.are.equal(3, #seen)
      signer { account = { accountId = "444444444444", assumeRoleName = "Recovery", externalId = "other" } }
      assert.are.equal("AssumeRole", seen[4].call)
    end)
  end)

  it("is asked for keys once, however many calls wait for them", function()
    with_sts(ENVIRONMENT, 3600, function(_, seen)
      local client = aws.client("drs", { account = ACCOUNT })
      task.map({ 1, 2, 3, 4, 5 }, function() client:describe_jobs {} end)
      local assumed = 0
      for _, one in ipairs(seen) do
        assumed = assumed + (one.call == "AssumeRole" and 1 or 0)
      end
      assert.are.equal(1, assumed)
      assert.are.equal(6, #seen)
    end)
  end)

  it("is asked again before the keys end", function()
    with_sts(ENVIRONMENT, 3600, function(_, seen)
      signer { account = ACCOUNT }
      local now = refresh.now
      refresh.now = function() return time.wall() + 3000 + 1 end -- in the last ten minutes nothing is signed with the old ones
      local fine, problem = pcall(signer, { account = ACCOUNT })
      refresh.now = now
      assert.is_true(fine, tostring(problem))
      assert.are.equal("AssumeRole", seen[3].call)
    end)
  end)

  it("that refuses us says so with STS's error", function()
    local listener = aws_server.start { { 403, {}, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message>"
      .. "</Error><RequestId>r</RequestId></ErrorResponse>" } }
    credentials.forget()
    aws_settings.with({ AWS_ENDPOINT_URL = listener.url, AWS_ACCESS_KEY_ID = "a", AWS_SECRET_ACCESS_KEY = "b",
      AWS_REGION = "eu-west-1" }, {}, function()
      local problem = refusal(signer, { account = ACCOUNT })
      assert.are.equal("AccessDenied", problem.code)
      assert.are.equal("sts", problem.service)
      assert.are.equal("AssumeRole", problem.operation)
    end)
    listener.close()
  end)
end)
