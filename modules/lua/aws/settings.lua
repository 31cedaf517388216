-- What a client is told by its options, the environment and the profile, in this order. Read at its first call.

local config  = require "config"
local failure = require "aws.failure"
local profile = require "aws.profile"
local region  = require "aws.region"
local retry   = require "retry"

local settings = {}

local COMPRESS_FROM, COMPRESS_FROM_MAX = 10240, 10485760 -- bytes, the SDKs' own

local MODES = { standard = true, adaptive = true, legacy = true }

local function given(text)
  return text ~= nil and text ~= "" and text or nil
end

local function fail(service, code, message, ...)
  error(failure.new {
    code = code, message = message:format(...), service = service, operation = "client", retryable = false,
  }, 0)
end

local function region_of(service, options, found)
  local name, why = region.find(options, found)
  return name or fail(service, "REGION_MISSING",
    "no AWS region: set AWS_REGION or AWS_DEFAULT_REGION, start drsh with --region, write `region` into the profile '%s' of "
    .. "%s, or give a region to aws.client (the instance metadata: %s)", found.name, found.where, why)
end

local function retry_mode(service, options, found)
  local mode = options.retry_mode or given(config.get("AWS_RETRY_MODE")) or given(found.retry_mode) or "standard"
  mode = mode:lower()
  if not MODES[mode] then
    fail(service, "RETRY_MODE", "the retry mode '%s' (AWS_RETRY_MODE, retry_mode) is none of standard, adaptive, legacy", mode)
  end
  return mode
end

-- When a body gets a checksum, or an answer's is looked at, that the operation can do without.
local function checksums_everywhere(service, variable, in_profile)
  local text = (given(config.get(variable)) or given(in_profile) or "when_supported"):lower()
  if text ~= "when_supported" and text ~= "when_required" then
    fail(service, "CHECKSUM_SETTING", "%s (%s) is '%s': it can be when_supported or when_required", variable,
      variable:lower():gsub("^aws_", ""), text)
  end
  return text == "when_supported"
end

-- How many bytes of a body are worth packing, where the service takes them packed; nil: never.
local function compress_from(service, found)
  local off = given(config.get "AWS_DISABLE_REQUEST_COMPRESSION") or given(found.disable_request_compression) or "false"
  local text = given(config.get "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES") or given(found.request_min_compression_size_bytes)
  local from = math.tointeger(tonumber(text or COMPRESS_FROM))
  if not from or from < 0 or from > COMPRESS_FROM_MAX then
    fail(service, "COMPRESSION_SETTING", "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES (request_min_compression_size_bytes) is '%s': "
      .. "it is a number of bytes, up to %d", text, COMPRESS_FROM_MAX)
  end
  return off:lower() ~= "true" and from or nil
end

local function max_attempts(service, options, found, mode, prefix)
  if options.max_attempts then
    return options.max_attempts
  end
  local text = given(config.get("AWS_MAX_ATTEMPTS")) or given(found.max_attempts)
  if not text then
    return retry.max_attempts(prefix, mode)
  end
  local number = math.tointeger(tonumber(text))
  if not number or number < 1 then
    fail(service, "MAX_ATTEMPTS", "AWS_MAX_ATTEMPTS (max_attempts) is '%s': it counts the tries, so it is a number from 1",
      text)
  end
  return number
end

-- Whom to trust: a file, nil for the system's store.
function settings.ca_bundle(found)
  return given(config.get("AWS_CA_BUNDLE")) or given(found.ca_bundle)
end

-- -> {profile=, region=, retry_mode=, max_attempts=, ca_bundle= a file or nil, application= name or nil,
-- request_checksums=, response_checksums= boolean: also where they are not required, compress_from= bytes or nil}
function settings.load(model, options)
  local service = model.service
  local found = profile.load((region.profile_name(options)))
  local mode = retry_mode(service, options, found)
  return {
    profile = found, region = region_of(service, options, found), retry_mode = mode,
    max_attempts = max_attempts(service, options, found, mode, model.metadata.endpointPrefix),
    ca_bundle = settings.ca_bundle(found),
    request_checksums = checksums_everywhere(service, "AWS_REQUEST_CHECKSUM_CALCULATION", found.request_checksum_calculation),
    response_checksums = checksums_everywhere(service, "AWS_RESPONSE_CHECKSUM_VALIDATION", found.response_checksum_validation),
    compress_from = compress_from(service, found),
    application = given(config.get("AWS_SDK_UA_APP_ID")) or given(found.sdk_ua_app_id),
  }
end

return settings
