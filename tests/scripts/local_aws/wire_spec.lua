-- The wire protocols from the server's side, over HTTP: what is read, what is refused before a service sees it, how faults are
-- written.

local http = require "http"
local json = require "json"
local models = require "models"
local pattern = require "local_aws.wire.pattern"
local support = require "tests.support.local_aws"
local validate = require "local_aws.wire.validate"

describe("awsJson", function()
  local here
  setup(function()
    here = support.start()
  end)
  teardown(function()
    here.close()
  end)

  local function dynamodb(target, body, headers)
    local answer = support.send(here, {
      service = "dynamodb", body = body,
      headers = headers or { ["Content-Type"] = "application/x-amz-json-1.0", ["X-Amz-Target"] = "DynamoDB_20120810."
        .. target },
    })
    return answer, json.decode(answer.body)
  end

  it("answers with the content type that was asked in, a request id and the checksum of the body", function()
    local answer = dynamodb("ListTables", "{}")
    assert.equal(200, answer.status)
    assert.equal("application/x-amz-json-1.0", answer.headers["content-type"])
    assert.equal(("%d"):format(require("crypto").crc32(answer.body)), answer.headers["x-amz-crc32"])
    assert.truthy(answer.headers["x-amzn-requestid"])
    local other = support.send(here, { service = "states", body = "{}", headers = {
      ["Content-Type"] = "application/x-amz-json-1.1", ["X-Amz-Target"] = "AWSStepFunctions.ListStateMachines",
    } })
    assert.equal("application/x-amz-json-1.1", other.headers["content-type"])
    assert.is_nil(other.headers["x-amz-crc32"])
  end)

  it("refuses a body that is no JSON object, and members of the wrong type", function()
    for _, case in ipairs {
      { "{", "SerializationException" },
      { "[1]", "SerializationException", "Unrecognized collection type class" },
      { '{"TableName": 1}', "SerializationException", "NUMBER_VALUE cannot be converted to String" },
      { '{"TableName": true}', "SerializationException", "TRUE_VALUE cannot be converted to String" },
      { '{"TableName": {}}', "SerializationException", "Start of structure or map found where not expected" },
      { '{"TableName": [1]}', "SerializationException", "Unrecognized collection type class java.lang.String" },
      { '{"TableName": "abc", "Key": "x"}', "SerializationException", "Unexpected field type" },
      { '{"TableName": "abc", "Key": {"id": {"B": "%"}}}', "SerializationException", "multiple of 4 bytes but found: 1" },
      { '{"TableName": "abc", "Key": {"id": {"B": "+/+="}}}', "SerializationException", "Invalid last non-pad Base64" },
      { '{"TableName": "abc", "Key": {"id": {"B": "++%="}}}', "SerializationException", "Invalid Base64 character: '%'" },
      { '{"TableName": "abc", "Key": {"id": {"BOOL": "maybe"}}}', "SerializationException", "Unexpected token received" },
      { '{"TableName": "abc", "Key": {"id": "x"}}', "SerializationException", "Unexpected value type in payload" },
      { '{"TableName": "abc", "Key": {"id": []}}', "SerializationException",
        "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue" },
      { '{"TableName": "abc", "Key": []}', "SerializationException", "Unrecognized collection type "
        .. "java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>" },
      { '{"TableName": 1.5}', "SerializationException", "DECIMAL_VALUE cannot be converted to String" },
      { '{"TableName": "abc", "AttributesToGet": {}}', "SerializationException", "Start of structure or map found" },
      { '{"TableName": "abc", "AttributesToGet": {"a": 1}}', "SerializationException", "Start of structure or map found" },
    } do
      local answer, body = dynamodb("GetItem", case[1])
      assert.equal(400, answer.status)
      assert.equal("com.amazon.coral.service#" .. case[2], body.__type)
      assert.equal(case[3] == nil, body.Message == nil) -- of broken JSON AWS tells nothing
      assert.truthy((body.Message or ""):find(case[3] or "", 1, true), body.Message)
    end
  end)

  it("answers without a body where the model has no output", function()
    dynamodb("CreateTable", json.encode { TableName = "tagged", BillingMode = "PAY_PER_REQUEST",
      KeySchema = { { AttributeName = "p", KeyType = "HASH" } },
      AttributeDefinitions = { { AttributeName = "p", AttributeType = "S" } } })
    local answer = support.send(here, {
      service = "dynamodb", headers = { ["X-Amz-Target"] = "DynamoDB_20120810.TagResource" },
      body = '{"ResourceArn":"arn:aws:dynamodb:us-east-1:123456789012:table/tagged","Tags":[{"Key":"a","Value":"b"}]}',
    })
    assert.same({ 200, "", "0" }, { answer.status, answer.body, answer.headers["x-amz-crc32"] })
  end)

  it("takes some words for a boolean", function()
    local answer, body = dynamodb("GetItem", '{"TableName": "nowhere", "Key": {"id": {"S": "1"}}, "ConsistentRead": "yes"}')
    assert.same({ 400, "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException" }, { answer.status, body.__type })
  end)

  it("answers JSON for no operation with the type alone, signed or not", function()
    for _, case in ipairs {
      { "{}", "UnknownOperationException" }, { "hi", "SerializationException" },
    } do
      for _, kind in ipairs { "application/json", "application/x-amz-json-1.0" } do
        local answer = http.request {
          method = "POST", url = here.url, body = case[1], headers = { ["Content-Type"] = kind .. ";charset=x" },
        }
        assert.same({ 400, ('{"__type":"com.amazon.coral.service#%s"}'):format(case[2]) }, { answer.status, answer.body })
        assert.equal(kind, answer.headers["content-type"])
        assert.truthy(answer.headers["x-amzn-requestid"]:find("^" .. ("[0-9A-Z]"):rep(52) .. "$"))
      end
    end
  end)

  it("treats null as absent and ignores members that the model does not know", function()
    local answer = dynamodb("ListTables", '{"Limit": null, "Nonsense": {"a": 1}}')
    assert.equal(200, answer.status)
  end)

  it("does not know an operation that is not there", function()
    local answer, body = dynamodb("Nonsense", "{}")
    assert.equal(400, answer.status)
    assert.equal("com.amazon.coral.service#UnknownOperationException", body.__type)
    local sfn, sfn_body = support.json(here, "states", "AWSStepFunctions.Nonsense", {})
    assert.equal(400, sfn.status)
    assert.equal("UnknownOperationException", sfn_body.__type)
  end)

  it("names a service's own errors with its prefix", function()
    local answer, body = dynamodb("DescribeTable", '{"TableName": "nowhere"}')
    assert.equal(400, answer.status)
    assert.equal("com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", body.__type)
  end)
end)

