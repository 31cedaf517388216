-- Against a service that refuses version 1, as EC2 does where IMDSv2 is required.
local credentials_home = require "tests.support.credentials_home"
local json             = require "json"
local log              = require "log"
local refresh          = require "aws.refresh"
local server           = require "server"
local task             = require "task"
local time             = require "time"

local ROLES = "/latest/meta-data/iam/security-credentials/"

-- options: {token= status of the PUT (200), v1= does it take requests without a token, roles= text, keys= function -> object}
local function start(options)
  local seen = {}
  local listener = server.listen { handler = function(request)
    seen[#seen + 1] = request.method .. " " .. request.path
    local given = request.headers["x-aws-ec2-metadata-token"]
    if request.method == "PUT" and request.path == "/latest/api/token" then
      seen.ttl = request.headers["x-aws-ec2-metadata-token-ttl-seconds"]
      if options.token == "never" then task.sleep(1e6) end
      return options.token or 200, {}, "the-token"
    elseif given ~= "the-token" and not (options.v1 and given == nil) then
      return 401, {}, ""
    elseif request.path == ROLES then
      return options.roles == false and 404 or 200, {}, options.roles or "recovery-role"
    end
    return 200, {}, json.encode(options.keys())
  end }
  return listener, seen
end

local function keys(life, id)
  return function()
    return { Code = "Success", AccessKeyId = id or "ASIAROLE", SecretAccessKey = "very-secret", Token = "t",
      Expiration = time.iso8601(refresh.now() + (life or 21600)) }
  end
end

local function with(options, settings, fn)
  options.keys = options.keys or keys()
  local listener, seen = start(options)
  local all = { AWS_EC2_METADATA_DISABLED = "", AWS_EC2_METADATA_SERVICE_ENDPOINT = listener.url }
  for name, value in pairs(settings) do all[name] = value end
  local fine, problem = pcall(credentials_home.with, { settings = all, config = options.config }, function(home) fn(home, seen) end)
  refresh.now = time.wall
  listener.close()
  if not fine then error(problem, 0) end
end

local function refused(options, settings, pattern)
  with(options, settings, function(home)
    assert.matches(pattern, home.refusal().message)
  end)
end

describe("the instance's credentials", function()
  it("come by a token, the role's name and its keys, once for twenty requests", function()
    with({}, {}, function(home, seen)
      local numbers = {}
      for index = 1, 20 do numbers[index] = index end
      local found = task.map(numbers, function() return home.keys() end)[20]
      assert.are.equal("ASIAROLE", found.access_key_id)
      assert.are.equal("instance role recovery-role", found.source)
      assert.are.same({ "PUT /latest/api/token", "GET " .. ROLES, "GET " .. ROLES .. "recovery-role", ttl = "21600" }, seen)
    end)
  end)

  it("are those of a profile with credential_source = Ec2InstanceMetadata", function()
    with({ config = "[profile p]\nrole_arn = arn:aws:iam::222222222222:role/R\ncredential_source = Ec2InstanceMetadata\n" },
      { AWS_ENDPOINT_URL_STS = "http://127.0.0.1:1", AWS_MAX_ATTEMPTS = "1" }, function(home, seen)
        assert.are.equal("sts", home.refusal("p").service) -- it got as far as STS
        assert.are.equal(3, #seen)
      end)
  end)

  it("are not looked for when that is switched off, or a profile is named", function()
    with({ config = "[profile p]\nregion = eu-west-1\n" }, { AWS_EC2_METADATA_DISABLED = "TRUE" }, function(home, seen)
      assert.matches("instance metadata: AWS_EC2_METADATA_DISABLED is true", home.refusal().message)
      assert.matches("the profile 'p' has no keys", home.refusal("p").message)
      assert.are.equal(0, #seen)
    end)
  end)

  it("are asked without a token where the service is an old one, unless that is switched off", function()
    for _, status in ipairs { 403, 404, 405 } do
      with({ token = status, v1 = true }, {}, function(home)
        assert.are.equal("ASIAROLE", home.keys().access_key_id)
      end)
      refused({ token = status, v1 = true }, { AWS_EC2_METADATA_V1_DISABLED = "true" }, "gives no token: status " .. status)
    end
    refused({ token = 404, v1 = true, config = "[default]\nec2_metadata_v1_disabled = true\n" }, {}, "gives no token: status 404")
    refused({ token = 400, v1 = true }, {}, "gives no token: status 400")
    refused({ token = 404 }, {}, "does not give a role: status 401")
  end)

  it("are asked without a token when its answer does not come over the hops", function()
    with({ token = "never", v1 = true }, { AWS_METADATA_SERVICE_TIMEOUT = "0.1" }, function(home)
      assert.are.equal("ASIAROLE", home.keys().access_key_id)
    end)
  end)

  it("that are not there say why", function()
    refused({ roles = false }, {}, "instance metadata: the instance metadata service does not give a role: status 404, as where the instance")
    refused({ roles = "\n" }, {}, "the instance has no role")
    refused({ keys = function() return { Code = "AssumeRoleUnauthorizedAccess" } end }, {}, "gives no keys for the role recovery%-role: AssumeRoleUn")
    refused({}, { AWS_EC2_METADATA_SERVICE_ENDPOINT = "http://127.0.0.1:1" }, "instance metadata: the instance metadata service gives no token: ")
    refused({}, { AWS_EC2_METADATA_SERVICE_ENDPOINT = "127.0.0.1:1" }, "is no URL")
    refused({}, { AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE = "IPv5" }, "is IPv4 or IPv6, not ipv5")
  end)

  it("serve on with a warning when the service gives expired ones or none", function()
    local said, warn = {}, log.warn
    log.warn = function(message) said[#said + 1] = message end
    local options = { keys = keys(-3600) }
    local fine, problem = pcall(with, options, {}, function(home, seen)
      local expired = home.keys()
      assert.are.equal("ASIAROLE", expired.access_key_id)
      local put_off = expired.expires_at - time.wall()
      assert.is_true(put_off > 700 and put_off <= 1201, tostring(put_off))
      assert.matches("has no newer credentials", said[1])
      options.token = 500
      refresh.now = function() return time.wall() + 7200 end
      assert.are.equal("ASIAROLE", home.keys().access_key_id)
      assert.matches("could not be renewed yet", said[2])
      assert.are.equal("ASIAROLE", home.keys().access_key_id)
      assert.are.equal(4, #seen, "the next try is a minute later")
      options.token, options.keys = 200, keys(3600, "ASIANEW")
      refresh.now = function() return time.wall() + 7300 end
      assert.are.equal("ASIANEW", home.keys().access_key_id)
    end)
    log.warn = warn
    assert.is_true(fine, tostring(problem))
  end)
end)
