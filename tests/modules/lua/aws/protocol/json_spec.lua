-- What no vector of botocore's shows: the quirks of bodies and errors in the JSON protocols.

local json      = require "json"
local models    = require "models"
local json_1_0  = require "aws.protocol.json"
local rest_json = require "aws.protocol.rest_json"

local drs, dynamodb, sfn = models.load("drs"), models.load("dynamodb"), models.load("sfn")

local function answer(body, status, headers)
  return { status = status or 200, headers = headers or {}, body = body }
end

describe("JSON answers", function()
  it("leave out members that are null, and keep the others", function()
    local output = rest_json.response(drs, drs.operations.DescribeJobs,
      answer '{"items":[{"jobID":"drsjob-1","endDateTime":null,"tags":{"a":null,"b":"c"}}],"nextToken":null}', {})
    assert.are.equal('{"items":[{"jobID":"drsjob-1","tags":{"b":"c"}}]}', json.encode(output))
  end)

  it("keep members and enum values that no model knows", function()
    local output = rest_json.response(drs, drs.operations.DescribeJobLogItems,
      answer '{"items":[{"event":"LAUNCH_END","future":{"x":1}}]}', {})
    assert.are.equal("LAUNCH_END", output.items[1].event)
    assert.are.equal(1, output.items[1].future.x)
  end)

  it("are an empty object when the body is empty", function()
    local output = rest_json.response(drs, drs.operations.DeleteJob, answer("", 204), {})
    assert.are.equal("{}", json.encode(output))
    output = json_1_0.response(dynamodb, dynamodb.operations.PutItem, answer "", {})
    assert.are.equal("{}", json.encode(output))
  end)

  it("mark lists, empty ones too", function()
    local output = rest_json.response(drs, drs.operations.DescribeJobs, answer '{"items":[]}', {})
    assert.is_true(json.is_array(output.items))
    assert.are.equal('{"items":[]}', json.encode(output))
  end)

  it("give times as numbers, with and without a fraction, and as they came when they are none", function()
    local function start_date(text)
      return json_1_0.response(sfn, sfn.operations.DescribeExecution, answer('{"startDate":' .. text .. '}'), {}).startDate
    end
    assert.are.equal("integer", math.type(start_date "1670440538"))
    assert.are.equal(1670440538.846, start_date "1.670440538846E9")
    assert.are.equal(1670440538, start_date '"2022-12-07T19:15:38Z"')
    assert.are.equal("soon", start_date '"soon"')
  end)

  it("give bytes", function()
    local output = json_1_0.response(dynamodb, dynamodb.operations.GetItem, answer '{"Item":{"b":{"B":"AP8="}}}', {})
    assert.are.equal("\0\255", output.Item.b.B)
  end)

  it("keep integers of 64 bits", function()
    local output = json_1_0.response(dynamodb, dynamodb.operations.DescribeTable,
      answer '{"Table":{"TableSizeBytes":9223372036854775807}}', {})
    assert.are.equal(math.maxinteger, output.Table.TableSizeBytes)
  end)
end)

describe("JSON requests", function()
  it("write an empty table as the model says", function()
    local request = rest_json.request(drs, drs.operations.DescribeJobs, { filters = { jobIDs = {} } }, {})
    assert.are.equal('{"filters":{"jobIDs":[]}}', request.body)
  end)

  it("write times as numbers and take ISO 8601", function()
    local request = json_1_0.request(dynamodb, dynamodb.operations.ListBackups,
      { TimeRangeLowerBound = "2022-12-07T19:15:38Z", TimeRangeUpperBound = 1670440538.5 }, {})
    assert.are.equal('{"TimeRangeLowerBound":1670440538,"TimeRangeUpperBound":1670440538.5}', request.body)
    assert.are.equal("DynamoDB_20120810.ListBackups", request.headers["x-amz-target"])
    assert.are.equal("application/x-amz-json-1.0", request.headers["content-type"])
  end)

  it("put an ARN into the path, encoded once", function()
    local request = rest_json.request(drs, drs.operations.UntagResource, {
      resourceArn = "arn:aws:drs:eu-west-1:123456789012:source-server/s-1", tagKeys = { "b c", "a&d" },
    }, {})
    assert.are.equal("DELETE", request.method)
    assert.are.equal("/tags/arn%3Aaws%3Adrs%3Aeu-west-1%3A123456789012%3Asource-server%2Fs-1?tagKeys=a%26d&tagKeys=b%20c",
      request.target)
    assert.are.equal("", request.body)
    assert.is_nil(request.headers["content-type"])
  end)

  it("refuse an empty part of the path, which would be another address", function()
    assert.has_error(function()
      rest_json.request(drs, drs.operations.ListTagsForResource, { resourceArn = "" }, {})
    end, "the parameter 'resourceArn' is part of the address and cannot be empty")
  end)
end)

describe("JSON errors", function()
  local function failure(body, status, headers, model)
    model = model or drs
    return rest_json.failure(model, model.operations.DescribeJobs, answer(body, status, headers), {})
  end

  it("take the code from the header, without namespace and address", function()
    for _, text in ipairs {
      "ConflictException", "ConflictException:http://internal.amazon.com/coral/com.amazonaws.drs/",
      "com.amazonaws.drs#ConflictException", "com.amazonaws.drs#ConflictException:http://x/",
    } do
      assert.are.equal("ConflictException", failure('{"message":"busy"}', 409, { ["x-amzn-errortype"] = text }).code)
    end
  end)

  it("take the code from the body when no header has it", function()
    assert.are.equal("ResourceNotFoundException",
      failure('{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","Message":"no table"}', 400).code)
    assert.are.equal("ThrottlingException", failure('{"code":"ThrottlingException"}', 429).code)
  end)

  it("give the message in either spelling", function()
    assert.are.equal("a", failure('{"message":"a"}', 400).message)
    assert.are.equal("b", failure('{"Message":"b"}', 400).message)
    assert.are.equal("", failure('{}', 400).message)
  end)

  it("give the error's own members, from the body and from headers", function()
    local found = failure('{"message":"slow down","serviceCode":"drs","quotaCode":"L-1"}', 429,
      { ["x-amzn-errortype"] = "ThrottlingException", ["retry-after"] = "17" })
    assert.are.same({ serviceCode = "drs", quotaCode = "L-1", retryAfterSeconds = "17" },
      { serviceCode = found.members.serviceCode, quotaCode = found.members.quotaCode,
        retryAfterSeconds = found.members.retryAfterSeconds })
  end)

  it("read members as the error's shape says", function()
    local found = json_1_0.failure(dynamodb, dynamodb.operations.PutItem, answer(
      '{"__type":"x#ConditionalCheckFailedException","message":"no","Item":{"b":{"B":"AP8="}}}', 400), {})
    assert.are.equal("\0\255", found.members.Item.b.B)
    found = json_1_0.failure(dynamodb, dynamodb.operations.PutItem, answer(
      '{"__type":"x#ConditionalCheckFailedException","message":"no","Item":{"b":{"N":"7"}}}', 400), { document = true })
    assert.are.equal(7, found.members.Item.b)
  end)

  it("have the status as code when no service wrote the answer", function()
    assert.are.equal("HTTP_502", failure("<html>Bad Gateway</html>", 502).code)
    assert.are.equal("HTTP_503", failure("", 503).code)
    assert.are.equal("HTTP_403", failure("[1]", 403).code)
  end)
end)
