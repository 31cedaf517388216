-- What single services need beyond their models, seen at a server.

local aws          = require "aws"
local aws_server   = require "tests.support.aws_server"
local crypto       = require "crypto"
local json         = require "json"
local model_folder = require "tests.support.model_folder"
local quirks       = require "aws.quirks"

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

describe("Route 53", function()
  it("takes the ids that it gave: without what is before the last slash", function()
    local request = sent("route53", "get_hosted_zone", { Id = "/hostedzone/Z123" },
      "<GetHostedZoneResponse><HostedZone><Id>/hostedzone/Z123</Id></HostedZone></GetHostedZoneResponse>")
    assert.are.equal("/2013-04-01/hostedzone/Z123", request.target)
    request = sent("route53", "list_resource_record_sets", { HostedZoneId = "Z123", StartRecordName = "a/b" }, "<X/>")
    assert.are.equal("/2013-04-01/hostedzone/Z123/rrset?name=a%2Fb", request.target)
  end)
end)

describe("Glacier", function()
  local function headers(body)
    local request = { headers = {}, body = body }
    quirks.request({ metadata = { serviceId = "Glacier", apiVersion = "2012-06-01" } }, { name = "UploadArchive" }, request)
    return request.headers
  end

  it("wants its version, and two hashes of an archive: of the whole, and of MiBs and their neighbours", function()
    local mib = ("x"):rep(1 << 20)
    local found, two = headers(mib .. mib .. "y"), crypto.sha256(crypto.sha256(mib) .. crypto.sha256(mib))
    assert.are.equal("2012-06-01", found["x-amz-glacier-version"])
    assert.are.equal(crypto.hex(crypto.sha256(mib .. mib .. "y")), found["x-amz-content-sha256"])
    assert.are.equal(crypto.hex(crypto.sha256(two .. crypto.sha256 "y")), found["x-amz-sha256-tree-hash"])
    assert.are.equal(crypto.hex(crypto.sha256 ""), headers("")["x-amz-sha256-tree-hash"])
  end)
end)

describe("CloudSearch", function()
  it("is searched by a form, as a query may be too long for an address", function()
    local operation = { input = { shape = "In" }, http = { method = "GET", requestUri = "/2013-01-01/search?format=sdk" } }
    local model = model_folder.speak({ serviceId = "CloudSearch Domain", protocol = "rest-json" }, operation, {
      In = { type = "structure", members = { query = { shape = "Text", location = "querystring", locationName = "q" } } },
      Text = "string" })
    operation.name, model.operations = "Search", { Search = operation }
    model_folder.with({ ["cloudsearchdomain/1/service-2.json"] = model }, function()
      local request = sent("cloudsearchdomain", "search", { query = "a b" })
      assert.are.same({ "POST", "/2013-01-01/search", "format=sdk&q=a%20b" }, { request.method, request.target, request.body })
    end)
  end)
end)

describe("an endpoint of its own", function()
  local ADDRESS = { url = "https://machinelearning.x", signing_region = "eu-west-1" }

  it("has each of Machine Learning's real-time models", function()
    local model = { metadata = { serviceId = "Machine Learning" } }
    local endpoint = quirks.endpoint(model, { PredictEndpoint = "https://realtime.x/" }, ADDRESS)
    assert.are.same({ "https://realtime.x", "eu-west-1" }, { endpoint.url, endpoint.signing_region })
    assert.are.equal(ADDRESS, quirks.endpoint(model, {}, ADDRESS))
  end)

  it("has Health, signed for one region from all", function()
    local endpoint = quirks.endpoint({ metadata = { serviceId = "Health" } }, {}, ADDRESS)
    assert.are.same({ "https://machinelearning.x", "us-east-1" }, { endpoint.url, endpoint.signing_region })
    local china = { url = "https://x", signing_region = "cn-north-1" }
    assert.are.equal("cn-north-1", quirks.endpoint({ metadata = { serviceId = "Health" } }, {}, china).signing_region)
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

  it("whose signature we cannot make is refused by name", function()
    for version, name in pairs { v2 = "Signature Version 2", bearer = "a bearer token" } do
      local fine, problem = pcall(speak, { signatureVersion = version }, {}, EMPTY, {})
      assert.is_false(fine)
      assert.is_true(aws.is_error(problem, "ENDPOINT_SIGNATURE"))
      assert.are.equal(("parrot wants %s, which drsh does not make"):format(name), problem.message)
      assert.is_nil(speak({ signatureVersion = version }, { authtype = "none" }, EMPTY, {}).headers.authorization)
    end
  end)
end)
