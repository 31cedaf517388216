-- Services that tell themselves where they are to be called, an address for each account: Timestream. Their models say which
-- operations need to know and which one to ask.

local failure = require "aws.failure"
local time    = require "time"

local endpoint_discovery = {}

local function asked(model)
  for _, operation in pairs(model.operations) do
    if operation.endpointoperation then
      return operation
    end
  end
end

local function discover(client)
  local output = client:call(asked(client.model), {}, {}, 3)
  local found = (output.Endpoints or {})[1]
  if not found or not found.Address then
    error(failure.new {
      code = "ENDPOINT_UNKNOWN", message = "the service does not say where it is to be called", service = client.service,
      operation = "endpoint", retryable = true,
    }, 0)
  end
  local url = found.Address:find "^https?://" and found.Address or "https://" .. found.Address
  client.discovered = { url = url, good_until = time.monotonic() + 60 * (tonumber(found.CachePeriodInMinutes) or 0) }
end

-- The url that the operation is to be called at; nil: the usual one will do. An old one serves while there is no other.
function endpoint_discovery.url(client, operation)
  if not (operation.endpointdiscovery or {}).required then
    return nil
  end
  local known = client.discovered
  if not known or time.monotonic() >= known.good_until then
    local found, problem = pcall(discover, client)
    if not found and not known then
      error(problem, 0)
    end
  end
  return client.discovered.url
end

-- To be told of failures: an address that has moved is asked for at the next call.
function endpoint_discovery.failed(client, problem)
  if problem.code == "InvalidEndpointException" or problem.status == 421 then
    client.discovered = nil
  end
end

return endpoint_discovery
