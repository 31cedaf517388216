-- AWS: clients whose methods are the API's operations.
--
--   local drs = aws.client("drs", { region = "eu-west-1", account = { accountId = "123456789012", assumeRoleName = "Recovery" }
-- })
--   local jobs = drs:describe_jobs { filters = { jobIDs = { id } } }      -- parameters and results as the API names them
--   for server in drs:items("describe_source_servers", {}) do ... end
--
-- A failed call raises a table with code, message, status, service, operation, requestId, retryable (aws/failure.lua); a wrong
-- argument raises a string that names it.

local across  = require "aws.across"
local client  = require "aws.client"
local failure = require "aws.failure"
local once    = require "aws.once"

local aws = {}

-- service: "drs", "sfn", "dynamodb", "sts", "ec2". options, all optional:
--   region                        else AWS_REGION, AWS_DEFAULT_REGION, the profile's
--   account                       {accountId, assumeRoleName, externalId, roleSessionName}: that account's role is assumed;
--                                 {isCurrentAccount = true}: our own keys
--   endpoint, profile             instead of what the environment and the configuration say
--   credentials                   an object of require "credentials", or {access_key_id, secret_access_key, session_token}
--   document                      DynamoDB: plain Lua values wherever the API has AttributeValue
--   max_attempts, retry_mode ("standard", "adaptive", "legacy"; else AWS_MAX_ATTEMPTS, AWS_RETRY_MODE or the profile's)
--   timeout (seconds a try), total_timeout (seconds in all), connect_timeout
-- Nothing is read or sent before the first call. Each method takes (parameters, {timeout=, total_timeout=, max_attempts=}).
function aws.client(service, options)
  local made = client.new(service, options)
  return made
end

-- The same work in several regions and accounts, side by side: aws.across("drs", {regions = {...}}, function(client, place)
-- ... end).
aws.across = across

-- Look before you repeat: aws.once(act, look) makes a call that has no idempotency token so that it has its effect once.
function aws.once(act, look, options)
  local result, how = once.call(act, look, options)
  return result, how
end

-- aws.is_error(e): did an AWS call raise it; aws.is_error(e, "ConflictException", ...): with one of these codes.
aws.is_error = failure.is

return aws
