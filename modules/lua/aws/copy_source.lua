-- Copies from another region (of RDS's snapshots and replicas, of encrypted EBS snapshots) hold a second request, signed for
-- the region that is copied from, with which the service there is asked. SDKs make it where the caller names the region only.

local endpoints = require "aws.endpoints"
local sigv4     = require "sigv4"
local time      = require "time"

local VALID_FOR = 3600 -- seconds

-- The parameter for the request. RDS's models do not know SourceRegion, which is for SDKs: it is not sent. EC2 is told both.
local function parameter_of(model, operation)
  local members = operation.input and model.shapes[operation.input].members or {}
  return members.PreSignedUrl and "PreSignedUrl" or members.PresignedUrl and "PresignedUrl", members.PresignedUrl ~= nil
end

-- The parameters with that request in them, in a copy; they themselves where it is no copy from another region.
return function(client, operation, input, endpoint)
  local name, sends_regions = parameter_of(client.model, operation)
  local source, found = input.SourceRegion, client:prepare()
  if not name or not source then
    return input
  end
  local copy = table.move(input, 1, 0, 1, {})
  for parameter, value in pairs(input) do
    copy[parameter] = value
  end
  copy.SourceRegion = sends_regions and source or nil
  if copy[name] then
    return copy
  end
  copy.DestinationRegion = sends_regions and found.region or nil
  local request = client.protocol.request(client.model, operation, copy, client)
  local destination = sends_regions and "" or "&DestinationRegion=" .. found.region
  copy[name] = sigv4.presign {
    method = "GET", url = endpoints.resolve(client.model, source, client.options, found.profile).url .. "/?" .. request.body
      .. destination, service = endpoint.signing_name, region = source, credentials = client:credentials(),
    expires = VALID_FOR, time = math.floor(time.wall()),
  }
  return copy
end
