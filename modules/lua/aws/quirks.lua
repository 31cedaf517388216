-- What single services need beyond what their models say, as AWS's SDKs do it. S3 has a file of its own.

local crypto     = require "crypto"
local models     = require "models"
local partitions = require "aws.partitions"
local s3         = require "aws.s3"

local quirks = {}

-- Route 53 gives ids as "/hostedzone/Z123" and takes them as "Z123".
local ROUTE53_IDS = { ResourceId = true, DelegationSetId = true, ChangeId = true }

-- By the service's id: what changes the parameters of a call, which are a copy then: change(operation, parameters, model).
local PARAMETERS = {
  S3 = s3.parameters,
  ["Route 53"] = function(operation, parameters, model)
    for name, value in pairs(parameters) do
      local shape = model.shapes[operation.input].members[name].shape
      parameters[name] = ROUTE53_IDS[shape] and value:match "([^/]*)$" or value
    end
  end,
}

-- The parameters as they are sent; a copy where one is changed.
function quirks.parameters(model, operation, parameters)
  local change = PARAMETERS[model.metadata.serviceId]
  if not change or not operation.input then
    return parameters
  end
  local copy = table.move(parameters, 1, 0, 1, {})
  for name, value in pairs(parameters) do
    copy[name] = value
  end
  change(operation, copy, model)
  return copy
end

-- What the choice of the endpoint must know beside the call's parameters; `context` is changed.
function quirks.context(model, operation, context)
  if model.metadata.serviceId == "S3" then
    s3.context(operation, context)
  end
end

-- The region that a call must be sent to, whatever the client's; nil: the client's.
function quirks.region(client, input)
  return client.bucket_regions and input.Bucket and client.bucket_regions[input.Bucket]
end

-- Has the failure told that the call is to be sent to another region than it was? The client remembers.
function quirks.moved(client, operation, input, region, response, problem)
  local bucket = client.model.metadata.serviceId == "S3" and input.Bucket
  local told = bucket and not bucket:find "^arn:" and s3.region_told(operation, response, problem)
  if not told or told == region then
    return false
  end
  client.bucket_regions = client.bucket_regions or {}
  client.bucket_regions[bucket] = told
  return true
end

-- The endpoint for a call, where a service has its own idea of it.
function quirks.endpoint(model, input, endpoint)
  local id = model.metadata.serviceId
  if id == "Machine Learning" and input.PredictEndpoint then -- each real-time model has a host of its own
    return setmetatable({ url = input.PredictEndpoint:gsub("/+$", "") }, { __index = endpoint })
  elseif id == "Health" and partitions.of(endpoint.signing_region).name == "aws" then
    -- It is one service, which another region stands in for; whatever the host is called, this one's signature is asked for.
    return setmetatable({ signing_region = "us-east-1" }, { __index = endpoint })
  end
  return endpoint
end

-- SHA-256 of each MiB, then of neighbours' hashes, up to one: docs.aws.amazon.com/amazonglacier, "Computing checksums".
local function tree_hash(body)
  local hashes = {}
  for at = 1, math.max(#body, 1), 1 << 20 do
    hashes[#hashes + 1] = crypto.sha256(body:sub(at, at + (1 << 20) - 1))
  end
  while #hashes > 1 do
    local above = {}
    for index = 1, #hashes, 2 do
      above[#above + 1] = hashes[index + 1] and crypto.sha256(hashes[index] .. hashes[index + 1]) or hashes[index]
    end
    hashes = above
  end
  return crypto.hex(hashes[1])
end

-- The type of the member that is the whole body of an input or output, nil if there is none.
local function payload_type(model, shape_name)
  local shape = shape_name and model.shapes[shape_name]
  return shape and shape.payload and models.resolve(model, shape.members[shape.payload]).type
end

local function s3_request(model, operation, request, url)
  s3.request(request, url, payload_type(model, operation.input) == "blob")
end

local REQUEST = {
  S3 = s3_request, ["S3 Control"] = s3_request,
  Glacier = function(model, operation, request)
    local headers = request.headers
    headers["x-amz-glacier-version"] = model.metadata.apiVersion
    if operation.name == "UploadArchive" or operation.name == "UploadMultipartPart" then
      headers["x-amz-content-sha256"] = crypto.hex(crypto.sha256(request.body))
      headers["x-amz-sha256-tree-hash"] = headers["x-amz-sha256-tree-hash"] or tree_hash(request.body)
    end
  end,
  ["API Gateway"] = function(_, _, request)
    request.headers.accept = request.headers.accept or "application/json" -- else it answers in HAL
  end,
  ["CloudSearch Domain"] = function(_, operation, request)
    if operation.name == "Search" then -- a query may be too long for an address
      request.method, request.headers["content-type"] = "POST", "application/x-www-form-urlencoded"
      request.target, request.body = request.target:match "^([^?]*)%??(.*)$"
    end
  end,
}

-- Changes a request to what the service wants of it; url: where it goes, without the path.
function quirks.request(model, operation, request, url)
  if operation.endpointoperation then
    request.headers["x-amz-api-version"] = model.metadata.apiVersion
  end
  local change = REQUEST[model.metadata.serviceId]
  if change then
    change(model, operation, request, url)
  end
  return request
end

-- The path and query to ask for.
function quirks.target(model, operation, target, endpoint)
  return model.metadata.serviceId == "S3" and s3.target(operation, target, endpoint) or target
end

-- The answer as it is meant; `output`, which was read from it, is changed. given: the caller's own parameters.
function quirks.answer(model, operation, response)
  local payload = payload_type(model, operation.output)
  if model.metadata.serviceId == "S3" and operation.output and payload ~= "blob" and payload ~= "string" then
    return s3.answer(response)
  end
  return response
end

function quirks.output(model, operation, output, response, given)
  if model.metadata.serviceId == "S3" then
    s3.output(operation, output, response, given)
  end
  return output
end

-- Is a call of the operation sent without a signature; is its body left out of the signature?
function quirks.signing(operation)
  local schemes = operation.auth or {}
  local open = operation.authtype == "none" or #schemes > 0 and schemes[1] == "smithy.api#noAuth"
  return open, operation.authtype == "v4-unsigned-body" or operation.unsignedPayload == true
end

-- Old ways, and one without AWS's keys, in which a few services want to know who calls (SimpleDB, CodeCatalyst).
local NOT_MADE = { v2 = "Signature Version 2", bearer = "a bearer token" }

-- What a call of the operation would have to be signed with, where drsh does not make it; else nil.
function quirks.not_made(model, operation)
  return not quirks.signing(operation) and NOT_MADE[model.metadata.signatureVersion] or nil
end

return quirks
