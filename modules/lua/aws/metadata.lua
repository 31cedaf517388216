-- The instance metadata service of EC2, version 2: a token first, which goes with every question.

local answer  = require "aws.credentials.answer"
local config  = require "config"
local problem = require "aws.credentials.problem"
local refresh = require "aws.refresh"

local metadata = { WHO = "the instance metadata service" }

local TOKEN_LIFE = 21600 -- seconds
local HOSTS = { ipv4 = "http://169.254.169.254", ipv6 = "http://[fd00:ec2::254]" }

local function is_true(text)
  return text ~= nil and text:lower() == "true"
end

-- found: the profile. -> {endpoint=, timeout= seconds, tries=, v2_only=}; nil, why not when the service is switched off.
function metadata.settings(found)
  if is_true(config.get "AWS_EC2_METADATA_DISABLED") then
    return nil, "AWS_EC2_METADATA_DISABLED is true"
  end
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

local function ask(wanted, method, path, headers, quiet)
  return answer.ask(metadata.WHO, {
    method = method, url = wanted.endpoint .. path, headers = headers, timeout = wanted.timeout,
    connect_timeout = wanted.timeout, body = method == "PUT" and "" or nil,
  }, { tries = wanted.tries, quiet = quiet })
end

-- What a service without version 2 says to a PUT; an answer that is lost on its way means a network hop too many.
local OLD = { [403] = true, [404] = true, [405] = true }

-- The headers with version 2's token; none where the service has only version 1 and that is allowed.
function metadata.session(wanted)
  local response, why = ask(wanted, "PUT", "/latest/api/token", { ["x-aws-ec2-metadata-token-ttl-seconds"] = TOKEN_LIFE }, true)
  if response and response.status == 200 then
    return { ["x-aws-ec2-metadata-token"] = response.body }
  end
  local old = response and OLD[response.status] or why and why.code == "HTTP_TIMEOUT"
  if not old or wanted.v2_only then
    problem("CREDENTIALS_IMDS", "%s gives no token: %s", metadata.WHO, response and "status " .. response.status or why.message)
  end
  return {}
end

-- The text at the path. what: for messages; missing: what a 404 means.
function metadata.get(wanted, headers, path, what, missing)
  local response = ask(wanted, "GET", path, headers)
  if response.status ~= 200 then
    problem("CREDENTIALS_IMDS", "%s does not give %s: status %d%s", metadata.WHO, what, response.status,
      response.status == 404 and missing and ", " .. missing or "")
  end
  return response.body
end

-- By endpoint: {name=} for good, for an instance does not move, or {why=, at=}, so that not every call waits for nobody.
local regions = {}
local PAUSE = 60 -- seconds

local function ask_region(wanted)
  local asked, text = pcall(refresh.once, "region\n" .. wanted.endpoint, function()
    return metadata.get(wanted, metadata.session(wanted), "/latest/meta-data/placement/region", "a region")
  end)
  if not asked and type(text) ~= "table" then
    error(text, 0)
  end
  local name = asked and text:match "^%s*(%l[%l%d-]*)%s*$"
  return { name = name, why = not asked and text.message or metadata.WHO .. " gives no name of a region", at = refresh.now() }
end

-- The region that the instance is in; nil and why not. It may wait.
function metadata.region(found)
  local wanted, off = metadata.settings(found)
  if not wanted then
    return nil, off
  end
  local known = regions[wanted.endpoint]
  if not known or not known.name and refresh.now() - known.at >= PAUSE then
    known = ask_region(wanted)
    regions[wanted.endpoint] = known
  end
  return known.name or nil, known.why
end

return metadata
