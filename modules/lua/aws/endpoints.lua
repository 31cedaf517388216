-- Where a service is called, and for which service and region the call is signed. What is configured wins, in the SDKs' order:
-- in code, AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, the profile's `services` section, the profile's endpoint_url; without
-- any of them AWS's own rules decide (aws/endpoint_rules.lua).

local config           = require "config"
local embedded         = require "embedded"
local endpoint_context = require "aws.endpoint_context"
local endpoint_rules   = require "aws.endpoint_rules"
local failure          = require "aws.failure"
local json             = require "json"
local partitions       = require "aws.partitions"

local endpoints = {}

local function given(text)
  return text ~= nil and text ~= "" and text or nil
end

local function fail(model, code, message, ...)
  error(failure.new {
    code = code, message = message:format(...), service = model.service, operation = "endpoint", retryable = false,
  }, 0)
end

-- "https://host/" -> "https://host" and its source; anything that is no URL is refused by the name of its source.
local function checked(url, source)
  if not url:find("^https?://[^/%s]+") then
    error(("%s: '%s' is no http(s) URL"):format(source, url), 0)
  end
  return (url:gsub("/+$", "")), source
end

-- "Route 53" -> "route_53": what a section and a variable call a service, by its own name (sdkref: the service id). Ours, as
-- in aws.client, are taken too.
local function names_of(model)
  local names = { model.service }
  local id = (model.metadata.serviceId or ""):lower():gsub("[ -]", "_")
  if id ~= "" and id ~= model.service then
    names[2] = id
  end
  return names
end

-- The address that somebody configured for a service and who did, nil when nobody did.
function endpoints.configured(model, options, profile)
  if options.endpoint then
    return checked(options.endpoint, "endpoint")
  end
  local ignored = given(config.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) or profile.ignore_configured_endpoint_urls
  if ignored and ignored:lower() == "true" then
    return nil
  end
  local names = names_of(model)
  for _, name in ipairs(names) do
    local variable = "AWS_ENDPOINT_URL_" .. name:upper():gsub("-", "_")
    local url = given(config.get(variable))
    if url then
      return checked(url, variable)
    end
  end
  local everywhere = given(config.get("AWS_ENDPOINT_URL"))
  if everywhere then
    return checked(everywhere, "AWS_ENDPOINT_URL")
  end
  local section = profile.services and profile:services_section(profile.services)
  for _, name in ipairs(section and names or {}) do
    local url = section[name] and section[name].endpoint_url
    if url then
      return checked(url, "endpoint_url of the services section " .. profile.services)
    end
  end
  if profile.endpoint_url then
    return checked(profile.endpoint_url, "endpoint_url of the profile " .. profile.name)
  end
end

local function flag(name, profile_value)
  local value = given(config.get(name)) or profile_value
  return value ~= nil and value:lower() == "true"
end

-- Rules of a service ----------------------------------------------------------------------------------------------------------

local known = setmetatable({}, { __mode = "k" })

-- {parameters=, rules=, contexts=} of a model: those of DRSH_MODEL_PATH, or ours; false if there are none.
local function rules_of(model)
  local rules = known[model]
  if rules == nil then
    local text = not model.endpointRules and embedded.read("modules/aws/endpoints/" .. model.service .. ".json")
    rules = text and json.decode(text) or model.endpointRules or false
    if rules then
      rules.contexts = rules.contexts or text and {} or endpoint_context.of_model(model)
    end
    known[model] = rules
  end
  return rules
end

-- The rules' parameters that a call's own parameters decide; nil if there are none.
function endpoints.context(model, operation, input)
  local rules = rules_of(model)
  local wanted = rules and rules.contexts[operation.name]
  if not wanted then
    return nil
  end
  return endpoint_context.values(wanted, input)
end

-- Do the service's hosts depend on whose keys are used?
function endpoints.wants_account(model)
  local rules = rules_of(model)
  for _, parameter in pairs(rules and rules.parameters or {}) do
    if parameter.builtIn == "AWS::Auth::AccountId" then
      return true
    end
  end
  return false
end

local function mode_of(name, variable, profile_value, allowed)
  local mode = (given(config.get(variable)) or profile_value or allowed[1]):lower()
  for _, one in ipairs(allowed) do
    if one == mode then
      return mode
    end
  end
  error(("%s is '%s'; it can be %s"):format(name, mode, table.concat(allowed, ", ")), 0)
end

