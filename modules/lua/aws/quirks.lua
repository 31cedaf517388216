-- What single services need beyond what their models say, as AWS's SDKs do it.

local crypto = require "crypto"
local models = require "models"

local quirks = {}

-- Route 53 gives ids as "/hostedzone/Z123" and takes them as "Z123".
local ROUTE53_IDS = { ResourceId = true, DelegationSetId = true, ChangeId = true }

-- The parameters as they are sent; a copy where one is changed.
function quirks.parameters(model, operation, parameters)
  if model.metadata.endpointPrefix ~= "route53" or not operation.input then
    return parameters
  end
  local plain = {}
  for name, value in pairs(parameters) do
    local shape = model.shapes[operation.input].members[name].shape
    plain[name] = ROUTE53_IDS[shape] and value:match "([^/]*)$" or value
  end
  return plain
end

-- The checksums of bodies that we can make, as AWS writes them.
local CHECKSUMS = {
  CRC32 = function(body) return crypto.base64_encode((">I4"):pack(crypto.crc32(body))) end,
  SHA256 = function(body) return crypto.base64_encode(crypto.sha256(body)) end,
}

-- The header that says how the caller wants the body to be checked; CRC32 where he does not say.
local ALGORITHM = "x-amz-sdk-checksum-algorithm"

local function add_checksum(operation, request)
  local headers = request.headers
  for name in pairs(headers) do
    if name:find "^x%-amz%-checksum%-" or name == "content-md5" then
      return -- the caller has done it
    end
  end
  local algorithm = headers[ALGORITHM] or "CRC32"
  if not CHECKSUMS[algorithm] then
    error(("%s: drsh makes no checksum %s; give CRC32, SHA256, or your own in %s"):format(
      operation.name, algorithm, "Checksum" .. algorithm), 0)
  end
  headers[ALGORITHM] = operation.httpChecksum.requestAlgorithmMember and algorithm or nil
  headers["x-amz-checksum-" .. algorithm:lower()] = CHECKSUMS[algorithm](request.body)
end

-- Puts headers that single services want onto a request: S3 the hash of the body, some operations a checksum of it.
function quirks.request(model, operation, request)
  local headers, checksum = request.headers, operation.httpChecksum
  if model.metadata.serviceId == "API Gateway" then
    headers.accept = headers.accept or "application/json" -- else it answers in HAL
  elseif model.metadata.endpointPrefix == "s3" then
    headers["x-amz-content-sha256"] = crypto.hex(crypto.sha256(request.body))
  end
  if checksum and (checksum.requestChecksumRequired or headers[ALGORITHM]) then
    add_checksum(operation, request)
  elseif operation.httpChecksumRequired and not headers["content-md5"] then
    headers["content-md5"] = crypto.base64_encode(crypto.md5(request.body))
  end
  return request
end

-- The path and query to ask for. S3's endpoint rules put the bucket into the host's name or the path, so it leaves the target.
function quirks.target(operation, target, endpoint)
  if not endpoint.has_bucket or not operation.http.requestUri:find("/{Bucket}", 1, true) then
    return target
  end
  local rest = target:gsub("^/[^/?]*", "", 1)
  return (rest:find "^/" or endpoint.url:find "^https?://[^/]+/.") and rest or "/" .. rest
end

-- Is a call of the operation sent without a signature; is its body left out of the signature?
function quirks.signing(operation)
  local schemes = operation.auth or {}
  local open = operation.authtype == "none" or #schemes > 0 and schemes[1] == "smithy.api#noAuth"
  return open, operation.authtype == "v4-unsigned-body" or operation.unsignedPayload == true
end

local function streams(model, shape_name)
  for _, reference in pairs(shape_name and model.shapes[shape_name].members or {}) do
    if model.shapes[reference.shape].eventstream then
      return true
    end
  end
  return false
end

-- Raises a plain string for what drsh cannot do: answers and inputs that are streams of events.
function quirks.refuse_streams(model, operation, level)
  if streams(model, operation.input) or streams(model, operation.output) then
    error(("%s:%s is a stream of events, which drsh does not speak"):format(
      model.service, models.snake_case(operation.name)), level + 1)
  end
end

return quirks
