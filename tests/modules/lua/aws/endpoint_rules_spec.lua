local endpoint_rules = require "aws.endpoint_rules"
local failure        = require "aws.failure"

local NOTHING = {}

-- The value of fn(argv...) in a rule, NOTHING where it is none or false.
local function value(fn, ...)
  local endpoint = endpoint_rules.evaluate({ parameters = {}, rules = { {
    conditions = { { fn = fn, argv = { ... }, assign = "found" } },
    endpoint = { url = "https://x", properties = { found = { ref = "found" } } },
  } } }, {})
  return endpoint and endpoint.properties.found or NOTHING
end

-- What botocore 1.44's functions answer.
local BOTOCORE = {
  { "abc", "substring", "abcdefg", 0, 3, false }, { "efg", "substring", "abcdefg", 0, 3, true },
  { "abcde", "substring", "abcdefg", 2, 7, true }, { NOTHING, "substring", "abcdefg", 3, 3, false },
  { NOTHING, "substring", "ab", 0, 3, false }, { NOTHING, "substring", "aé", 0, 1, false },
  { true, "isValidHostLabel", "a-b", false }, { NOTHING, "isValidHostLabel", "-a", false },
  { NOTHING, "isValidHostLabel", "a-", false }, { NOTHING, "isValidHostLabel", "a.b", false },
  { true, "isValidHostLabel", "a.b", true }, { NOTHING, "isValidHostLabel", "a..b", true },
  { NOTHING, "isValidHostLabel", ".a", true }, { NOTHING, "isValidHostLabel", "", false },
  { true, "isValidHostLabel", ("x"):rep(63), false }, { NOTHING, "isValidHostLabel", ("x"):rep(64), false },
  { true, "isValidHostLabel", "A1", false }, { NOTHING, "isValidHostLabel", "a_b", false },
  { true, "aws.isVirtualHostableS3Bucket", "my-bucket", false }, { NOTHING, "aws.isVirtualHostableS3Bucket", "my.bucket", false },
  { true, "aws.isVirtualHostableS3Bucket", "my.bucket", true }, { NOTHING, "aws.isVirtualHostableS3Bucket", "ab", false },
  { NOTHING, "aws.isVirtualHostableS3Bucket", "1.2.3.4", true }, { NOTHING, "aws.isVirtualHostableS3Bucket", "abC", false },
  { "a%20b%2Fc~", "uriEncode", "a b/c~" }, { "%C3%BC%2B", "uriEncode", "ü+" },
  { { partition = "aws", service = "s3", region = "us-west-2", accountId = "123456789012",
      resourceId = { "accesspoint", "myendpoint" } }, "aws.parseArn", "arn:aws:s3:us-west-2:123456789012:accesspoint:myendpoint" },
  { { partition = "aws", service = "s3", region = "", accountId = "", resourceId = { "bucket", "key" } }, "aws.parseArn",
    "arn:aws:s3:::bucket/key" },
  { NOTHING, "aws.parseArn", "arn:aws:s3" }, { NOTHING, "aws.parseArn", "x:aws:s3:::b" }, { NOTHING, "aws.parseArn", "arn:aws::::b" },
  { { scheme = "https", authority = "example.com", path = "", normalizedPath = "/", isIp = false }, "parseURL", "https://example.com" },
  { { scheme = "https", authority = "example.com:8443", path = "/path/", normalizedPath = "/path/", isIp = false }, "parseURL",
    "https://example.com:8443/path/" },
  { { scheme = "http", authority = "192.168.1.1", path = "/a", normalizedPath = "/a/", isIp = true }, "parseURL",
    "http://192.168.1.1/a" },
  { { scheme = "https", authority = "[::1]:8", path = "", normalizedPath = "/", isIp = true }, "parseURL", "https://[::1]:8" },
  { NOTHING, "parseURL", "https://example.com?q=1" }, { NOTHING, "parseURL", "ftp://x" },
}

describe("the functions of endpoint rules", function()
  it("answer as botocore's do", function()
    for index, case in ipairs(BOTOCORE) do
      assert.are.same(case[1], value(table.unpack(case, 2)), ("case %d, %s"):format(index, case[2]))
    end
  end)

  it("reach into values by path", function()
    local arn = { fn = "aws.parseArn", argv = { "arn:aws:iam::123:user/David" } }
    assert.are.equal("David", value("getAttr", arn, "resourceId[1]"))
    assert.are.equal("aws", value("getAttr", arn, "partition"))
    assert.are.equal(NOTHING, value("getAttr", arn, "resourceId[2]"))
    assert.are.equal(NOTHING, value("getAttr", arn, "no.such[0]"))
  end)

  it("that are not known are an error, never a wrong host", function()
    local fine, problem = pcall(value, "aws.newFunction", "x")
    assert.is_false(fine)
    assert.is_true(failure.is(problem, "ENDPOINT_RULES"))
    assert.matches("aws%.newFunction", problem.message)
  end)
end)

describe("endpoint rules", function()
  local SET = {
    parameters = { Region = {}, Wide = { default = false } },
    rules = {
      { conditions = { { fn = "isSet", argv = { { ref = "Region" } } }, { fn = "stringEquals", argv = { { ref = "Region" }, "closed" } } },
        error = "nothing in {Region}" },
      { conditions = { { fn = "isSet", argv = { { ref = "Region" } }, assign = "seen_it" } }, rules = {
        { conditions = { { fn = "booleanEquals", argv = { { ref = "Wide" }, true } } },
          endpoint = { url = "https://wide.{Region}.{part_of#name}", headers = { ["x-a"] = { "{seen_it}" } } } },
      } },
      { endpoint = { url = "https://{Region}|{seen_it}" } },
    },
  }

  it("go down to the first endpoint, fill in what is known, and go on where a branch leads nowhere", function()
    local endpoint = endpoint_rules.evaluate(SET, { Region = "r", Wide = true, part_of = { name = "n" } })
    assert.are.same({ "https://wide.r.", { "true" } }, { endpoint.url, endpoint.headers["x-a"] })
    assert.are.equal("https://r|", endpoint_rules.evaluate(SET, { Region = "r" }).url) -- a branch's values end with it
  end)

  it("say why there is none", function()
    assert.are.same({ nil, "nothing in closed" }, { endpoint_rules.evaluate(SET, { Region = "closed" }) })
    assert.are.same({ nil, "there is no endpoint for these settings" },
      { endpoint_rules.evaluate({ parameters = {}, rules = {} }, {}) })
  end)
end)
