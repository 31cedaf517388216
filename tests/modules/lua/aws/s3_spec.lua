-- What S3 needs beyond its model, seen at a server and at the endpoint's rules. botocore judges the whole of it: make conformance.

local aws          = require "aws"
local aws_server   = require "tests.support.aws_server"
local crypto       = require "crypto"
local json         = require "json"
local model_folder = require "tests.support.model_folder"
local s3           = require "aws.s3"
local sigv4        = require "sigv4"

local function place(location, name)
  return { shape = "Text", location = location, locationName = name }
end

local BUCKET, KEY = place("uri", "Bucket"), place("uri", "Key")

-- As in S3's own model, as far as the tests go.
local OPERATIONS = {
  GetObject = { "GET", "/{Bucket}/{Key+}", { Bucket = BUCKET, Key = KEY, SSECustomerKey = place("header", "x-key"),
    SSECustomerKeyMD5 = place("header", "x-key-md5") }, { body = { shape = "Bytes" } }, payload = "body" },
  PutObject = { "PUT", "/{Bucket}/{Key+}", { Bucket = BUCKET, Key = KEY, Body = { shape = "Bytes" } }, {}, input = "Body" },
  CopyObject = { "PUT", "/{Bucket}/{Key+}", { Bucket = BUCKET, Key = KEY, CopySource = place("header", "x-amz-copy-source") },
    { ETag = { shape = "Text" } } },
  ListObjectsV2 = { "GET", "/{Bucket}?list-type=2", { Bucket = BUCKET, EncodingType = place("querystring", "encoding-type") },
    { EncodingType = { shape = "Text" }, Prefix = { shape = "Text" }, Contents = { shape = "Entries" } } },
  GetBucketLocation = { "GET", "/{Bucket}?location", { Bucket = BUCKET }, { LocationConstraint = { shape = "Text" } } },
}

local function model()
  local shapes = { Text = { type = "string" }, Bytes = { type = "blob" },
    Entries = { type = "list", flattened = true, member = { shape = "Entry" } },
    Entry = { type = "structure", members = { Key = { shape = "Text" } } } }
  local operations = {}
  for name, facts in pairs(OPERATIONS) do
    shapes[name .. "In"] = { type = "structure", members = json.object(facts[3]), payload = facts.input }
    shapes[name .. "Out"] = { type = "structure", members = json.object(facts[4]), payload = facts.payload }
    operations[name] = { name = name, http = { method = facts[1], requestUri = facts[2] },
      input = { shape = name .. "In" }, output = { shape = name .. "Out" } }
  end
  return { metadata = { apiVersion = "2006-03-01", endpointPrefix = "s3", protocol = "rest-xml", serviceId = "S3" },
    operations = operations, shapes = shapes }
end

-- One call -> the output and the requests.
local function call(method, input, answers, options)
  local listener, requests = aws_server.start(answers)
  local fine, output
  model_folder.with({ ["s3/1/service-2.json"] = model() }, function()
    local client = aws_server.client("s3", listener, options or { max_attempts = 1 })
    if options then
      fine, output = aws_server.follow(function() return client[method](client, input) end)
    else
      fine, output = pcall(client[method], client, input)
    end
  end)
  listener.close()
  if not fine then
    error(output, 0)
  end
  return output, requests
end

local EMPTY = { { 200, {}, "" } }

