-- The instance metadata service of EC2, version 2: a token, the role's name, its keys. Expired keys are used on while the
-- service gives no newer ones (static stability): AWS takes them, and a fault of the service must not stop us.

local answer  = require "aws.credentials.answer"
local config  = require "config"
local log     = require "log"
local problem = require "aws.credentials.problem"
local refresh = require "aws.refresh"
local time    = require "time"

local imds = { name = "instance metadata" }

local TOKEN_LIFE = 21600 -- seconds
local ROLES = "/latest/meta-data/iam/security-credentials/"
local HOSTS = { ipv4 = "http://169.254.169.254", ipv6 = "http://[fd00:ec2::254]" }
-- Seconds before their end from which keys count as not renewed, and the most that is put on top by chance, so that not all
-- machines ask at once.
local WINDOW, JITTER_LEAST, JITTER_MOST = 10 * 60, 2 * 60, 10 * 60

local NAMES = { id = "AccessKeyId", secret = "SecretAccessKey", token = "Token", expires = "Expiration", account = "AccountId" }

local function is_true(text)
  return text ~= nil and text:lower() == "true"
end

-- {endpoint=, timeout= seconds, tries=, v2_only=}
local function settings(chain)
  local found = chain:profile()
  local function setting(variable, key)
    return config.get(variable) or found[key]
  end
  local mode = (setting("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode") or "IPv4"):lower()
  if not HOSTS[mode] then
    problem("CREDENTIALS_IMDS", "the endpoint mode of the instance metadata is IPv4 or IPv6, not %s", mode)
  end
  local endpoint = setting("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint") or HOSTS[mode]
  if not endpoint:find "^https?://[^/%s]+" then
    problem("CREDENTIALS_IMDS", "the endpoint of the instance metadata is no URL: %s", endpoint)
  end
  return {
    endpoint = endpoint:gsub("/+$", ""),
    timeout = tonumber(setting("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout")) or 1,
    tries = math.tointeger(tonumber(setting("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts"))) or 1,
    v2_only = is_true(setting("AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled")),
  }
end

local WHO = "the instance metadata service"

local function ask(wanted, method, path, headers, quiet)
  return answer.ask(WHO, {
    method = method, url = wanted.endpoint .. path, headers = headers, timeout = wanted.timeout,
    connect_timeout = wanted.timeout, body = method == "PUT" and "" or nil,
  }, { tries = wanted.tries, quiet = quiet })
end

-- What a service without version 2 says to a PUT; an answer that is lost on its way means a network hop too many.
local OLD = { [403] = true, [404] = true, [405] = true }

-- The headers with version 2's token; none where the service has only version 1 and that is allowed.
local function session(wanted)
  local response, why = ask(wanted, "PUT", "/latest/api/token", { ["x-aws-ec2-metadata-token-ttl-seconds"] = TOKEN_LIFE }, true)
  if response and response.status == 200 then
    return { ["x-aws-ec2-metadata-token"] = response.body }
  end
  local old = response and OLD[response.status] or why and why.code == "HTTP_TIMEOUT"
  if not old or wanted.v2_only then
    problem("CREDENTIALS_IMDS", "%s gives no token: %s", WHO, response and "status " .. response.status or why.message)
  end
  return {}
end

local function get(wanted, headers, path, what)
  local response = ask(wanted, "GET", path, headers)
  if response.status ~= 200 then
    problem("CREDENTIALS_IMDS", "%s does not give %s: status %d%s", WHO, what, response.status,
      response.status == 404 and ", as where the instance has no role" or "")
  end
  return response.body
end

-- The keys' object, with an end that has been put off if the service is late with newer ones.
local function put_off(value)
  local expires = type(value.Expiration) == "string" and time.parse(value.Expiration)
  local ahead = WINDOW + math.random(JITTER_LEAST, JITTER_MOST)
  if expires and refresh.now() >= expires - ahead then
    log.warn("the instance metadata service has no newer credentials; the old ones are used on", {
      expiration = value.Expiration,
    })
    value.Expiration = time.iso8601(refresh.now() + ahead)
  end
  return value
end

local function fetch(wanted)
  local headers = session(wanted)
  local role = get(wanted, headers, ROLES, "a role"):match "^%s*([^\r\n]+)"
  if not role then
    problem("CREDENTIALS_IMDS", "the instance has no role")
  end
  local value = answer.decode(WHO, get(wanted, headers, ROLES .. role, "keys"))
  if value.Code ~= nil and value.Code ~= "Success" then
    problem("CREDENTIALS_IMDS", "%s gives no keys for the role %s: %s", WHO, role, tostring(value.Code))
  end
  return answer.keys(WHO, put_off(value), NAMES, "instance role " .. role)
end

function imds.find(chain)
  if is_true(config.get "AWS_EC2_METADATA_DISABLED") then
    return nil, "AWS_EC2_METADATA_DISABLED is true"
  end
  local wanted = settings(chain)
  local source = refresh.shared("instance metadata\n" .. wanted.endpoint, "instance metadata", function()
    return fetch(wanted)
  end, { lasting = true })
  local found, why = pcall(source.get, source) -- the last one of the list must know
  if found then
    return source
  elseif type(why) ~= "table" then
    error(why, 0)
  end
  return nil, why.message
end

return imds