describe("restJson1", function()
  local here
  setup(function()
    here = support.start { estate = support.estate(2) }
  end)
  teardown(function()
    here.close()
  end)

  it("1: answers each operation with its own status", function()
    assert.equal(204, (support.drs(here, "InitializeService")).status)
    assert.equal(202, (support.drs(here, "StartRecovery", { sourceServers = support.servers(1) })).status)
    assert.equal(201, (support.drs(here, "CreateLaunchConfigurationTemplate")).status)
    assert.equal(200, (support.drs(here, "DescribeJobs")).status)
  end)

  it("1: takes an ARN in the path, escaped or not, and tag keys in the query", function()
    local arn = "arn:aws:drs:us-east-1:123456789012:source-server/" .. support.server_id(1)
    local escaped = arn:gsub("[:/]", { [":"] = "%3A", ["/"] = "%2F" })
    local answer, body = support.drs(here, "", nil, { method = "GET", path = "/tags/" .. escaped, body = "" })
    assert.equal(200, answer.status)
    assert.equal("odd", body.tags.Tier)
    answer = support.drs(here, "", { tags = { ["a b"] = "c" } }, { path = "/tags/" .. escaped })
    assert.equal(200, answer.status)
    answer = support.drs(here, "", nil, { method = "DELETE", path = "/tags/" .. escaped .. "?tagKeys=a%20b&tagKeys=Tier",
      body = "" })
    assert.equal(200, answer.status)
    body = select(2, support.drs(here, "", nil, { method = "GET", path = "/tags/" .. arn, body = "" }))
    assert.same({ Name = "server-001" }, body.tags)
  end)

  it("1: writes a fault with its type in a header, its code in the body and what goes into headers there", function()
    here.world.faults.add { service = "drs", operation = "DescribeJobs", kind = "throttle", count = 1 }
    local answer, body = support.drs(here, "DescribeJobs")
    assert.equal(429, answer.status)
    assert.equal("ThrottlingException", answer.headers["x-amzn-errortype"])
    assert.equal("1", answer.headers["retry-after"])
    assert.equal("drs", body.serviceCode)
    assert.is_nil(body.retryAfterSeconds)
    answer, body = support.drs(here, "GetLaunchConfiguration", { sourceServerID = support.server_id(9) })
    assert.equal(404, answer.status)
    assert.equal("ResourceNotFoundException", body.code)
    assert.equal(support.server_id(9), body.resourceId)
    assert.truthy(answer.headers["x-amzn-requestid"])
  end)

  it("1: tells of input that is not valid which field it was", function()
    local answer, body = support.drs(here, "DescribeJobs", { maxResults = 0, filters = { jobIDs = json.array { "x" } } })
    assert.equal(400, answer.status)
    assert.equal("ValidationException", body.code)
    assert.equal("fieldValidationFailed", body.reason)
    assert.equal("filters.jobIDs.1.member", body.fieldList[1].name)
    assert.truthy(body.message:find("errors detected: ", 1, true))
    answer, body = support.drs(here, "DescribeJobs", nil, { body = "{" })
    assert.equal(400, answer.status)
    assert.equal("SerializationException", answer.headers["x-amzn-errortype"])
    assert.truthy(body.message)
  end)

  it("does not know a path that no operation has", function()
    local answer = support.drs(here, "Nonsense")
    assert.equal(404, answer.status)
    assert.equal("UnknownOperationException", answer.headers["x-amzn-errortype"])
    answer = support.drs(here, "DescribeJobs", nil, { method = "GET", body = "" })
    assert.equal(404, answer.status)
  end)
end)