describe("S3's requests", function()
  it("have the hash of the body in a header, and paths that are encoded once", function()
    local _, requests = call("get_object", { Bucket = "b", Key = "a b//c+d" }, EMPTY)
    local request = requests[1]
    assert.are.equal("/b/a%20b//c%2Bd", request.target)
    assert.are.equal(crypto.hex(crypto.sha256 ""), request.headers["x-amz-content-sha256"])
    -- The verifying side encodes once for S3 by the signature's scope.
    local claim = assert(sigv4.parse { method = "GET", target = request.target, headers = request.headers })
    assert.are.equal("s3", claim.service)
    assert.is_true((sigv4.verify { method = "GET", target = request.target, headers = request.headers, body = "",
      secret_access_key = aws_server.KEYS.secret_access_key }))
  end)

  it("leave a body out of the signature only where TLS and a checksum protect it", function()
    local function hash(url, headers, streams)
      local request = { headers = headers, body = "x" }
      s3.request(request, url, streams)
      return request.headers["x-amz-content-sha256"]
    end
    local own = crypto.hex(crypto.sha256 "x")
    assert.are.equal("UNSIGNED-PAYLOAD", hash("https://h", { ["x-amz-checksum-crc32"] = "c" }, true))
    assert.are.equal("UNSIGNED-PAYLOAD", hash("https://h", { ["content-md5"] = "c" }, true))
    assert.are.equal(own, hash("http://h", { ["x-amz-checksum-crc32"] = "c" }, true))
    assert.are.equal(own, hash("https://h", {}, true))
    assert.are.equal(own, hash("https://h", { ["x-amz-checksum-crc32"] = "c" }, false))
  end)

  it("have keys of the caller's in base64 with their MD5, unless he gives that", function()
    local key = ("k"):rep(32)
    local _, requests = call("get_object", { Bucket = "b", Key = "k", SSECustomerKey = key }, EMPTY)
    assert.are.equal(crypto.base64_encode(key), requests[1].headers["x-key"])
    assert.are.equal(crypto.base64_encode(crypto.md5(key)), requests[1].headers["x-key-md5"])
    _, requests = call("get_object", { Bucket = "b", Key = "k", SSECustomerKey = "done", SSECustomerKeyMD5 = "sum" }, EMPTY)
    assert.are.same({ "done", "sum" }, { requests[1].headers["x-key"], requests[1].headers["x-key-md5"] })
  end)

  it("name the source of a copy as an address, but for its version", function()
    local answers = { { 200, {}, "<R/>" } }
    local _, requests = call("copy_object", { Bucket = "b", Key = "k", CopySource = "from/a b+c?versionId=v.1" }, answers)
    assert.are.equal("from/a%20b%2Bc?versionId=v.1", requests[1].headers["x-amz-copy-source"])
  end)

  it("have no bucket in the target where it is in the endpoint already", function()
    local get, list = { http = { requestUri = "/{Bucket}/{Key+}" } }, { http = { requestUri = "/{Bucket}?list-type=2" } }
    local host, path = { has_bucket = true, url = "https://b.s3.x" }, { has_bucket = true, url = "https://s3.x/b" }
    for _, case in ipairs {
      { "/k/a%2Fb", get, "/b/k/a%2Fb", host }, { "/?list-type=2", list, "/b?list-type=2", host },
      { "?list-type=2", list, "/b?list-type=2", path }, { "/k", get, "/b/k", path },
      { "/b/k", get, "/b/k", { has_bucket = false, url = "http://localhost:1" } },
      { "/", { http = { requestUri = "/" } }, "/", host },
    } do
      assert.are.equal(case[1], s3.target(case[2], case[3], case[4]))
    end
  end)

  it("name the bucket in the path where its location is asked for", function()
    local context = { Bucket = "b" }
    s3.context({ name = "GetObject" }, context)
    assert.is_nil(context.ForcePathStyle)
    s3.context({ name = "GetBucketLocation" }, context)
    assert.is_true(context.ForcePathStyle)
    context = { Bucket = "arn:aws:s3:us-east-1:123456789012:accesspoint/p" }
    s3.context({ name = "GetBucketLocation" }, context)
    assert.is_nil(context.ForcePathStyle)
  end)
end)

