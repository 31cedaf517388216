local aws_settings = require "tests.support.aws_settings"
local endpoints    = require "aws.endpoints"
local models       = require "models"
local profile      = require "aws.profile"

local FILES = { config = [[
[profile both]
services = dev
endpoint_url = http://profile:4
[profile one]
endpoint_url = http://profile:4
[profile missing]
services = nowhere
[profile ignoring]
ignore_configured_endpoint_urls = true
endpoint_url = http://profile:4
[profile wide]
use_dualstack_endpoint = true
[services dev]
drs =
  endpoint_url = http://section:3
]] }

local function url(settings, service, options, profile_name, region, account_id)
  local found
  aws_settings.with(settings, FILES, function()
    local loaded = profile.load(profile_name or "default")
    found = endpoints.resolve(models.load(service), region or "eu-west-1", options or {}, loaded, account_id)
  end)
  return found.url, found
end

describe("an endpoint", function()
  local variables = { AWS_ENDPOINT_URL_DRS = "http://variable-drs:1/", AWS_ENDPOINT_URL = "http://variable:2" }

  it("is taken from where it is nearest", function()
    assert.are.equal("http://code:0", url(variables, "drs", { endpoint = "http://code:0" }, "both"))
    assert.are.equal("http://variable-drs:1", url(variables, "drs", {}, "both"))
    assert.are.equal("http://variable:2", url(variables, "sfn", {}, "both"))
    assert.are.equal("http://section:3", url({}, "drs", {}, "both"))
    assert.are.equal("http://profile:4", url({}, "sfn", {}, "both"))
    assert.are.equal("http://profile:4", url({}, "drs", {}, "one"))
    local own, found = url({}, "drs")
    assert.are.equal("https://drs.eu-west-1.amazonaws.com", own)
    assert.is_false(found.overridden)
    assert.are.equal("drs", found.signing_name)
    assert.are.equal("eu-west-1", found.signing_region)
  end)

  it("is AWS's own when configured ones are to be ignored, but for one in code", function()
    local settings = { AWS_ENDPOINT_URL = "http://variable:2", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS = "true" }
    assert.are.equal("https://drs.eu-west-1.amazonaws.com", url(settings, "drs", {}, "both"))
    assert.are.equal("http://code:0", url(settings, "drs", { endpoint = "http://code:0" }))
    assert.are.equal("https://drs.eu-west-1.amazonaws.com", url({}, "drs", {}, "ignoring"))
  end)

  it("follows AWS's rules for hosts", function()
    assert.are.equal("https://states.us-east-1.amazonaws.com", url({}, "sfn", {}, nil, "us-east-1"))
    assert.are.equal("https://sts.us-east-1.amazonaws.com", url({}, "sts", {}, nil, "us-east-1"))
    assert.are.equal("https://dynamodb.cn-north-1.amazonaws.com.cn", url({}, "dynamodb", {}, nil, "cn-north-1"))
    assert.are.equal("https://drs-fips.eu-west-1.amazonaws.com", url({ AWS_USE_FIPS_ENDPOINT = "true" }, "drs"))
    assert.are.equal("https://123456789012.ddb.eu-west-1.amazonaws.com", url({}, "dynamodb", {}, nil, nil, "123456789012"))
    assert.are.equal("https://drs.eu-west-1.api.aws", url({}, "drs", {}, "wide"))
  end)

  it("that is no URL is refused by the name of its source", function()
    for source, call in pairs {
      AWS_ENDPOINT_URL_DRS = function() url({ AWS_ENDPOINT_URL_DRS = "localhost:1" }, "drs") end,
      endpoint = function() url({}, "drs", { endpoint = "ftp://x" }) end,
    } do
      local fine, message = pcall(call)
      assert.is_false(fine)
      assert.matches(source .. ": '.-' is no http%(s%) URL", message)
    end
  end)

  it("in a services section that is not there is an error", function()
    local fine, problem = pcall(url, {}, "drs", {}, "missing")
    assert.is_false(fine)
    assert.are.equal("PROFILE_SERVICES", problem.code)
    assert.matches("the profile 'missing' names the services section 'nowhere'", problem.message)
  end)
end)
