-- What S3 needs beyond its model, as AWS's SDKs do it. aws/quirks.lua says when each is called.

local crypto = require "crypto"
local scalar = require "aws.protocol.scalar"
local xml    = require "xml"

local s3 = {}

-- A key of the caller's own goes in base64, with its MD5, unless he has done so.
local function add_key_checksum(parameters, prefix)
  local key, sum = parameters[prefix .. "Key"], prefix .. "KeyMD5"
  if key and parameters[sum] == nil then
    parameters[prefix .. "Key"] = crypto.base64_encode(key)
    parameters[sum] = crypto.base64_encode(crypto.md5(key))
  end
end

-- "bucket/a b?versionId=1" is a part of an address that travels in a header.
local function escaped_source(source)
  local path, version = source:match "^(.-)(%?versionId=[^%s]+)$"
  return scalar.percent(path or source, "/") .. (version or "")
end

-- Lists of keys, which may hold what XML cannot: we ask for them as in an address, and decode what comes.
local LISTS = { ListObjects = true, ListObjectsV2 = true, ListObjectVersions = true }

-- `parameters` is ours to change.
function s3.parameters(operation, parameters)
  add_key_checksum(parameters, "SSECustomer")
  add_key_checksum(parameters, "CopySourceSSECustomer")
  if parameters.CopySource then
    parameters.CopySource = escaped_source(parameters.CopySource)
  end
  if LISTS[operation.name] and parameters.EncodingType == nil then
    parameters.EncodingType = "url"
  end
end

-- A bucket's region is what GetBucketLocation is asked for, so the bucket cannot be part of a host's name in one.
function s3.context(operation, context)
  if operation.name == "GetBucketLocation" and not (context.Bucket or ""):find "^arn:" then
    context.ForcePathStyle = true
  end
end

-- The path without the bucket, which the endpoint's rules put into the host's name, or into the path themselves.
function s3.target(operation, target, endpoint)
  if not endpoint.has_bucket or not operation.http.requestUri:find("/{Bucket}", 1, true) then
    return target
  end
  local rest = target:gsub("^/[^/?]*", "", 1)
  return (rest:find "^/" or endpoint.url:find "^https?://[^/]+/.") and rest or "/" .. rest
end

-- The hash of the body is in a header always. It may be left out of the signature where TLS and a checksum protect it.
function s3.request(request, url, streams)
  local checksum = request.headers["content-md5"]
  for name, value in pairs(request.headers) do
    checksum = checksum or name:find "^x%-amz%-checksum%-[%w]+$" and value
  end
  local open = streams and checksum and url:find "^https:"
  request.headers["x-amz-content-sha256"] = open and "UNSIGNED-PAYLOAD" or crypto.hex(crypto.sha256(request.body))
end

-- S3 may find out that it fails after it has said 200: what follows is an error then, or the beginning of an answer.
function s3.answer(response)
  if response.status ~= 200 or response.body == "" then
    return response
  end
  local parsed, root = pcall(xml.parse, response.body)
  if parsed and root.name ~= "Error" then
    return response
  end
  return { status = 500, headers = response.headers, body = response.body }
end

-- Failures that mean "not in this region". HeadObject and HeadBucket have no body that could say so.
local ELSEWHERE = { PermanentRedirect = true, AuthorizationHeaderMalformed = true, IllegalLocationConstraintException = true }

-- The region that a bucket is in, told by a failure of a call that looked for it elsewhere; nil: it is about something else.
function s3.region_told(operation, response, problem)
  local moved = response.status == 301 or response.status == 302 or response.status == 307
    or response.status == 400 and operation.http.method == "HEAD"
  if response.status < 300 or not moved and not ELSEWHERE[problem.code] or operation.name == "CreateBucket" then
    return nil
  end
  return response.headers["x-amz-bucket-region"] or response.body:match "<Region>([%w-]+)</Region>"
end

local function unescaped(text)
  return text and (text:gsub("+", " "):gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- Members of a list's answer, and of the entries in it, that are escaped.
local TOP = { "Delimiter", "Marker", "NextMarker", "Prefix", "StartAfter", "KeyMarker", "NextKeyMarker" }
local NESTED = { Contents = "Key", Versions = "Key", DeleteMarkers = "Key", CommonPrefixes = "Prefix" }

local function unescape_list(output)
  for _, name in ipairs(TOP) do
    output[name] = unescaped(output[name])
  end
  for list, name in pairs(NESTED) do
    for _, entry in ipairs(output[list] or {}) do
      entry[name] = unescaped(entry[name])
    end
  end
end

-- `given`: the caller's own parameters.
function s3.output(operation, output, response, given)
  if operation.name == "GetBucketLocation" then -- the model has an element where there is only its text
    local region = xml.parse(response.body).text
    output.LocationConstraint = region ~= "" and region or nil
  elseif LISTS[operation.name] and given.EncodingType == nil and output.EncodingType == "url" then
    unescape_list(output)
  end
end

return s3
