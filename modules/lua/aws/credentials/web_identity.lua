-- A role that is assumed with a token of an OpenID Connect provider, as in Kubernetes pods and CI jobs:
-- AssumeRoleWithWebIdentity, which is not signed. The token's file is read again each time, for it is exchanged while we run.

local config  = require "config"
local core    = require "credentials"
local problem = require "aws.credentials.problem"
local refresh = require "aws.refresh"

local web_identity = { name = "web identity", of_profile = true }

local function read_token(path)
  local file <close>, why = io.open(path, "rb")
  local text = file and file:read("a")
  local token = text and text:match "^%s*(%S+)%s*$"
  if not token then
    problem("CREDENTIALS_WEB_IDENTITY", "there is no token in the web identity's file %s", why or path)
  end
  return token
end

local function fetch(wanted, chain)
  local sts = require "aws.client".new("sts", {
    region = chain.region, endpoint = chain.sts_endpoint, profile = chain.profile_name,
  }, { undeclared = true })
  local answer = sts:assume_role_with_web_identity {
    RoleArn = wanted.role_arn, RoleSessionName = wanted.session_name, WebIdentityToken = read_token(wanted.file),
  }
  local set = answer.Credentials
  return core.new {
    access_key_id = set.AccessKeyId, secret_access_key = set.SecretAccessKey, session_token = set.SessionToken,
    expires_at = set.Expiration, account_id = wanted.role_arn:match("^arn:[^:]*:iam::(%d+):"),
    source = "web identity " .. wanted.role_arn,
  }
end

-- {file=, role_arn=, session_name=}, or nil and why not.
local function settings(chain)
  local file, role_arn = config.get "AWS_WEB_IDENTITY_TOKEN_FILE", config.get "AWS_ROLE_ARN"
  if file and not chain.named then
    if not role_arn then
      problem("CREDENTIALS_INCOMPLETE", "AWS_WEB_IDENTITY_TOKEN_FILE is set, and AWS_ROLE_ARN is not")
    end
    return { file = file, role_arn = role_arn, session_name = config.get "AWS_ROLE_SESSION_NAME" or "drsh" }
  end
  local found = chain:profile()
  if not found.web_identity_token_file then
    return nil, (chain.named and "" or "AWS_WEB_IDENTITY_TOKEN_FILE is not set, and ") .. chain:lacks "web_identity_token_file"
  elseif not found.role_arn then
    problem("CREDENTIALS_INCOMPLETE", "the profile '%s' has a web_identity_token_file and no role_arn", found.name)
  end
  return {
    file = found.web_identity_token_file, role_arn = found.role_arn, session_name = found.role_session_name or "drsh",
  }
end

function web_identity.find(chain)
  local wanted, why = settings(chain)
  if not wanted then
    return nil, why
  end
  local key = table.concat({
    "web identity", wanted.file, wanted.role_arn, wanted.session_name, chain.region or "", chain.sts_endpoint
      or config.get "AWS_ENDPOINT_URL_STS" or config.get "AWS_ENDPOINT_URL" or "",
  }, "\n")
  return refresh.shared(key, wanted.role_arn, function()
    return fetch(wanted, chain)
  end)
end

return web_identity
