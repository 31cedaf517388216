-- What single services need beyond what their models say, as AWS's SDKs do it.

local crypto = require "crypto"

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

-- CRC-32 as AWS writes it: four bytes, the highest first.
local function crc32_text(body)
  return crypto.base64_encode((">I4"):pack(crypto.crc32(body)))
end

-- Puts headers that single services want onto a request: S3 the hash of the body, some operations a checksum of it.
function quirks.request(model, operation, request)
  local headers, checksum = request.headers, operation.httpChecksum
  if model.metadata.serviceId == "API Gateway" then
    headers.accept = headers.accept or "application/json" -- else it answers in HAL
  elseif model.metadata.endpointPrefix == "s3" then
    headers["x-amz-content-sha256"] = crypto.hex(crypto.sha256(request.body))
  end
  if checksum and checksum.requestChecksumRequired then
    for name in pairs(headers) do
      if name:find "^x%-amz%-checksum%-" or name == "content-md5" then
        return request
      end
    end
    headers["x-amz-checksum-crc32"] = crc32_text(request.body)
    if checksum.requestAlgorithmMember then
      headers["x-amz-sdk-checksum-algorithm"] = "CRC32"
    end
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

return quirks
