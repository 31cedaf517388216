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
[profile far]
use_fips_endpoint = TRUE
[services dev]
drs =
  endpoint_url = http://section:3
ec2 =
  endpoint_url = http://section:5
]] }

local function url(settings, service, options, profile_name, region, identity)
  local found
  aws_settings.with(settings, FILES, function()
    local loaded = profile.load(profile_name or "default")
    found = endpoints.resolve(models.load(service), region or "eu-west-1", options or {}, loaded, identity)
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

-- What botocore answers: plain, dual stack, FIPS, FIPS with dual stack. tests/conformance/endpoints.py compares all of them.
local PUBLISHED = {
  { "drs", "eu-central-1", "drs.eu-central-1.amazonaws.com", "drs.eu-central-1.api.aws", "drs-fips.eu-central-1.amazonaws.com",
    "drs-fips.eu-central-1.api.aws" },
  { "drs", "us-gov-west-1", "drs.us-gov-west-1.amazonaws.com", "drs.us-gov-west-1.api.aws",
    "drs-fips.us-gov-west-1.amazonaws.com", "drs-fips.us-gov-west-1.api.aws" },
  { "drs", "cn-north-1", "drs.cn-north-1.amazonaws.com.cn", "drs.cn-north-1.api.amazonwebservices.com.cn",
    "drs-fips.cn-north-1.amazonaws.com.cn", "drs-fips.cn-north-1.api.amazonwebservices.com.cn" },
  { "drs", "us-iso-east-1", "drs.us-iso-east-1.c2s.ic.gov", "drs.us-iso-east-1.api.aws.ic.gov",
    "drs-fips.us-iso-east-1.c2s.ic.gov", "drs-fips.us-iso-east-1.api.aws.ic.gov" },
  { "drs", "eusc-de-east-1", "drs.eusc-de-east-1.amazonaws.eu", "drs.eusc-de-east-1.api.amazonwebservices.eu",
    "drs-fips.eusc-de-east-1.amazonaws.eu", "drs-fips.eusc-de-east-1.api.amazonwebservices.eu" },
  { "drs", "us-future-9", "drs.us-future-9.amazonaws.com", "drs.us-future-9.api.aws", "drs-fips.us-future-9.amazonaws.com",
    "drs-fips.us-future-9.api.aws" },
  { "sfn", "us-gov-west-1", "states.us-gov-west-1.amazonaws.com", "states-fips.us-gov-west-1.api.aws",
    "states.us-gov-west-1.amazonaws.com", "states-fips.us-gov-west-1.api.aws" },
  { "sfn", "us-gov-east-1", "states.us-gov-east-1.amazonaws.com", "states-fips.us-gov-east-1.api.aws",
    "states-fips.us-gov-east-1.amazonaws.com", "states-fips.us-gov-east-1.api.aws" },
  { "dynamodb", "us-gov-west-1", "dynamodb.us-gov-west-1.amazonaws.com", "dynamodb.us-gov-west-1.api.aws",
    "dynamodb.us-gov-west-1.amazonaws.com", "dynamodb-fips.us-gov-west-1.api.aws" },
  { "sts", "us-gov-east-1", "sts.us-gov-east-1.amazonaws.com", "sts.us-gov-east-1.api.aws", "sts.us-gov-east-1.amazonaws.com",
    "sts-fips.us-gov-east-1.api.aws" },
  { "ec2", "us-gov-west-1", "ec2.us-gov-west-1.amazonaws.com", "ec2.us-gov-west-1.api.aws", "ec2.us-gov-west-1.amazonaws.com",
    "ec2-fips.us-gov-west-1.api.aws" },
}

local FORMS = {
  {}, { AWS_USE_DUALSTACK_ENDPOINT = "true" }, { AWS_USE_FIPS_ENDPOINT = "true" },
  { AWS_USE_DUALSTACK_ENDPOINT = "true", AWS_USE_FIPS_ENDPOINT = "true" },
}

describe("AWS's own hosts", function()
  for _, case in ipairs(PUBLISHED) do
    it(("of %s in %s are as published"):format(case[1], case[2]), function()
      for form, settings in ipairs(FORMS) do
        local found, all = url(settings, case[1], {}, nil, case[2])
        assert.are.equal("https://" .. case[form + 2], found)
        assert.are.equal(case[2], all.signing_region)
      end
    end)
  end

  it("are FIPS's when the profile says so, or the region's old name does", function()
    assert.are.equal("https://drs-fips.eu-west-1.amazonaws.com", url({}, "drs", {}, "far"))
    local found, all = url({}, "drs", {}, nil, "fips-us-east-1")
    assert.are.equal("https://drs-fips.us-east-1.amazonaws.com", found)
    assert.are.equal("us-east-1", all.signing_region)
    assert.are.equal("https://drs-fips.us-east-1.amazonaws.com", url({}, "drs", {}, nil, "us-east-1-fips"))
    assert.are.equal("https://drs.eu-west-1.amazonaws.com", url({ AWS_USE_FIPS_ENDPOINT = "false" }, "drs", {}, "far"))
  end)

  it("of DynamoDB are the account's own, where the account is known and that is wanted", function()
    local function dynamodb(identity, region, settings)
      return url(settings or {}, "dynamodb", {}, nil, region or "us-east-1", identity)
    end
    local known = { account_id = "123456789012", account_mode = "preferred" }
    assert.are.equal("https://123456789012.ddb.us-east-1.amazonaws.com", dynamodb(known))
    assert.are.equal("https://123456789012.ddb.us-east-1.api.aws", dynamodb(known, nil, FORMS[2]))
    assert.are.equal("https://dynamodb-fips.us-east-1.amazonaws.com", dynamodb(known, nil, FORMS[3]))
    assert.are.equal("https://123456789012.ddb.cn-north-1.amazonaws.com.cn", dynamodb(known, "cn-north-1"))
    assert.are.equal("https://dynamodb.us-iso-east-1.c2s.ic.gov", dynamodb(known, "us-iso-east-1"))
    assert.are.equal("https://dynamodb.us-east-1.amazonaws.com", dynamodb { account_mode = "preferred" })
    assert.are.equal("https://dynamodb.us-east-1.amazonaws.com", dynamodb { account_id = "123456789012", account_mode = "disabled" })
    local fine, problem = pcall(dynamodb, { account_mode = "required" })
    assert.is_false(fine)
    assert.are.equal("ENDPOINT_UNSUPPORTED", problem.code)
    assert.matches("dynamodb in us%-east%-1: .*AccountIdEndpointMode is required but no AccountID", problem.message)
  end)

  it("of DynamoDB are those of the account that the table's ARN names", function()
    local model = models.load "dynamodb"
    local function host(operation, input)
      local context = endpoints.context(model, model.operations[operation], input)
      return select(2, pcall(function()
        local found
        aws_settings.with({}, FILES, function()
          found = endpoints.resolve(model, "us-east-1", {}, profile.load "default",
            { account_id = "123456789012", account_mode = "preferred" }, context)
        end)
        return found.url
      end))
    end
    local arn = "arn:aws:dynamodb:us-east-1:999999999999:table/t"
    for operation, input in pairs {
      GetItem = { TableName = arn }, BatchGetItem = { RequestItems = { [arn] = {} } },
      TransactGetItems = { TransactItems = { { Get = { TableName = arn } } } },
      TransactWriteItems = { TransactItems = { { Put = { TableName = arn } }, { Delete = { TableName = arn } } } },
      ImportTable = { TableCreationParameters = { TableName = arn } },
    } do
      assert.are.equal("https://999999999999.ddb.us-east-1.amazonaws.com", host(operation, input), operation)
    end
    assert.are.equal("https://123456789012.ddb.us-east-1.amazonaws.com", host("GetItem", { TableName = "t" }))
    assert.is_nil(endpoints.context(models.load "drs", models.load("drs").operations.DescribeJobs, {}))
  end)

  it("of STS are the region's, unless the one for the world is asked for", function()
    assert.are.equal("https://sts.us-west-2.amazonaws.com", url({}, "sts", {}, nil, "us-west-2"))
    local found, all = url({ AWS_STS_REGIONAL_ENDPOINTS = "legacy" }, "sts", {}, nil, "us-west-2")
    assert.are.equal("https://sts.amazonaws.com us-east-1", found .. " " .. all.signing_region)
    local fine, message = pcall(url, { AWS_STS_REGIONAL_ENDPOINTS = "mine" }, "sts")
    assert.is_false(fine)
    assert.matches("AWS_STS_REGIONAL_ENDPOINTS %(sts_regional_endpoints%) is 'mine'; it can be regional, legacy", message)
  end)

  it("are never led elsewhere by a region's name", function()
    for _, region in ipairs { "evil.com/", "a b", "US-EAST-1", "-us", "us-", "x@y", "us-east-1\n", "a#", "a:1", "us.east",
                              ("0"):rep(64) } do
      local fine, problem = pcall(url, {}, "drs", {}, nil, region)
      assert.is_false(fine)
      assert.are.equal("ENDPOINT_REGION", problem.code)
    end
  end)
end)

describe("a global service", function()
  -- Rules that AWS publishes, with a model that has nothing else.
  local function resolve(service, settings, region, options)
    local model = { service = service, metadata = { endpointPrefix = service }, operations = {}, shapes = {} }
    local found
    aws_settings.with(settings, {}, function()
      found = endpoints.resolve(model, region, options or {}, profile.load "default")
    end)
    return found.url .. " " .. found.signing_region
  end

  it("has one host and one region to sign for in each partition", function()
    for _, case in ipairs {
      { "route53", "eu-west-1", "https://route53.amazonaws.com us-east-1" },
      { "route53", "cn-north-1", "https://route53.amazonaws.com.cn cn-northwest-1" },
      { "route53", "us-gov-east-1", "https://route53.us-gov.amazonaws.com us-gov-west-1" },
      { "iam", "eu-west-1", "https://iam.amazonaws.com us-east-1" },
      { "iam", "cn-north-1", "https://iam.cn-north-1.amazonaws.com.cn cn-north-1" },
      { "iam", "us-gov-east-1", "https://iam.us-gov.amazonaws.com us-gov-west-1" },
      { "cloudfront", "eu-west-1", "https://cloudfront.amazonaws.com us-east-1" },
      { "cloudfront", "cn-north-1", "https://cloudfront.cn-northwest-1.amazonaws.com.cn cn-northwest-1" },
    } do
      assert.are.equal(case[3], resolve(case[1], {}, case[2]))
    end
    assert.are.equal("https://route53-fips.amazonaws.com us-east-1", resolve("route53", FORMS[3], "eu-west-1"))
  end)

  it("is signed for that region at any other address too", function()
    assert.are.equal("http://here:1 us-east-1", resolve("route53", {}, "eu-west-1", { endpoint = "http://here:1/" }))
  end)
end)

describe("a model without endpoint rules", function()
  it("has the usual hosts", function()
    local model = { service = "new", metadata = { endpointPrefix = "new-service" }, operations = {}, shapes = {} }
    local function host(settings, region)
      local found
      aws_settings.with(settings, {}, function() found = endpoints.resolve(model, region, {}, profile.load "default") end)
      return found.url
    end
    assert.are.equal("https://new-service.eu-west-1.amazonaws.com", host({}, "eu-west-1"))
    assert.are.equal("https://new-service-fips.cn-north-1.api.amazonwebservices.com.cn", host(FORMS[4], "cn-north-1"))
  end)
end)

describe("an endpoint for several regions", function()
  local put = { EndpointId = "abcde.veo", Entries = {} }

  local function found(settings, input)
    local result
    aws_settings.with(settings, { config = "[profile some]\nsigv4a_signing_region_set = eu-*\n" }, function()
      local model = models.load "events"
      local context = endpoints.context(model, model.operations.PutEvents, input)
      result = endpoints.resolve(model, "eu-west-1", {}, profile.load(settings.AWS_PROFILE or "default"), nil, context)
    end)
    return result
  end

  it("is signed for by SigV4a, for all of them or for those that are configured", function()
    local global = found({}, put)
    assert.are.equal("https://abcde.veo.endpoint.events.amazonaws.com", global.url)
    assert.are.equal("* events", global.region_set .. " " .. global.signing_name)
    assert.are.equal("eu-*", found({ AWS_PROFILE = "some" }, put).region_set)
    assert.are.equal("eu-west-1,us-east-1", found({ AWS_PROFILE = "some", AWS_SIGV4A_SIGNING_REGION_SET = "eu-west-1,us-east-1" },
      put).region_set)
    assert.is_nil(found({ AWS_SIGV4A_SIGNING_REGION_SET = "*" }, { Entries = {} }).region_set)
  end)

  it("that takes both kinds is signed for by its first, or the preferred one", function()
    local model = { service = "parrot", metadata = { endpointPrefix = "parrot", serviceId = "Parrot" }, operations = {}, shapes = {} }
    local function kind(settings, ...)
      local schemes, result = {}, nil
      for index, name in ipairs { ... } do schemes[index] = { name = name } end
      model = setmetatable({ endpointRules = { parameters = {}, rules = {
        { endpoint = { url = "https://parrot.example", properties = { authSchemes = schemes } } } } } }, { __index = model })
      aws_settings.with(settings, {}, function()
        result = endpoints.resolve(model, "eu-west-1", {}, profile.load "default")
      end)
      return result.region_set or "one region"
    end
    assert.are.equal("*", kind({}, "sigv4a", "sigv4"))
    assert.are.equal("one region", kind({}, "sigv4", "sigv4a"))
    assert.are.equal("one region", kind({}, "bearer", "sigv4"))
    assert.are.equal("one region", kind({ AWS_AUTH_SCHEME_PREFERENCE = "bearer, sigv4" }, "sigv4a", "sigv4"))
    assert.are.equal("*", kind({ AWS_AUTH_SCHEME_PREFERENCE = "sigv4a,sigv4" }, "sigv4", "sigv4a"))
    local fine, problem = pcall(kind, {}, "sigv4-s3express")
    assert.is_false(fine)
    assert.are.equal("ENDPOINT_SIGNATURE", problem.code)
    assert.matches("signatures of the kind sigv4%-s3express", problem.message)
  end)
end)

describe("a service's own name", function()
  it("is taken in variables, as well as ours", function()
    local model = { service = "route53", metadata = { endpointPrefix = "route53", serviceId = "Route 53" }, operations = {}, shapes = {} }
    for _, name in ipairs { "AWS_ENDPOINT_URL_ROUTE_53", "AWS_ENDPOINT_URL_ROUTE53" } do
      local found
      aws_settings.with({ [name] = "http://there:1" }, {}, function()
        found = endpoints.resolve(model, "eu-west-1", {}, profile.load "default")
      end)
      assert.are.equal("http://there:1", found.url)
      assert.is_true(found.overridden)
    end
  end)
end)

describe("a partition", function()
  it("is that of the region's form", function()
    for region, name in pairs { ["eu-west-1"] = "aws", ["cn-north-1"] = "aws-cn", ["us-gov-west-1"] = "aws-us-gov",
                                ["us-isof-south-1"] = "aws-iso-f", ["eusc-de-east-1"] = "aws-eusc", somewhere = "aws",
                                ["aws-cn-global"] = "aws-cn", ["us-iso-north-7"] = "aws-iso" } do
      assert.are.equal(name, endpoints.partition(region), region)
    end
  end)
end)
