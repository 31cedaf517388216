-- Where a service is called. What is configured wins, in the SDKs' order: in code, AWS_ENDPOINT_URL_<SERVICE>,
-- AWS_ENDPOINT_URL, the profile's `services` section, the profile's endpoint_url; without any of them AWS's own host for the
-- region.

local config   = require "config"
local endpoint = require "endpoint"

local endpoints = {}

local function given(text)
  return text ~= nil and text ~= "" and text or nil
end

-- "https://host/" -> "https://host"; anything that is no URL is refused by the name of its source.
local function checked(url, source)
  if not url:find("^https?://[^/%s]+") then
    error(("%s: '%s' is no http(s) URL"):format(source, url), 0)
  end
  return (url:gsub("/+$", ""))
end

local function configured(service, options, profile)
  if options.endpoint then
    return checked(options.endpoint, "endpoint")
  end
  local ignored = given(config.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) or profile.ignore_configured_endpoint_urls
  if ignored and ignored:lower() == "true" then
    return nil
  end
  for _, name in ipairs { "AWS_ENDPOINT_URL_" .. service:upper(), "AWS_ENDPOINT_URL" } do
    local url = given(config.get(name))
    if url then
      return checked(url, name)
    end
  end
  local section = profile.services and profile:services_section(profile.services)
  local url = section and section[service] and section[service].endpoint_url
  if url then
    return checked(url, "endpoint_url of the services section " .. profile.services)
  end
  return profile.endpoint_url and checked(profile.endpoint_url, "endpoint_url of the profile " .. profile.name)
end

local function flag(name, profile_value)
  local value = given(config.get(name)) or profile_value
  return value ~= nil and value:lower() == "true"
end

-- -> {url=, signing_name=, signing_region=, overridden=boolean}. The url has no slash at its end.
-- account_id: whose keys are used, nil if that is not known or not wanted; DynamoDB has a host for each account.
function endpoints.resolve(model, region, options, profile, account_id)
  local metadata = model.metadata
  local signing_name = metadata.signingName or metadata.endpointPrefix
  local url = configured(model.service, options, profile)
  if url then
    return { url = url, signing_name = signing_name, signing_region = region, overridden = true }
  end
  url = endpoint.url {
    service = metadata.endpointPrefix, region = region, account_id = account_id,
    fips = flag("AWS_USE_FIPS_ENDPOINT", profile.use_fips_endpoint),
    dual_stack = flag("AWS_USE_DUALSTACK_ENDPOINT", profile.use_dualstack_endpoint),
  }
  return { url = url, signing_name = signing_name, signing_region = region, overridden = false }
end

-- "aws", "aws-cn", "aws-us-gov": the second part of every ARN.
function endpoints.partition(region)
  return endpoint.partition(region)
end

return endpoints
