-- query, ec2 and restXml: what no vector of botocore's built-in operations shows. Expectations by botocore 1.44.5.

local json     = require "json"
local models   = require "models"
local ec2      = require "aws.protocol.ec2"
local query    = require "aws.protocol.query"
local rest_xml = require "aws.protocol.rest_xml"

local ec2_model, sts_model = models.load("ec2"), models.load("sts")

local function answer(body, status)
  return { status = status or 200, headers = {}, body = body }
end

describe("query requests", function()
  it("number lists and name their members", function()
    local request = query.request(sts_model, sts_model.operations.AssumeRole, {
      RoleArn = "arn:aws:iam::123456789012:role/x", RoleSessionName = "s", DurationSeconds = 900,
      Tags = { { Key = "a", Value = "b c" }, { Key = "d", Value = "" } }, TransitiveTagKeys = {},
    }, {})
    assert.are.equal("Action=AssumeRole&Version=2011-06-15&DurationSeconds=900&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3A"
      .. "role%2Fx&RoleSessionName=s&Tags.member.1.Key=a&Tags.member.1.Value=b%20c&Tags.member.2.Key=d&Tags.member.2.Value="
      .. "&TransitiveTagKeys=", request.body)
    assert.are.equal("application/x-www-form-urlencoded; charset=utf-8", request.headers["content-type"])
  end)
end)

describe("ec2 requests", function()
  it("use flat lists and capital names, and leave out empty lists", function()
    local request = ec2.request(ec2_model, ec2_model.operations.DescribeInstances, {
      InstanceIds = { "i-1", "i-2" }, Filters = { { Name = "tag:a", Values = { "x", "y" } } }, MaxResults = 5, DryRun = false,
    }, {})
    assert.are.equal("Action=DescribeInstances&Version=2016-11-15&DryRun=false&Filter.1.Name=tag%3Aa&Filter.1.Value.1=x"
      .. "&Filter.1.Value.2=y&InstanceId.1=i-1&InstanceId.2=i-2&MaxResults=5", request.body)
    request = ec2.request(ec2_model, ec2_model.operations.DescribeInstances, { InstanceIds = {} }, {})
    assert.are.equal("Action=DescribeInstances&Version=2016-11-15", request.body)
  end)
end)

describe("XML answers", function()
  it("give lists, empty ones, numbers, booleans, times and text", function()
    local output = ec2.response(ec2_model, ec2_model.operations.DescribeInstances, answer [[
      <DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId>
        <reservationSet><item><reservationId>r-1</reservationId><groupSet/><instancesSet><item>
          <instanceId>i-1</instanceId><instanceState><code>16</code><name>running</name></instanceState>
          <launchTime>2022-12-07T19:15:38.000Z</launchTime><ebsOptimized>false</ebsOptimized><clientToken/>
          <futureThing><x>1</x></futureThing>
        </item></instancesSet></item></reservationSet></DescribeInstancesResponse>]], {})
    local reservation = output.Reservations[1]
    local instance = reservation.Instances[1]
    assert.are.equal("[]", json.encode(reservation.Groups))
    assert.are.equal("i-1", instance.InstanceId)
    assert.are.equal(16, instance.State.Code)
    assert.are.equal(1670440538, instance.LaunchTime)
    assert.is_false(instance.EbsOptimized)
    assert.are.equal("", instance.ClientToken)
    assert.is_nil(instance.Tags)
  end)

  it("are taken out of the query protocol's wrapper", function()
    local output = query.response(sts_model, sts_model.operations.GetCallerIdentity, answer [[
      <GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
      <Arn>arn:aws:iam::123456789012:user/a&amp;b</Arn><UserId>U</UserId><Account>123456789012</Account>
      </GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>]], {})
    assert.are.same({ Arn = "arn:aws:iam::123456789012:user/a&b", UserId = "U", Account = "123456789012" },
      { Arn = output.Arn, UserId = output.UserId, Account = output.Account })
  end)
end)