-- How DynamoDB is called when the account is known: "preferred" (at the account's own host), "disabled", "required".
function endpoints.account_mode(profile)
  return mode_of("AWS_ACCOUNT_ID_ENDPOINT_MODE (account_id_endpoint_mode)", "AWS_ACCOUNT_ID_ENDPOINT_MODE",
    profile.account_id_endpoint_mode, { "preferred", "disabled", "required" })
end

local function sts_is_global(profile)
  return mode_of("AWS_STS_REGIONAL_ENDPOINTS (sts_regional_endpoints)", "AWS_STS_REGIONAL_ENDPOINTS",
    profile.sts_regional_endpoints, { "regional", "legacy" }) == "legacy"
end

-- Resolving -------------------------------------------------------------------------------------------------------------------

-- A region's name becomes part of a host's: nothing else may come in by it. "fips-us-east-1" is an old way to ask for FIPS.
local function region_and_fips(model, region)
  local label = #region <= 63 and region:find "^[a-z0-9][a-z0-9-]*[a-z0-9]$"
  if not label then
    fail(model, "ENDPOINT_REGION", "'%s' is not the name of a region", region:sub(1, 64))
  end
  local plain = region:match "^fips%-(.+)$" or region:match "^(.+)%-fips$"
  return plain or region, plain ~= nil
end

local function parameters_for(rules, values, context)
  local parameters = {}
  for name, parameter in pairs(rules.parameters) do
    if parameter.builtIn then
      parameters[name] = values[parameter.builtIn]
    end
  end
  for name, value in pairs(context or {}) do
    parameters[name] = value
  end
  return parameters
end

-- For models that come without rules: what most services do.
local function usual(model, region, fips, dual_stack)
  local partition = partitions.of(region)
  local suffix = dual_stack and partition.dualStackDnsSuffix or partition.dnsSuffix
  return {
    url = ("https://%s%s.%s.%s"):format(model.metadata.endpointPrefix, fips and "-fips" or "", region, suffix),
    properties = {}, headers = {},
  }
end

local SIGNATURES = { sigv4 = true, sigv4a = true }

-- The kinds of signatures that an endpoint takes, those that the configuration prefers first.
local function preferred(schemes, profile)
  local wanted = given(config.get "AWS_AUTH_SCHEME_PREFERENCE") or profile.auth_scheme_preference or ""
  local sorted, taken = {}, {}
  for name in wanted:gmatch "[^%s,]+" do
    for _, scheme in ipairs(schemes) do
      if scheme.name == name and not taken[scheme] then
        sorted[#sorted + 1], taken[scheme] = scheme, true
      end
    end
  end
  for _, scheme in ipairs(schemes) do
    sorted[#sorted + 1] = not taken[scheme] and scheme or nil
  end
  return sorted
end

-- Whom the signature is for, as the endpoint's rules say it, else the service itself and the client's region: of several kinds
-- the first that we can make.
local function scheme_of(model, properties, profile)
  local other
  for _, scheme in ipairs(preferred(properties.authSchemes or {}, profile)) do
    if SIGNATURES[scheme.name] then
      return scheme
    end
    other = other or scheme.name
  end
  if other and other ~= "none" then
    fail(model, "ENDPOINT_SIGNATURE", "this endpoint wants signatures of the kind %s, which drsh cannot make", other)
  end
  return {}
end

-- The regions that a SigV4a signature is good for, "*" for all; nil for SigV4.
local function region_set_of(scheme, profile)
  return scheme.name == "sigv4a" and (given(config.get "AWS_SIGV4A_SIGNING_REGION_SET") or profile.sigv4a_signing_region_set
    or table.concat(scheme.signingRegionSet or { "*" }, ",")) or nil
end

-- AWS's own endpoint.
local function resolved(model, region, flags, identity, context)
  local rules = rules_of(model)
  if not rules then
    return usual(model, region, flags.fips, flags.dual_stack)
  end
  return endpoint_rules.evaluate(rules, parameters_for(rules, {
    ["AWS::Region"] = region, ["AWS::UseFIPS"] = flags.fips, ["AWS::UseDualStack"] = flags.dual_stack,
    ["AWS::Auth::AccountId"] = identity.account_id, ["AWS::Auth::AccountIdEndpointMode"] = identity.account_mode,
    ["AWS::STS::UseGlobalEndpoint"] = flags.sts_global,
  }, context))
end

-- -> {url=, signing_name=, signing_region=, region_set= of a SigV4a signature or nil, single_encoding=boolean,
-- headers={name -> value}, overridden=boolean, has_bucket=boolean: the url names the call's S3 bucket}. The url has no slash at
-- its end. identity: {account_id=, account_mode=}, what is known and wanted of whose keys are used; context: as
-- endpoints.context gives it. Raises ENDPOINT_REGION, ENDPOINT_UNSUPPORTED, ENDPOINT_SIGNATURE.
function endpoints.resolve(model, region, options, profile, identity, context)
  local metadata = model.metadata
  local url = endpoints.configured(model, options, profile)
  local plain, fips = region_and_fips(model, region)
  local endpoint, refusal = resolved(model, plain, {
    fips = fips or flag("AWS_USE_FIPS_ENDPOINT", profile.use_fips_endpoint),
    dual_stack = flag("AWS_USE_DUALSTACK_ENDPOINT", profile.use_dualstack_endpoint),
    sts_global = model.service == "sts" and sts_is_global(profile),
  }, identity or {}, context)
  if not endpoint and not url then
    fail(model, "ENDPOINT_UNSUPPORTED", "%s in %s: %s", model.service, plain, refusal)
  end
  -- A global service's calls are signed for the one region that it is in, at whichever address.
  local scheme = endpoint and scheme_of(model, endpoint.properties, profile) or {}
  local headers = {}
  for name, values in pairs(not url and endpoint.headers or {}) do
    headers[name:lower()] = table.concat(values, ", ")
  end
  return {
    url = url or (endpoint.url:gsub("/+$", "")), overridden = url ~= nil, headers = headers,
    signing_name = scheme.signingName or metadata.signingName or metadata.endpointPrefix,
    signing_region = scheme.signingRegion or plain, region_set = region_set_of(scheme, profile),
    single_encoding = scheme.disableDoubleEncoding == true or metadata.endpointPrefix == "s3",
    has_bucket = not url and context ~= nil and context.Bucket ~= nil,
  }
end

-- "aws", "aws-cn", "aws-us-gov": the second part of every ARN.
function endpoints.partition(region)
  return partitions.of(region).name
end

return endpoints
