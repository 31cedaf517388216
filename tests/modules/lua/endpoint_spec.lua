local endpoint = require "endpoint"

describe("endpoint.url", function()
  it("is AWS's host for a service and a region", function()
    assert.are.equal("https://drs.eu-west-1.amazonaws.com", endpoint.url { service = "drs", region = "eu-west-1" })
    assert.are.equal("https://drs-fips.eu-west-1.api.aws",
      endpoint.url { service = "drs", region = "eu-west-1", fips = true, dual_stack = true })
    assert.are.equal("https://123456789012.ddb.eu-west-1.amazonaws.com",
      endpoint.url { service = "dynamodb", region = "eu-west-1", account_id = "123456789012" })
  end)

  it("lets no region lead elsewhere", function()
    for _, region in ipairs { "evil.example/", "", "a b", "eu-west-1.evil.example" } do
      local made, problem = pcall(endpoint.url, { service = "drs", region = region })
      assert.is_false(made)
      assert.are.equal("ENDPOINT_REGION", problem.code)
    end
  end)

  it("refuses a wrong field", function()
    assert.has_error(function() endpoint.url { service = "drs" } end)
    assert.has_error(function() endpoint.url { service = "drs", region = "r", flips = true } end)
  end)
end)

describe("endpoint.partition", function()
  it("is known by the region's name", function()
    assert.are.equal("aws", endpoint.partition "eu-west-1")
    assert.are.equal("aws-cn", endpoint.partition "cn-north-1")
    assert.are.equal("aws-us-gov", endpoint.partition "us-gov-west-1")
  end)
end)
