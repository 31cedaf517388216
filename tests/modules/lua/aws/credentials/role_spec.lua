local aws_server       = require "tests.support.aws_server"
local credentials_home = require "tests.support.credentials_home"
local program          = require "tests.support.program"
local refresh          = require "aws.refresh"
local subprocess       = require "subprocess"
local time             = require "time"

local CONFIG = [[
[profile base]
region = eu-west-1
[profile role]
role_arn = arn:aws:iam::222222222222:role/R
source_profile = base
[profile keys-and-role]
role_arn = arn:aws:iam::222222222222:role/R
source_profile = base
aws_access_key_id = AKIDOWN
aws_secret_access_key = s
[profile over-keys-and-role]
role_arn = arn:aws:iam::222222222222:role/R
source_profile = keys-and-role
[profile over-process]
role_arn = arn:aws:iam::222222222222:role/R
source_profile = process
[profile process]
credential_process = HOME/program
[profile mfa]
role_arn = arn:aws:iam::222222222222:role/R
source_profile = base
mfa_serial = arn:aws:iam::111111111111:mfa/ops
[profile container]
role_arn = arn:aws:iam::222222222222:role/R
credential_source = EcsContainer
[profile both]
role_arn = arn:aws:iam::222222222222:role/R
source_profile = base
credential_source = Environment
[profile gone]
role_arn = arn:aws:iam::222222222222:role/R
source_profile = nowhere
[profile self]
role_arn = arn:aws:iam::222222222222:role/R
source_profile = self
[profile long]
role_arn = arn:aws:iam::222222222222:role/R
source_profile = base
duration_seconds = an hour
[profile a]
role_arn = arn:aws:iam::222222222222:role/A
source_profile = b
[profile b]
role_arn = arn:aws:iam::222222222222:role/B
source_profile = c
[profile c]
role_arn = arn:aws:iam::222222222222:role/C
source_profile = b
]]

local function base(id)
  return ("[base]\naws_access_key_id = %s\naws_secret_access_key = s\n"):format(id)
end

-- Runs fn(home, requests that STS got).
local function with(settings, fn)
  local listener, requests = aws_server.start { function()
    return 200, {}, ([[<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
      <AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>very-secret</SecretAccessKey><SessionToken>token</SessionToken>
      <Expiration>%s</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>]]):format(time.iso8601(refresh.now() + 3600))
  end }
  settings.AWS_ENDPOINT_URL_STS = listener.url
  local fine, problem = pcall(credentials_home.with, { config = CONFIG, credentials = base "AKIDBASE", settings = settings }, function(home)
    home:program("program", [[echo '{"Version": 1, "AccessKeyId": "AKIDPROCESS", "SecretAccessKey": "s"}']])
    fn(home, requests)
  end)
  refresh.now = time.wall
  listener.close()
  if not fine then error(problem, 0) end
end

local function signer(request)
  return request.headers.authorization:match "Credential=(%w+)/"
end

describe("a role of a profile", function()
  it("is assumed with a source profile's keys, wherever they come from", function()
    with({}, function(home, requests)
      assert.are.equal("ASIAROLE", home.keys("role").access_key_id)
      home.keys "over-process"
      home.keys "over-keys-and-role"
      assert.are.equal("AKIDBASE AKIDPROCESS AKIDOWN", ("%s %s %s"):format(signer(requests[1]), signer(requests[2]), signer(requests[3])))
    end)
  end)

  it("goes before the profile's own keys", function()
    with({}, function(home, requests)
      assert.are.equal("ASIAROLE", home.keys("keys-and-role").access_key_id)
      assert.are.equal("AKIDBASE", signer(requests[1]))
    end)
  end)

  it("is assumed with the container's keys", function()
    local container = aws_server.start { { 200, {}, { AccessKeyId = "ASIACONTAINER", SecretAccessKey = "s", Token = "t",
      Expiration = time.iso8601(time.wall() + 3600) } } }
    with({ AWS_CONTAINER_CREDENTIALS_FULL_URI = container.url }, function(home, requests)
      home.keys "container"
      assert.are.equal("ASIACONTAINER", signer(requests[1]))
    end)
    container.close()
    with({}, function(home)
      assert.matches("takes its keys from EcsContainer: AWS_CONTAINER", home.refusal("container").message)
    end)
  end)

  it("is assumed again with what the files say then", function()
    with({}, function(home, requests)
      local _, source = require "credentials".resolve { profile = "role" }
      refresh.now = function() return time.wall() + 3601 end
      local file <close> = assert(io.open(require "config".get "AWS_SHARED_CREDENTIALS_FILE", "w"))
      file:write(base "AKIDNEW")
      file:close()
      source:get()
      assert.are.equal("AKIDBASE AKIDNEW", signer(requests[1]) .. " " .. signer(requests[2]))
      assert.are.equal("ASIAROLE", home.keys("role").access_key_id)
    end)
  end)

  it("that cannot be is refused before anything is sent", function()
    with({}, function(home, requests)
      for profile, pattern in pairs {
        both = "has both source_profile and credential_source", gone = "there is no profile 'nowhere' in ",
        self = "is its own source_profile and has no keys", long = "is no whole number: an hour",
        a = "the profile 'b' leads back to itself", mfa = "wants a code from an MFA device, and nobody can be asked",
      } do
        assert.matches(pattern, home.refusal(profile).message)
      end
      assert.are.equal(0, #requests)
    end)
  end)

  it("with a device asks for its code on the terminal", function()
    with({}, function(home, requests)
      local config = require "config"
      local explain = ("env HOME=%s AWS_CONFIG_FILE=%s AWS_SHARED_CREDENTIALS_FILE=%s AWS_ENDPOINT_URL_STS=%s AWS_REGION=eu-west-1 %s"
        .. " auth explain --offline --profile mfa"):format(home.path, config.get "AWS_CONFIG_FILE", config.get "AWS_SHARED_CREDENTIALS_FILE",
        config.get "AWS_ENDPOINT_URL_STS", program.path)
      local result = subprocess.run { "sh", "-c", "printf 'oops\\n123 456\\n' | script -qec '" .. explain .. "' /dev/null" }
      assert.matches("Code of the MFA device arn:aws:iam::111111111111:mfa/ops: ", result.stdout)
      assert.matches("six digits are wanted", result.stdout)
      assert.matches("ASIAROLE %(secret hidden%)", result.stdout)
      assert.are.equal(1, #requests)
      assert.matches("&SerialNumber=arn%%3Aaws%%3Aiam%%3A%%3A111111111111%%3Amfa%%2Fops&TokenCode=123456", requests[1].body)
      assert.is_nil(result.stdout:find("very-secret", 1, true))
    end)
  end)
end)

describe("credentials.explain", function()
  it("tells whose keys a role was assumed with", function()
    with({}, function()
      local told = require "aws.credentials".explain { profile = "role" }
      assert.are.equal("profile base", told.source.base)
      assert.are.equal("ASIAROLE", told.keys.access_key_id)
    end)
  end)
end)
