-- The region from the instance metadata, asked of a service that refuses version 1.
local aws              = require "aws"
local aws_server       = require "tests.support.aws_server"
local aws_settings     = require "tests.support.aws_settings"
local credentials_home = require "tests.support.credentials_home"
local metadata         = require "aws.metadata"
local profile          = require "aws.profile"
local refresh          = require "aws.refresh"
local region           = require "aws.region"
local server           = require "server"
local task             = require "task"
local time             = require "time"

local PATH = "/latest/meta-data/placement/region"

-- Runs fn(seen) on a machine where nobody names a region; answer(): status and text of the metadata.
local function with(answer, settings, fn)
  local seen = {}
  local listener = server.listen { handler = function(request)
    seen[#seen + 1] = request.method .. " " .. request.path
    if request.method == "PUT" then return 200, {}, "the-token" end
    if request.headers["x-aws-ec2-metadata-token"] ~= "the-token" then return 401, {}, "" end
    local status, text = answer()
    return status, {}, text
  end }
  local all = { AWS_REGION = "", AWS_EC2_METADATA_DISABLED = "", AWS_EC2_METADATA_SERVICE_ENDPOINT = listener.url }
  for name, value in pairs(settings) do all[name] = value end
  local fine, problem = pcall(credentials_home.with, { settings = all, config = "[profile p]\nregion = eu-west-2\n" },
    function() fn(seen) end)
  refresh.now = time.wall
  listener.close()
  if not fine then error(problem, 0) end
end

local function frankfurt() return 200, "eu-central-1\n" end

describe("the instance metadata service", function()
  it("is asked where the settings and the profile say, by IPv6 too", function()
    local files = { config = "[profile six]\nec2_metadata_service_endpoint_mode = ipv6\nec2_metadata_v1_disabled = true\n"
      .. "[profile away]\nec2_metadata_service_endpoint = http://[fd00::7]:8080/\nmetadata_service_num_attempts = 3\n" }
    local function found(settings, name)
      local result
      settings.AWS_EC2_METADATA_DISABLED = ""
      aws_settings.with(settings, files, function() result = metadata.settings(profile.load(name or "default")) end)
      return result
    end
    assert.are.same({ endpoint = "http://169.254.169.254", timeout = 1, tries = 1, v2_only = false }, found {})
    assert.are.equal("http://[fd00:ec2::254]", found({ AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE = "IPv6" }).endpoint)
    assert.are.same({ endpoint = "http://[fd00:ec2::254]", timeout = 1, tries = 1, v2_only = true }, found({}, "six"))
    assert.are.equal("http://169.254.169.254", found({ AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE = "IPv4" }, "six").endpoint)
    assert.are.same({ endpoint = "http://[fd00::7]:8080", timeout = 2.5, tries = 3, v2_only = false },
      found({ AWS_METADATA_SERVICE_TIMEOUT = "2.5" }, "away"))
    local _, problem = pcall(found, { AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE = "IPv5" })
    assert.matches("is IPv4 or IPv6, not ipv5", problem.message)
    _, problem = pcall(found, { AWS_EC2_METADATA_SERVICE_ENDPOINT = "169.254.169.254" })
    assert.matches("is no URL: 169.254.169.254", problem.message)
  end)
end)

describe("the instance's region", function()
  it("is the last resort, asked for once by a token", function()
    with(frankfurt, {}, function(seen)
      task.map({ 1, 2, 3, 4, 5 }, function()
        assert.are.same({ "eu-central-1", "the instance metadata" }, { region.find {} })
      end)
      region.find {}
      assert.are.same({ "PUT /latest/api/token", "GET " .. PATH }, seen)
    end)
  end)

  it("is not asked for where somebody names one, or where that is switched off", function()
    with(frankfurt, { AWS_DEFAULT_REGION = "us-west-2" }, function(seen)
      assert.are.equal("us-west-2", (region.find {}))
      assert.are.equal("us-east-2", (region.find { region = "us-east-2" }))
      assert.are.equal(0, #seen)
    end)
    with(frankfurt, { AWS_PROFILE = "p" }, function(seen)
      assert.are.same({ "eu-west-2", "the profile p" }, { region.find {} })
      assert.are.equal(0, #seen)
    end)
    with(frankfurt, { AWS_EC2_METADATA_DISABLED = "true" }, function(seen)
      assert.are.same({ nil, "AWS_EC2_METADATA_DISABLED is true" }, { region.find {} })
      assert.are.equal(0, #seen)
    end)
  end)

  it("is where calls go", function()
    local listener, requests = aws_server.start { { 200, {}, { items = {} } } }
    with(frankfurt, {}, function()
      pcall(function() aws.client("drs", { endpoint = listener.url, credentials = aws_server.KEYS }):describe_jobs {} end)
    end)
    listener.close()
    assert.matches("/eu%-central%-1/drs/aws4_request", requests[1].headers.authorization)
  end)

  it("that is not given is said why, and not asked for again within a minute", function()
    local status, text = 404, "not here"
    with(function() return status, text end, {}, function(seen)
      local fine, problem = pcall(function() aws.client("drs", { credentials = aws_server.KEYS }):describe_jobs {} end)
      assert.is_false(fine)
      assert.are.equal("REGION_MISSING", problem.code)
      assert.matches("%(the instance metadata: the instance metadata service does not give a region: status 404%)$", problem.message)
      region.find {}
      assert.are.equal(2, #seen)
      status, text = 200, "<html>"
      refresh.now = function() return time.wall() + 61 end
      assert.are.same({ nil, "the instance metadata service gives no name of a region" }, { region.find {} })
      assert.are.equal(4, #seen)
      text = "eu-central-1"
      refresh.now = function() return time.wall() + 122 end
      assert.are.equal("eu-central-1", (region.find {}))
    end)
  end)
end)
