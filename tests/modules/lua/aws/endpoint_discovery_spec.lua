-- Services that are asked where to call them, against a client whose calls are counted.

local endpoint_discovery = require "aws.endpoint_discovery"
local time               = require "time"

local NEEDS = { name = "WriteRecords", endpointdiscovery = { required = true } }
local model = { operations = { WriteRecords = NEEDS, DescribeEndpoints = { name = "DescribeEndpoints", endpointoperation = true } } }

-- answers: outputs of DescribeEndpoints, or texts that it raises; the last one is repeated.
local function client_of(answers)
  local client = { service = "timestream-write", model = model, asked = 0 }
  function client.call(self, operation)
    assert.are.equal("DescribeEndpoints", operation.name)
    self.asked = self.asked + 1
    local answer = answers[math.min(self.asked, #answers)]
    return type(answer) == "string" and error(answer, 0) or answer
  end
  return client
end

local function at(address, minutes)
  return { Endpoints = { { Address = address, CachePeriodInMinutes = minutes } } }
end

describe("an address that a service tells itself", function()
  local monotonic, now = time.monotonic, 0

  before_each(function()
    now = 0
    time.monotonic = function() return now end
  end)

  after_each(function()
    time.monotonic = monotonic
  end)

  it("is asked for where the model requires it, once as long as it is good", function()
    local client = client_of { at("cell1.x", 10), at("https://cell2.x", 10) }
    assert.is_nil(endpoint_discovery.url(client, { name = "Other" }))
    assert.is_nil(endpoint_discovery.url(client, { name = "Other", endpointdiscovery = {} }))
    assert.are.equal("https://cell1.x", endpoint_discovery.url(client, NEEDS))
    now = 599
    assert.are.equal("https://cell1.x", endpoint_discovery.url(client, NEEDS))
    assert.are.equal(1, client.asked)
    now = 600
    assert.are.equal("https://cell2.x", endpoint_discovery.url(client, NEEDS))
  end)

  it("serves on when there is no new one, and there must be a first", function()
    local client = client_of { at("cell1.x", 1), "no connection" }
    endpoint_discovery.url(client, NEEDS)
    now = 3600
    assert.are.equal("https://cell1.x", endpoint_discovery.url(client, NEEDS))
    assert.has_error(function() endpoint_discovery.url(client_of { "no connection" }, NEEDS) end, "no connection")
    local fine, problem = pcall(endpoint_discovery.url, client_of { {} }, NEEDS)
    assert.are.same({ false, "ENDPOINT_UNKNOWN" }, { fine, problem.code })
  end)

  it("is asked for again when it is told to be wrong", function()
    local client = client_of { at("cell1.x", 10), at("cell2.x", 10) }
    endpoint_discovery.url(client, NEEDS)
    endpoint_discovery.failed(client, { code = "ThrottlingException", status = 400 })
    endpoint_discovery.url(client, NEEDS)
    assert.are.equal(1, client.asked)
    endpoint_discovery.failed(client, { code = "InvalidEndpointException", status = 400 })
    assert.are.equal("https://cell2.x", endpoint_discovery.url(client, NEEDS))
    endpoint_discovery.failed(client, { code = "HTTP_421", status = 421 })
    endpoint_discovery.url(client, NEEDS)
    assert.are.equal(3, client.asked)
  end)
end)
