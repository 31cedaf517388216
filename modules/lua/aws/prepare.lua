-- What one AWS call sends, and where, but for its signature: the same for all of its tries.

local checksums          = require "aws.checksums"
local compression        = require "aws.compression"
local copy_source        = require "aws.copy_source"
local endpoint_discovery = require "aws.endpoint_discovery"
local failure            = require "aws.failure"
local quirks             = require "aws.quirks"

local function host_prefix(operation, endpoint, input)
  local prefix = operation.endpoint and operation.endpoint.hostPrefix
  if not prefix or endpoint.overridden or (operation.staticContextParams or {}).RequiresAccountId then
    return endpoint.url -- the last: S3 Control's endpoint rules know what the account has to do with its hosts
  end
  prefix = prefix:gsub("{(%w+)}", input)
  if endpoint.url:find("://" .. prefix, 1, true) then
    return endpoint.url -- the endpoint's rules have put it there already
  end
  return (endpoint.url:gsub("://", function() return "://" .. prefix end, 1))
end

local function refuse(client, operation, wanted)
  error(failure.new {
    code = "ENDPOINT_SIGNATURE", message = ("%s wants %s, which drsh does not make"):format(client.service, wanted),
    service = client.service, operation = operation.name, retryable = false,
  }, 0)
end

-- Gives the call, of whom the client, the operation and the caller's own parameters (input) are known, its request {method,
-- target, headers, body}, its endpoint, and asks_checksum: is the answer's checksum to be looked at?
return function(call, settings)
  local client, operation = call.client, call.operation
  local model = client.model
  local wanted = quirks.not_made(model, operation)
  if wanted then
    refuse(client, operation, wanted)
  end
  local input = quirks.parameters(model, operation, call.input)
  if settings.response_checksums then
    input = checksums.ask(operation, input)
  end
  local trait = operation.httpChecksum
  call.asks_checksum = trait and trait.requestValidationModeMember and input[trait.requestValidationModeMember] ~= nil
  local endpoint = quirks.endpoint(model, input, client:endpoint(operation, input))
  local url = not endpoint.overridden and endpoint_discovery.url(client, operation) or host_prefix(operation, endpoint, input)
  input = copy_source(client, operation, input, endpoint)
  call.endpoint = setmetatable({ url = url }, { __index = endpoint })
  call.request = client.protocol.request(model, operation, input, client)
  call.request.headers["content-length"] = nil -- a parameter of some operations; it is counted where it is sent
  compression(operation, call.request, settings.compress_from)
  checksums.add(operation, call.request, settings.request_checksums)
  quirks.request(model, operation, call.request, url)
end