describe("the query and the ec2 protocol", function()
  local here
  setup(function()
    here = support.start { estate = { places = { { account = support.ACCOUNT, region = support.REGION, instances = {
      { id = "i-00000000000000001", name = "a & <b>" },
    } } } } }
  end)
  teardown(function()
    here.close()
  end)

  local function ec2(parameters)
    parameters.Version = "2016-11-15"
    return support.form(here, "ec2", parameters)
  end

  it("read numbered lists and structures, and escape what they write", function()
    local answer = ec2 {
      Action = "DescribeInstances", ["Filter.1.Name"] = "tag:Name", ["Filter.1.Value.1"] = "nothing",
      ["Filter.1.Value.2"] = "a & *",
    }
    assert.equal(200, answer.status)
    assert.truthy(answer.body:find("<instanceId>i-00000000000000001</instanceId>", 1, true))
    assert.truthy(answer.body:find("<value>a &amp; &lt;b&gt;</value>", 1, true))
    assert.truthy(answer.body:find("<requestId>", 1, true))
    assert.truthy(answer.body:find("<launchTime>2026%-10%-24T06:00:00%.000Z</launchTime>"))
  end)

  it("answer an operation without output", function()
    local answer = ec2 { Action = "CreateTags", ["ResourceId.1"] = "i-00000000000000001", ["Tag.1.Key"] = "k",
      ["Tag.1.Value"] = "v" }
    assert.equal(200, answer.status)
    assert.truthy(answer.body:find("<return>true</return>", 1, true))
  end)

  it("refuse in their own words", function()
    for _, case in ipairs {
      { { Action = "StartInstances" }, 400, "MissingParameter", "The request must contain the parameter InstanceId" },
      { { Action = "Nonsense" }, 400, "InvalidAction", "The action Nonsense is not valid for this web service." },
      { {}, 400, "MissingAction" },
      { { Action = "DescribeInstances", MaxResults = "many" }, 400, "InvalidParameterValue" },
      { { Action = "DescribeInstances", DryRun = "true" }, 412, "DryRunOperation" },
      { { Action = "DescribeInstances", DryRun = "perhaps" }, 400, "InvalidParameterValue" },
    } do
      local answer = ec2(case[1])
      assert.equal(case[2], answer.status)
      assert.equal(case[3], support.field(answer.body, "Code"))
      assert.truthy(not case[4] or support.field(answer.body, "Message") == case[4], answer.body)
      assert.truthy(answer.body:find("^<%?xml.-<Response><Errors><Error><Code>"))
    end
  end)

  it("sts: a number that is none is malformed", function()
    local answer = support.form(here, "sts", { Action = "GetSessionToken", Version = "2011-06-15", DurationSeconds = "long" })
    assert.equal(400, answer.status)
    assert.equal("MalformedInput", support.field(answer.body, "Code"))
    assert.equal("MissingAction", support.field(support.form(here, "sts", { Version = "2011-06-15" }).body, "Code"))
  end)
end)

