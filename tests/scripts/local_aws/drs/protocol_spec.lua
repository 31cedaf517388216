local aws_settings = require "tests.support.aws_settings"
local clock = require "clock"
local endpoints = require "aws.endpoints"
local json = require "json"
local models = require "models"
local profile = require "aws.profile"
local support = require "tests.support.local_aws"
local world = require "tests.scripts.local_aws.drs.world"

local drs, fault, start = world.drs, world.fault, world.start
local drill, server_id, source_server = world.drill, world.server_id, world.source_server

-- One call over HTTP: the answer, and its body as a value.
local function send(operation, input, given)
  return support.drs(world.here(), operation, input, given)
end

local function escape(arn)
  return (arn:gsub("[:/]", { [":"] = "%3A", ["/"] = "%2F" }))
end

describe("the protocol of DRS", function()
  after_each(world.close)

  it("1 [M]: restJson1, signed for drs; AWS_ENDPOINT_URL_DRS and services.drs name its endpoint", function()
    local model = models.load "drs"
    assert.same({ "rest-json", "drs", "drs" },
      { model.metadata.protocol, model.metadata.signingName, model.metadata.serviceId })
    aws_settings.with({ AWS_ENDPOINT_URL_DRS = "http://127.0.0.1:9" }, {}, function()
      assert.equal("http://127.0.0.1:9", endpoints.resolve(model, "us-east-1", {}, profile.load "default").url)
    end)
    aws_settings.with({}, { config = "[default]\nservices = own\n[services own]\ndrs =\n  endpoint_url = http://127.0.0.1:8\n" },
      function()
        assert.equal("http://127.0.0.1:8", endpoints.resolve(model, "us-east-1", {}, profile.load "default").url)
      end)
    start()
    local answer = send("DescribeJobs")
    assert.equal("application/json", answer.headers["content-type"])
  end)

  it("1 [M]: hosts are drs.REGION.amazonaws.com, drs-fips, and api.aws for dual stack", function()
    local model = models.load "drs"
    local function url(settings)
      return endpoints.resolve(model, "us-east-1", {}, settings).url
    end
    assert.equal("https://drs.us-east-1.amazonaws.com", url {})
    assert.equal("https://drs-fips.us-east-1.amazonaws.com", url { use_fips_endpoint = "true" })
    assert.equal("https://drs.us-east-1.api.aws", url { use_dualstack_endpoint = "true" })
    assert.equal("https://drs-fips.us-east-1.api.aws", url { use_fips_endpoint = "true", use_dualstack_endpoint = "true" })
  end)

  it("1 [M]: every operation is POST /Name, but GET ListStagingAccounts and the three on tags", function()
    local others = {}
    for name, operation in pairs(models.load("drs").operations) do
      if operation.http.method ~= "POST" or operation.http.requestUri ~= "/" .. name then
        others[name] = operation.http.method .. " " .. operation.http.requestUri
      end
    end
    assert.same({
      ListStagingAccounts = "GET /ListStagingAccounts", ListTagsForResource = "GET /tags/{resourceArn}",
      TagResource = "POST /tags/{resourceArn}", UntagResource = "DELETE /tags/{resourceArn}",
    }, others)
    start()
    local answer, body = send("", nil, { method = "GET", path = "/ListStagingAccounts?maxResults=1", body = "" })
    assert.same({ 200, {} }, { answer.status, body.accounts })
  end)

  it("1 [M]: the ARN in the path is percent-encoded, and twice in the signature; tagKeys are repeated in the query", function()
    start()
    local path = "/tags/" .. escape("arn:aws:drs:us-east-1:123456789012:source-server/" .. server_id(1))
    assert.equal(200, (send("", { tags = { ["a b"] = "c" } }, { path = path })).status)
    assert.equal("c", select(2, send("", nil, { method = "GET", path = path, body = "" })).tags["a b"])
    assert.equal(200, (send("", nil, { method = "DELETE", path = path .. "?tagKeys=a%20b&tagKeys=Tier", body = "" })).status)
    assert.same({ Name = "server-001" }, select(2, send("", nil, { method = "GET", path = path, body = "" })).tags)
  end)

  it("1 [M]: success is 200, 201 for creates, 202 for recoveries, 204 for deletes; DeleteRecoveryInstance is 200", function()
    start()
    assert.equal(204, (send("InitializeService")).status)
    assert.equal(200, (send("DescribeJobs")).status)
    assert.equal(201, (send("CreateLaunchConfigurationTemplate")).status)
    local answer, body = send("CreateSourceNetwork",
      { vpcID = "vpc-0123456789abcdef0", originAccountID = world.ACCOUNT, originRegion = "us-west-2" })
    assert.equal(201, answer.status)
    assert.equal(200, (send("StartSourceNetworkReplication", { sourceNetworkID = body.sourceNetworkID })).status)
    clock.step(200)
    local networks = json.array { { sourceNetworkID = body.sourceNetworkID, cfnStackName = "net" } }
    assert.equal(202, (send("StartSourceNetworkRecovery", { sourceNetworks = networks })).status)
    clock.step(600)
    local associated = send("AssociateSourceNetworkStack", { sourceNetworkID = body.sourceNetworkID, cfnStackName = "net" })
    assert.equal(202, associated.status)
    answer, body = send("StartRecovery", { sourceServers = world.servers(1), isDrill = true })
    assert.equal(202, answer.status)
    clock.step(700)
    local id = world.recovery_instances()[1].recoveryInstanceID
    assert.equal(200, (send("DisconnectRecoveryInstance", { recoveryInstanceID = id })).status)
    assert.equal(200, (send("DeleteRecoveryInstance", { recoveryInstanceID = id })).status)
    assert.equal(204, (send("DeleteJob", { jobID = body.job.jobID })).status)
  end)

  it("1 [M]: an error is its status, x-amzn-ErrorType, message and code in the body, and a request id", function()
    start()
    drill(2)
    local id = server_id(9)
    local cases = {
      { "DeleteSourceServer", { sourceServerID = server_id(1) }, 409, "ConflictException", resourceType = "SourceServer",
        resourceId = server_id(1) },
      { "GetLaunchConfiguration", { sourceServerID = id }, 404, "ResourceNotFoundException", resourceType = "SourceServer",
        resourceId = id },
      { "DescribeJobs", { maxResults = 0 }, 400, "ValidationException", reason = "fieldValidationFailed" },
    }
    for _, case in ipairs(cases) do
      local answer, body = send(case[1], case[2])
      assert.equal(case[3], answer.status)
      assert.equal(case[4], answer.headers["x-amzn-errortype"])
      assert.equal(case[4], body.code)
      assert.truthy(#body.message > 0 and #answer.headers["x-amzn-requestid"] > 0)
      for _, name in ipairs { "resourceType", "resourceId", "reason" } do
        assert.equal(case[name], body[name])
      end
    end
    assert.equal("maxResults", select(2, send("DescribeJobs", { maxResults = 0 })).fieldList[1].name)
    local answer, body = send("DescribeJobs", {}, { region = "eu-west-1" })
    assert.same({ 400, "UninitializedAccountException", "Account not initialized" }, { answer.status, body.code, body.message })
  end)

  it("1 [M]: AccessDeniedException is 403, and IAM can deny any call", function()
    start()
    world.here().world.faults.add { service = "drs", operation = "StartRecovery", kind = "error", code = "AccessDeniedException",
      status = 403, message = "User is not authorized" }
    local answer, body = send("StartRecovery", { sourceServers = world.servers(1) })
    assert.same({ 403, "AccessDeniedException" }, { answer.status, body.code })
  end)

  it("1 [M]: ServiceQuotaExceededException is 402, with serviceCode and quotaCode", function()
    start(101)
    local answer, body = send("StartRecovery", { sourceServers = world.servers(1, 101) })
    assert.same({ 402, "drs", "L-B827C881" }, { answer.status, body.serviceCode, body.quotaCode })
  end)

  it("1 [M]: ThrottlingException is 429 and InternalServerException 500, both with Retry-After", function()
    start()
    for kind, expected in pairs { throttle = { 429, "ThrottlingException" }, server_error = { 500, "InternalServerException" } } do
      world.here().world.faults.add { service = "drs", operation = "DescribeJobs", kind = kind, count = 1 }
      local answer, body = send("DescribeJobs")
      assert.same({ expected[1], expected[2], "1" },
        { answer.status, answer.headers["x-amzn-errortype"], answer.headers["retry-after"] })
      assert.is_nil(body.retryAfterSeconds)
    end
  end)

  it("1 [M]: VAL and RNF come also where the operation declares none: a bad id is 400", function()
    local errors = {}
    for _, name in ipairs(models.load("drs").operations.StartRecovery.errors) do
      errors[name] = true
    end
    assert.is_nil(errors.ValidationException or errors.ResourceNotFoundException)
    start()
    assert.equal(400, (send("StartRecovery", { sourceServers = json.array { { sourceServerID = "s-short" } } })).status)
    assert.equal(400, (send("StartRecovery", { sourceServers = world.servers(9) })).status)
    assert.equal(400, (send("DescribeRecoveryInstances", { filters = { recoveryInstanceIDs = json.array { "x" } } })).status)
  end)

  it("1 [S]: a region that is off answers UnrecognizedClientException, not UninitializedAccountException", function()
    start()
    world.here().world.faults.add { service = "drs", region = "me-south-1", kind = "error", status = 403,
      code = "UnrecognizedClientException", message = "The security token included in the request is invalid." }
    local answer = send("DescribeJobs", {}, { region = "me-south-1" })
    assert.same({ 403, "UnrecognizedClientException" }, { answer.status, answer.headers["x-amzn-errortype"] })
    assert.equal(200, (send("DescribeJobs")).status)
  end)

  it("1 [R]: times have microseconds and an offset, durations are text", function()
    start()
    assert.truthy(drill(1).creationDateTime:find("^2026%-11%-23T06:00:00%.%d%d%d%d%d%d%+00:00$"))
    assert.equal("P0D", source_server(1).dataReplicationInfo.lagDuration)
    assert.equal("P29DT23H56M", source_server(1).lifeCycle.elapsedReplicationDuration)
  end)

  it("1 [R]: absent is normal: nothing is null", function()
    start()
    drs("StartRecovery", { sourceServers = world.servers(1, 2) })
    clock.step(700)
    for _, operation in ipairs { "DescribeSourceServers", "DescribeJobs", "DescribeRecoveryInstances" } do
      assert.is_nil((send(operation)).body:find("null", 1, true))
    end
    assert.is_nil(source_server(3).recoveryInstanceId)
  end)

  it("an operation that the model does not have is not known", function()
    start()
    assert.equal("UnknownOperationException", fault("Nonsense", {}).code)
  end)
end)