describe("XML errors", function()
  it("are read in query's spelling", function()
    local found = query.failure(sts_model, sts_model.operations.AssumeRole, answer([[
      <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code>
      <Message>User is not authorized</Message></Error><RequestId>r-9</RequestId></ErrorResponse>]], 403), {})
    assert.are.equal("AccessDenied", found.code)
    assert.are.equal("User is not authorized", found.message)
    assert.are.equal("r-9", found.requestId)
  end)

  it("are read in ec2's spelling", function()
    local found = ec2.failure(ec2_model, ec2_model.operations.DescribeInstances, answer([[
      <Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code><Message>no such</Message></Error></Errors>
      <RequestID>r-8</RequestID></Response>]], 400), {})
    assert.are.equal("InvalidInstanceID.NotFound", found.code)
    assert.are.equal("no such", found.message)
    assert.are.equal("r-8", found.requestId)
  end)

  it("are read in S3's spelling", function()
    local found = rest_xml.failure({ shapes = {} }, {}, answer(
      "<Error><Code>NoSuchKey</Code><Message>gone</Message><RequestId>r-7</RequestId></Error>", 404), {})
    assert.are.same({ "NoSuchKey", "gone", "r-7" }, { found.code, found.message, found.requestId })
  end)

  it("have the status as code when the body is no XML", function()
    assert.are.equal("HTTP_502", query.failure(sts_model, {}, answer("Bad Gateway", 502), {}).code)
  end)

  it("know a modelled error by the code that its shape gives", function()
    local found = query.failure(sts_model, sts_model.operations.GetCallerIdentity, answer(
      "<ErrorResponse><Error><Code>IDPCommunicationError</Code><Message>m</Message></Error></ErrorResponse>", 400), {})
    assert.are.equal("IDPCommunicationErrorException", found.modelled.name)
  end)
end)

-- A made-up service: none of the built-in models speaks restXml.
local raw = {
  metadata = { protocol = "rest-xml", apiVersion = "2020-01-01" },
  shapes = {
    PutRequest = { name = "PutRequest", type = "structure", required = { "Id" }, members = {
      Id = { shape = "Text", location = "uri", locationName = "Id" },
      When = { shape = "Time", location = "header", locationName = "X-When" },
      Limit = { shape = "Number", location = "querystring", locationName = "limit" },
      Meta = { shape = "Map", location = "headers", locationName = "x-meta-" },
      Name = { shape = "Text" }, Items = { shape = "Items" }, Flat = { shape = "FlatItems", locationName = "Flat" },
      Map = { shape = "Map" }, Kind = { shape = "Text", xmlAttribute = true, locationName = "kind" },
    } },
    PutResult = { name = "PutResult", type = "structure", members = {
      Id = { shape = "Text", location = "header", locationName = "X-Id" },
      Status = { shape = "Number", location = "statusCode" },
      Meta = { shape = "Map", location = "headers", locationName = "x-meta-" },
      Flat = { shape = "FlatItems", locationName = "Flat" }, Items = { shape = "Items" }, Map = { shape = "Map" },
      Kind = { shape = "Text", xmlAttribute = true, locationName = "kind" },
    } },
    Text = { name = "Text", type = "string" }, Number = { name = "Number", type = "integer" },
    Time = { name = "Time", type = "timestamp" },
    Items = { name = "Items", type = "list", member = { shape = "Text", locationName = "Item" } },
    FlatItems = { name = "FlatItems", type = "list", flattened = true, member = { shape = "Text" } },
    Map = { name = "Map", type = "map", key = { shape = "Text" }, value = { shape = "Text" } },
  },
}
local put = {
  name = "Put", http = { method = "PUT", requestUri = "/things/{Id+}?put" }, input = "PutRequest", output = "PutResult",
  inputReference = { shape = "PutRequest", locationName = "Put", xmlNamespace = { uri = "urn:x" } },
}

describe("restXml", function()
  it("puts members into path, query, headers and body", function()
    local request = rest_xml.request(raw, put, {
      Id = "a/b c", When = 1670440538, Limit = 3, Meta = { Color = "red" }, Name = "<n>", Items = { "1", "2" },
      Flat = { "x", "y" }, Map = { k = "v" }, Kind = "q",
    }, {})
    assert.are.equal("PUT", request.method)
    assert.are.equal("/things/a/b%20c?put&limit=3", request.target)
    assert.are.equal("Wed, 07 Dec 2022 19:15:38 GMT", request.headers["x-when"])
    assert.are.equal("red", request.headers["x-meta-color"])
    assert.are.equal("application/xml", request.headers["content-type"])
    assert.are.equal('<Put xmlns="urn:x" kind="q"><Flat>x</Flat><Flat>y</Flat><Items><Item>1</Item><Item>2</Item></Items>'
      .. "<Map><entry><key>k</key><value>v</value></entry></Map><Name>&lt;n&gt;</Name></Put>", request.body)
  end)

  it("reads members from headers, status and body", function()
    local output = rest_xml.response(raw, put, {
      status = 201, headers = { ["x-id"] = "7", ["x-meta-color"] = "red" },
      body = '<R kind="q"><Flat>x</Flat><Flat>y</Flat><Items><Item>1</Item></Items>'
        .. "<Map><entry><key>k</key><value>v</value></entry></Map></R>",
    }, {})
    assert.are.equal('{"Flat":["x","y"],"Id":"7","Items":["1"],"Kind":"q","Map":{"k":"v"},"Meta":{"color":"red"},"Status":201}',
      json.encode(output))
  end)
end)
