-- Against the STS of the local AWS, whose role trusts a provider of tokens of our own.
local aws              = require "aws"
local credentials_home = require "tests.support.credentials_home"
local local_aws        = require "tests.support.local_aws"
local refresh          = require "aws.refresh"
local time             = require "time"
local web_identity     = require "local_aws.sts.web_identity"

local PROVIDER = { issuer = "https://tokens.example", key = "a key that both know" }
local ROLE = "arn:aws:iam::210987654321:role/Recovery"

describe("web identity", function()
  local here
  setup(function()
    here = local_aws.start()
    require("local_aws.accounts").add_role(here.world.db, "210987654321", { roleName = "Recovery", webIdentity = PROVIDER })
  end)
  teardown(function() here.close() end)

  local function with(given, fn)
    given.files = given.files or { token = web_identity.token(PROVIDER, "pod") .. "\n" }
    given.settings = given.settings or { AWS_WEB_IDENTITY_TOKEN_FILE = "HOME/token", AWS_ROLE_ARN = ROLE }
    given.settings.AWS_ENDPOINT_URL = here.url
    credentials_home.with(given, fn)
  end

  it("gives the role's keys for the token, and they are good", function()
    with({}, function(home)
      local keys = home.keys()
      assert.are.equal("web identity " .. ROLE, keys.source)
      assert.are.equal("210987654321", keys.account_id)
      assert.are.equal("arn:aws:sts::210987654321:assumed-role/Recovery/drsh", aws.client("sts"):get_caller_identity({}).Arn)
    end)
  end)

  it("takes the session's name from the environment", function()
    with({ settings = { AWS_WEB_IDENTITY_TOKEN_FILE = "HOME/token", AWS_ROLE_ARN = ROLE, AWS_ROLE_SESSION_NAME = "pod-7" } }, function()
      assert.matches("/Recovery/pod%-7$", aws.client("sts"):get_caller_identity({}).Arn)
    end)
  end)

  it("reads the token's file again when the keys are renewed", function()
    with({}, function(home)
      local first = home.keys()
      home:write("token", web_identity.token(PROVIDER, "pod", -1))
      refresh.now = function() return time.wall() + 3601 end
      local problem = home.refusal()
      refresh.now = time.wall
      assert.are.equal("ExpiredTokenException", problem.code)
      home:write("token", web_identity.token(PROVIDER, "pod"))
      refresh.now = function() return time.wall() + 3601 end
      local fine, second = pcall(home.keys)
      refresh.now = time.wall
      assert.is_false(fine) -- what STS gives ends before that clock's now
      assert.are.equal("CREDENTIALS_EXPIRED", second.code)
      assert.are.equal(20, #first.access_key_id)
    end)
  end)

  it("of a profile is that profile's alone", function()
    local config = ("[profile p]\nweb_identity_token_file = HOME/token\nrole_arn = %s\nrole_session_name = ci\n"
      .. "[profile half]\nweb_identity_token_file = HOME/token\n[profile chain]\nrole_arn = %s\nsource_profile = p\n"):format(ROLE, ROLE)
    with({ config = config, settings = { AWS_PROFILE = "p" } }, function(home)
      assert.matches("/Recovery/ci$", aws.client("sts"):get_caller_identity({}).Arn)
      assert.matches("the profile 'half' has a web_identity_token_file and no role_arn", home.refusal("half").message)
      local problem = home.refusal "chain" -- its base is the web identity; the role does not trust itself
      assert.are.equal("AccessDenied", problem.code)
      assert.matches("assumed%-role/Recovery/ci is not authorized", problem.message)
    end)
  end)

  it("says what is missing or refused", function()
    with({ settings = { AWS_WEB_IDENTITY_TOKEN_FILE = "HOME/token" } }, function(home)
      assert.matches("AWS_ROLE_ARN is not$", home.refusal().message)
    end)
    with({ files = {} }, function(home)
      assert.matches("token: No such file or directory", home.refusal().message)
    end)
    with({ files = { token = " \n" } }, function(home)
      assert.matches("there is no token in the web identity's file /", home.refusal().message)
    end)
    for code, token in pairs {
      InvalidIdentityToken = "no-token",
      AccessDenied = web_identity.token({ issuer = "https://other.example", key = "k" }, "pod"),
      ExpiredTokenException = web_identity.token(PROVIDER, "pod", -1),
    } do
      with({ files = { token = token } }, function(home)
        local problem = home.refusal()
        assert.are.equal(code, problem.code)
        assert.is_nil(tostring(problem):find(token, 1, true))
      end)
    end
    with({ files = { token = web_identity.token({ issuer = PROVIDER.issuer, key = "wrong" }, "pod") } }, function(home)
      assert.are.equal("InvalidIdentityToken", home.refusal().code)
    end)
  end)
end)
