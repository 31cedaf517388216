-- What single services need beyond their models, seen at a server.

local aws_server   = require "tests.support.aws_server"
local crypto       = require "crypto"
local json         = require "json"
local model_folder = require "tests.support.model_folder"

-- One call -> the request that the server saw; raises what the call raises.
local function sent(service, method, input, body)
  local listener, requests = aws_server.start { { 200, {}, body or "{}" } }
  local client = aws_server.client(service, listener, { max_attempts = 1 })
  local fine, problem = pcall(client[method], client, input)
  listener.close()
  if not fine then
    error(problem, 0)
  end
  return requests[1]
end

local function speak(metadata, operation, shapes, input)
  operation.http = operation.http or { method = "POST", requestUri = "/" }
  metadata.protocol = metadata.protocol or "rest-json"
  local request
  model_folder.with({ ["parrot/1/service-2.json"] = model_folder.speak(metadata, operation, shapes) }, function()
    request = sent("parrot", "speak", input)
  end)
  return request
end

local BODY = { In = { type = "structure", payload = "body", members = {
  body = { shape = "Bytes" }, algorithm = { shape = "Text", location = "header", locationName = "x-amz-sdk-checksum-algorithm" },
  own = { shape = "Text", location = "header", locationName = "x-amz-checksum-sha1" },
} }, Bytes = "blob", Text = "string" }

local function checked(input)
  return speak({}, { input = { shape = "In" },
    httpChecksum = { requestAlgorithmMember = "algorithm", requestChecksumRequired = true } }, BODY, input)
end

describe("Route 53", function()
  it("takes the ids that it gave: without what is before the last slash", function()
    local request = sent("route53", "get_hosted_zone", { Id = "/hostedzone/Z123" },
      "<GetHostedZoneResponse><HostedZone><Id>/hostedzone/Z123</Id></HostedZone></GetHostedZoneResponse>")
    assert.are.equal("/2013-04-01/hostedzone/Z123", request.target)
    request = sent("route53", "list_resource_record_sets", { HostedZoneId = "Z123", StartRecordName = "a/b" }, "<X/>")
    assert.are.equal("/2013-04-01/hostedzone/Z123/rrset?name=a%2Fb", request.target)
  end)
end)

describe("a body's checksum", function()
  it("is a CRC32 where the service wants one and nobody says which", function()
    local request = checked { body = "123456789" }
    assert.are.equal("y/Q5Jg==", request.headers["x-amz-checksum-crc32"])
    assert.are.equal("CRC32", request.headers["x-amz-sdk-checksum-algorithm"])
  end)

  it("is the one that the caller names, or gives", function()
    local request = checked { body = "x", algorithm = "SHA256" }
    assert.are.equal(crypto.base64_encode(crypto.sha256 "x"), request.headers["x-amz-checksum-sha256"])
    assert.is_nil(request.headers["x-amz-checksum-crc32"])
    request = checked { body = "x", own = "mine" }
    assert.are.equal("mine", request.headers["x-amz-checksum-sha1"])
    assert.is_nil(request.headers["x-amz-checksum-crc32"])
  end)

  it("that we cannot make is refused", function()
    local fine, problem = pcall(checked, { body = "x", algorithm = "CRC64NVME" })
    assert.is_false(fine)
    assert.matches("Speak: drsh makes no checksum CRC64NVME", tostring(problem))
  end)

  it("is an MD5 in older models", function()
    local request = speak({}, { input = { shape = "In" }, httpChecksumRequired = true }, BODY, { body = "x" })
    assert.are.equal(crypto.base64_encode(crypto.md5 "x"), request.headers["content-md5"])
  end)
end)

describe("S3", function()
  local function get(key)
    return speak({ endpointPrefix = "s3" }, { http = { method = "GET", requestUri = "/{Bucket}/{Key+}" }, input = { shape = "In" } }, {
      In = { type = "structure", members = { Bucket = { shape = "Text", location = "uri", locationName = "Bucket" },
        Key = { shape = "Text", location = "uri", locationName = "Key" } } }, Text = "string" }, { Bucket = "b", Key = key })
  end

  it("has the hash of the body in a header, and its paths are encoded once", function()
    local sigv4 = require "sigv4"
    local request = get "a b//c+d"
    assert.are.equal("/b/a%20b//c%2Bd", request.target)
    assert.are.equal(crypto.hex(crypto.sha256 ""), request.headers["x-amz-content-sha256"])
    -- The verifying side encodes once for S3 by the signature's scope.
    local claim = assert(sigv4.parse { method = "GET", target = request.target, headers = request.headers })
    assert.are.equal("s3", claim.service)
    local fine = sigv4.verify { method = "GET", target = request.target, headers = request.headers, body = "",
      secret_access_key = aws_server.KEYS.secret_access_key }
    assert.is_true(fine)
  end)
end)

describe("an operation", function()
  local EMPTY = { In = { type = "structure", members = json.object {} } }

  it("that AWS leaves open is not signed; one may leave its body out of the signature", function()
    assert.is_nil(speak({}, { authtype = "none" }, EMPTY, {}).headers.authorization)
    assert.is_nil(speak({}, { auth = json.array { "smithy.api#noAuth" } }, EMPTY, {}).headers.authorization)
    local request = speak({}, { authtype = "v4-unsigned-body" }, EMPTY, {})
    assert.are.equal("UNSIGNED-PAYLOAD", request.headers["x-amz-content-sha256"])
    assert.matches("x%-amz%-content%-sha256", request.headers.authorization)
  end)

  it("that is a stream of events is refused before it is sent", function()
    local shapes = { Out = { type = "structure", members = { events = { shape = "Events" } } },
      Events = { type = "structure", eventstream = true, members = json.object {} } }
    local fine, problem = pcall(speak, {}, { output = { shape = "Out" } }, shapes, {})
    assert.is_false(fine)
    assert.matches("parrot:speak is a stream of events, which drsh does not speak", tostring(problem))
  end)
end)
