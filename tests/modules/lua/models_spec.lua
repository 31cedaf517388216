local models = require "models"

local function count(set)
  local n = 0
  for _ in pairs(set) do
    n = n + 1
  end
  return n
end

describe("the built-in models", function()
  it("have all operations of DRS, Step Functions, DynamoDB and STS, and of other services those that recovery needs", function()
    local counts = {}
    for _, service in ipairs(models.services()) do
      counts[service] = count(models.load(service).operations)
    end
    assert.are.same({
      drs = 70, sfn = 37, dynamodb = 62, sts = 11, ec2 = 114, lambda = 33, sns = 19, route53 = 28, elbv2 = 29, ssm = 41,
      cloudwatch = 20, events = 34,
    }, counts)
  end)

  it("hold every shape that they refer to", function()
    for _, service in ipairs(models.services()) do
      local model = models.load(service)
      for name, shape in pairs(model.shapes) do
        for member, reference in pairs(shape.members or {}) do
          assert.is_table(model.shapes[reference.shape], service .. " " .. name .. "." .. member)
        end
        for _, reference in ipairs { shape.member, shape.key, shape.value } do
          assert.is_table(model.shapes[reference.shape], service .. " " .. name)
        end
      end
      for name, operation in pairs(model.operations) do
        assert.is_true(operation.input == nil or model.shapes[operation.input] ~= nil, name)
        for _, code in ipairs(operation.errors) do
          assert.is_table(model.shapes[code], name)
        end
      end
    end
  end)

  it("are read once", function()
    assert.are.equal(models.load("drs"), models.load("drs"))
  end)

  it("know DRS's facts", function()
    local model = models.load("drs")
    assert.are.equal("rest-json", model.metadata.protocol)
    assert.are.equal(202, model.operations.StartRecovery.http.responseCode)
    assert.are.equal("/tags/{resourceArn}", model.operations.ListTagsForResource.http.requestUri)
    assert.are.equal(402, model.shapes.ServiceQuotaExceededException.error.httpStatusCode)
    assert.are.equal("items", model.paginators.DescribeJobs.result_key)
    assert.are.equal(200, model.shapes[model.shapes.StartRecoveryRequest.members.sourceServers.shape].max)
  end)

  it("have no prose", function()
    for _, service in ipairs(models.services()) do
      local text = require "embedded".read("modules/aws/models/" .. service .. ".json")
      assert.is_nil(text:find("documentation", 1, true), service)
    end
  end)

  it("name the nearest service when there is no such one", function()
    assert.has_error(function() models.load("dsr") end)
    local _, message = pcall(models.load, "dynamo_db")
    assert.matches("unknown AWS service 'dynamo_db', did you mean 'dynamodb'%?", message)
    _, message = pcall(models.load, "../../../etc/passwd")
    assert.matches("unknown AWS service", message)
  end)

  it("see a member's own traits over its shape's", function()
    local model = models.load("ec2")
    local reference = model.shapes.Instance.members.InstanceId
    local view = models.resolve(model, reference)
    assert.are.equal("string", view.type)
    assert.are.equal("instanceId", view.locationName)
    assert.is_nil(model.shapes[reference.shape].locationName)
    assert.are.equal(view, models.resolve(model, reference))
  end)
end)

describe("models.snake_case", function()
  it("writes the API's names as Lua writes names", function()
    for name, expected in pairs {
      DescribeJobs = "describe_jobs", ExportSourceNetworkCfnTemplate = "export_source_network_cfn_template",
      AssumeRoleWithSAML = "assume_role_with_saml", DescribeVpcs = "describe_vpcs",
      CreateDBCluster = "create_db_cluster", GetItem = "get_item",
    } do
      assert.are.equal(expected, models.snake_case(name))
    end
  end)
end)
