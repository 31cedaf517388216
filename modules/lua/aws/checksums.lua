-- Checksums of bodies, of requests and of answers, where a model asks for them (the traits httpChecksum and
-- httpChecksumRequired): https://docs.aws.amazon.com/sdkref/latest/guide/feature-dataintegrity.html

local crypto = require "crypto"

local checksums = {}

-- As AWS writes them: the bytes, the highest first, in base64. An answer is checked by the first of these that it has.
local ALGORITHMS = {
  { name = "CRC64NVME", sum = function(body) return (">i8"):pack(crypto.crc64nvme(body)) end },
  { name = "CRC32C", sum = function(body) return (">I4"):pack(crypto.crc32c(body)) end },
  { name = "CRC32", sum = function(body) return (">I4"):pack(crypto.crc32(body)) end },
  { name = "SHA1", sum = crypto.sha1 },
  { name = "SHA256", sum = crypto.sha256 },
  { name = "SHA512", sum = crypto.sha512 },
}
local DEFAULT = "CRC32"

local by_name, names = {}, {}
for index, algorithm in ipairs(ALGORITHMS) do
  algorithm.header = "x-amz-checksum-" .. algorithm.name:lower()
  by_name[algorithm.name], names[index] = algorithm, algorithm.name
end

-- The header that says how the caller wants the body to be checked.
local ALGORITHM_HEADER = "x-amz-sdk-checksum-algorithm"

-- A checksum that the caller gives, of whatever algorithm; not x-amz-checksum-algorithm and its like, which are no checksums.
local NO_CHECKSUM = { algorithm = true, mode = true, type = true }

local function given(headers)
  for name in pairs(headers) do
    local algorithm = name:match "^x%-amz%-checksum%-(%w+)$"
    if algorithm and not NO_CHECKSUM[algorithm] then
      return true
    end
  end
  return false
end

-- Puts a checksum into the request's headers. `everywhere`: also where the operation can do without one (the setting
-- request_checksum_calculation).
function checksums.add(operation, request, everywhere)
  local headers, trait = request.headers, operation.httpChecksum or {}
  local wanted = headers[ALGORITHM_HEADER] ~= nil or trait.requestChecksumRequired or operation.httpChecksumRequired
    or trait.requestAlgorithmMember ~= nil and everywhere
  if not wanted or given(headers) then
    return
  end
  local name = headers[ALGORITHM_HEADER] or DEFAULT
  local algorithm = by_name[name]
  if not algorithm then
    error(("%s: drsh makes no checksum %s; give %s, or your own in %s"):format(
      operation.name, name, table.concat(names, ", "), "Checksum" .. name), 0)
  end
  headers[ALGORITHM_HEADER] = trait.requestAlgorithmMember and name or nil
  headers[algorithm.header] = crypto.base64_encode(algorithm.sum(request.body))
end

-- Asks for the checksum of what will come, where the operation has a say in it and the caller has not.
function checksums.ask(operation, parameters)
  local member = operation.httpChecksum and operation.httpChecksum.requestValidationModeMember
  if not member or parameters[member] ~= nil then
    return parameters
  end
  local asking = table.move(parameters, 1, 0, 1, {})
  for name, value in pairs(parameters) do
    asking[name] = value
  end
  asking[member] = "ENABLED"
  return asking
end

-- Does the answer's body differ from its checksum? One of an object in parts, "xxx-3", is no checksum of the whole.
function checksums.differs(operation, response)
  for _, algorithm in ipairs(operation.httpChecksum and operation.httpChecksum.responseAlgorithms and ALGORITHMS or {}) do
    local expected = response.headers[algorithm.header]
    if expected and not expected:find("-", 1, true) then
      return crypto.base64_encode(algorithm.sum(response.body)) ~= expected
    end
  end
  return false
end

return checksums
