-- AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN.

local config  = require "config"
local core    = require "credentials"
local problem = require "aws.credentials.problem"
local refresh = require "aws.refresh"

local environment = { name = "environment" }

function environment.find()
  local access_key_id, secret = config.get "AWS_ACCESS_KEY_ID", config.get "AWS_SECRET_ACCESS_KEY"
  if not access_key_id and not secret then
    return nil, "AWS_ACCESS_KEY_ID is not set"
  elseif not access_key_id or not secret then
    problem("CREDENTIALS_INCOMPLETE", "of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY only one is set")
  end
  return refresh.fixed("environment " .. access_key_id, core.new {
    access_key_id = access_key_id, secret_access_key = secret, session_token = config.get "AWS_SESSION_TOKEN",
    account_id = config.get "AWS_ACCOUNT_ID", source = "environment",
  })
end

return environment