describe("a bucket of another region", function()
  local ETAG = { 200, {}, "<R><ETag>x</ETag></R>" }
  local COPY = { Bucket = "b", Key = "k", CopySource = "c/k" }

  -- The regions that the tries of a call, and of a second one, were signed for.
  local function regions_of(first)
    local regions = {}
    local listener, requests = aws_server.start { first, ETAG }
    model_folder.with({ ["s3/1/service-2.json"] = model() }, function()
      local client = aws_server.client("s3", listener, { max_attempts = 1 })
      for _ = 1, 2 do
        assert.are.equal("x", client:copy_object(COPY).ETag)
      end
    end)
    listener.close()
    for index, request in ipairs(requests) do
      regions[index] = request.headers.authorization:match "Credential=[^/]+/%d+/([^/]+)"
    end
    return regions
  end

  it("is found by what the first one says, once", function()
    for _, answer in ipairs {
      { 301, { ["x-amz-bucket-region"] = "us-west-2" }, "<Error><Code>PermanentRedirect</Code></Error>" },
      { 307, { ["x-amz-bucket-region"] = "us-west-2" }, "" },
      { 400, {}, "<Error><Code>AuthorizationHeaderMalformed</Code><Region>us-west-2</Region></Error>" },
    } do
      assert.are.same({ "eu-west-1", "us-west-2", "us-west-2" }, regions_of(answer))
    end
  end)

  it("is not looked for without end, nor where nothing is told", function()
    local there = { 301, { ["x-amz-bucket-region"] = "us-west-2" }, "<Error><Code>PermanentRedirect</Code></Error>" }
    local back = { 301, { ["x-amz-bucket-region"] = "eu-central-1" }, "<Error><Code>PermanentRedirect</Code></Error>" }
    for _, case in ipairs { { 2, there, back }, { 1, { 301, {}, "" } }, { 1, { 403, { ["x-amz-bucket-region"] = "us-west-2" }, "" } } } do
      local listener, requests = aws_server.start { table.unpack(case, 2) }
      model_folder.with({ ["s3/1/service-2.json"] = model() }, function()
        assert.is_false(pcall(function() aws_server.client("s3", listener, { max_attempts = 1 }):copy_object(COPY) end))
      end)
      listener.close()
      assert.are.equal(case[1], #requests)
    end
  end)
end)

describe("S3's answers", function()
  it("of 200 that are an error, or end in the middle, are failures that are tried again", function()
    for _, body in ipairs { "<Error><Code>InternalError</Code><Message>we failed</Message></Error>", "<CopyObjectResult><ETag>x" } do
      local output, requests = call("copy_object", { Bucket = "b", Key = "k", CopySource = "b/k" },
        { { 200, {}, body }, { 200, {}, "<CopyObjectResult><ETag>x</ETag></CopyObjectResult>" } }, { max_attempts = 2 })
      assert.are.same({ "x", 2 }, { output.ETag, #requests })
    end
    local fine, problem = pcall(call, "copy_object", { Bucket = "b", Key = "k", CopySource = "b/k" },
      { { 200, {}, "<Error><Code>SlowDown</Code><Message>no</Message></Error>" } })
    assert.is_false(fine)
    assert.is_true(aws.is_error(problem, "SlowDown"))
  end)

  it("that are an object may look like an error", function()
    local output = call("get_object", { Bucket = "b", Key = "k" }, { { 200, {}, "<Error/>" } })
    assert.are.equal("<Error/>", output.body)
  end)

  it("tell a bucket's region by the text of an element", function()
    local here = { { 200, {}, '<LocationConstraint xmlns="x">eu-west-1</LocationConstraint>' } }
    assert.are.equal("eu-west-1", call("get_bucket_location", { Bucket = "b" }, here).LocationConstraint)
    assert.is_nil(call("get_bucket_location", { Bucket = "b" }, { { 200, {}, "<LocationConstraint/>" } }).LocationConstraint)
  end)

  it("list keys that XML cannot hold, and are left as they come where the caller asks so", function()
    local answers = { { 200, {}, "<R><EncodingType>url</EncodingType><Prefix>a%2Bb+c</Prefix>"
      .. "<Contents><Key>a%01%25</Key></Contents></R>" } }
    local output, requests = call("list_objects_v2", { Bucket = "b" }, answers)
    assert.are.equal("/b?list-type=2&encoding-type=url", requests[1].target)
    assert.are.same({ "a+b c", "a\1%" }, { output.Prefix, output.Contents[1].Key })
    output = call("list_objects_v2", { Bucket = "b", EncodingType = "url" }, answers)
    assert.are.equal("a%01%25", output.Contents[1].Key)
  end)
end)
