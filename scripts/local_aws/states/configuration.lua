-- Logging, tracing and encryption of state machines and activities: checked and kept. Nothing is logged, traced or
-- encrypted here. https://docs.aws.amazon.com/step-functions/latest/apireference/API_LoggingConfiguration.html and
-- API_EncryptionConfiguration.html
local fault = require "local_aws.fault"
local json  = require "json"

local configuration = {}

local function check_destinations(given)
  local list = given.destinations or {}
  local group = list[1] and list[1].cloudWatchLogsLogGroup
  local has_one = #list == 1 and group and group.logGroupArn
  if not has_one and (#list > 0 or given.level and given.level ~= "OFF") then
    fault.raise("InvalidLoggingConfiguration",
      "Invalid Logging Configuration: Must specify exactly one Log Destination.")
  end
end

local function logging_of(given)
  check_destinations(given)
  return json.encode(json.object { level = given.level or "OFF", destinations = given.destinations,
    includeExecutionData = given.includeExecutionData or false })
end

-- Checks and encodes an encryption configuration.
function configuration.encryption(given)
  local is_managed = given.type == "CUSTOMER_MANAGED_KMS_KEY"
  if is_managed and not given.kmsKeyId then
    fault.raise("InvalidEncryptionConfiguration",
      "Invalid Encryption Configuration: kmsKeyId must be specified when type is CUSTOMER_MANAGED_KMS_KEY")
  elseif not is_managed and (given.kmsKeyId or given.kmsDataKeyReusePeriodSeconds) then
    fault.raise("InvalidEncryptionConfiguration", "Invalid Encryption Configuration: kmsKeyId and "
      .. "kmsDataKeyReusePeriodSeconds can only be specified when type is CUSTOMER_MANAGED_KMS_KEY")
  end
  return json.encode(given)
end

-- What a state machine may be configured with, checked, as JSON text: {logging, tracing, encryption}. What `input` does not
-- give is as `row` has it, or without a row AWS's default.
function configuration.of(input, row)
  local logging, tracing, encryption = input.loggingConfiguration, input.tracingConfiguration, input.encryptionConfiguration
  row = row or { logging = logging_of {}, tracing = '{"enabled":false}' }
  return {
    logging = logging and logging_of(logging) or row.logging,
    tracing = tracing and json.encode(json.object { enabled = tracing.enabled or false }) or row.tracing,
    encryption = encryption and configuration.encryption(encryption) or row.encryption,
  }
end

function configuration.differs(configured, row)
  return configured.logging ~= row.logging or configured.tracing ~= row.tracing or configured.encryption ~= row.encryption
end

return configuration