describe("a pattern of a model", function()
  local function matches(text, expression)
    return pattern.matches(text, expression) and true or false
  end

  it("has to match the whole text", function()
    assert.is_true(matches("s-12345678901234567", "s-[0-9a-zA-Z]{17}"))
    assert.is_false(matches("s-123456789012345678", "s-[0-9a-zA-Z]{17}"))
    assert.is_false(matches("xs-12345678901234567", "s-[0-9a-zA-Z]{17}"))
  end)

  it("knows repeats, groups, alternatives, classes, anchors and lookahead", function()
    assert.is_true(matches("ababab", "(ab)+"))
    assert.is_false(matches("aba", "(ab)+"))
    assert.is_true(matches("vol-12345678", "vol-([0-9a-fA-F]{8}|[0-9a-fA-F]{17})"))
    assert.is_false(matches("vol-123456789", "vol-([0-9a-fA-F]{8}|[0-9a-fA-F]{17})"))
    assert.is_true(matches("xxa", ".*a"))
    assert.is_true(matches("$LATEST", [[(\$DEFAULT|\$LATEST|[0-9]+)]]))
    assert.is_true(matches("x.y", [[^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$]]))
    assert.is_false(matches("123", [[^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$]]))
    assert.is_true(matches("no dollar", [[^[^\$]+$]]))
    assert.is_false(matches("a$", [[^[^\$]+$]]))
    assert.is_true(matches("a\té", [[[\u0009\u000A\u0020-\uD7FF]*]]))
    assert.is_false(matches("a\0", [[[\u0009\u000A\u0020-\uD7FF]*]]))
    assert.is_true(matches("é", [[[\p{L}\p{Z}]+]]))
    assert.is_true(matches("a+b=c", [[[\w+=,.@-]*]]))
  end)

  it("may not care for case", function()
    for text, expected in pairs { all = true, ALL = true, aLl = true, al = false, ["123456789012"] = true } do
      assert.equal(expected, matches(text, "(?i)all|[0-9]{12}"), text)
    end
    assert.is_false(matches("ALL", "all"))
  end)

  it("of every model can be read", function()
    for _, service in ipairs(models.services()) do
      for _, shape in pairs(models.load(service).shapes) do
        if shape.pattern then
          pattern.matches("x", shape.pattern)
        end
      end
    end
  end)
end)

describe("validation by the model", function()
  it("counts what is wrong and names each place", function()
    local found = validate.input(models.load "drs", "StartRecovery",
      json.object { sourceServers = json.array { json.object {} } })
    assert.equal("1 validation error detected: Value null at 'sourceServers.1.member.sourceServerID' failed to satisfy "
      .. "constraint: Member must not be null", validate.message(found))
  end)

  it("checks enumerations, and does not show what is sensitive", function()
    local model = models.load "drs"
    local found = validate.input(model, "DescribeRecoverySnapshots", json.object {
      sourceServerID = support.server_id(1), order = "UP",
    })
    assert.equal("Value 'UP' at 'order' failed to satisfy constraint: Member must satisfy enum value set: [ASC, DESC]",
      found[1].message)
    found = validate.input(model, "AssociateSourceNetworkStack", json.object {
      sourceNetworkID = "sn-12345678901234567", cfnStackName = "-",
    })
    assert.truthy(found[1].message:find("^Value at 'cfnStackName' failed"))
  end)

  it("writes a set in AWS's order where that is known", function()
    local found = validate.input(models.load "sfn", "ListExecutions", json.object { statusFilter = "succeeded" })
    assert.equal("Value 'succeeded' at 'statusFilter' failed to satisfy constraint: Member must satisfy enum value set: "
      .. "[SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]", found[1].message)
  end)

  it("stops counting at ten", function()
    local ids = json.array {}
    for number = 1, 20 do
      ids[number] = "bad" .. number
    end
    local found = validate.input(models.load "drs", "TerminateRecoveryInstances", json.object { recoveryInstanceIDs = ids })
    assert.equal(10, #found)
  end)
end)
