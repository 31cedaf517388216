-- A role that is assumed with the keys of somebody else: of another profile (source_profile), of the environment, the container
-- or the instance (credential_source), or our own, for another account.

local config      = require "config"
local core        = require "credentials"
local file_keys   = require "aws.credentials.file_keys"
local mfa         = require "aws.credentials.mfa"
local problem     = require "aws.credentials.problem"
local refresh     = require "aws.refresh"

local role = { name = "role of a profile", of_profile = true }

local SESSION_NAME = "drsh"

local CREDENTIAL_SOURCES = {
  Environment = "aws.credentials.environment", EcsContainer = "aws.credentials.container",
  Ec2InstanceMetadata = "aws.credentials.imds",
}

local function fetch(base, wanted, options)
  -- Required here and not above: the client needs the chain.
  local sts = require "aws.client".new("sts", {
    region = options.region, endpoint = options.sts_endpoint, profile = options.profile_name,
  }, { source = base, undeclared = true })
  local answer = sts:assume_role {
    RoleArn = wanted.arn, RoleSessionName = wanted.session_name, ExternalId = wanted.external_id,
    DurationSeconds = wanted.duration, SerialNumber = wanted.mfa_serial,
    TokenCode = wanted.mfa_serial and mfa.ask(wanted.mfa_serial),
  }
  local set = answer.Credentials
  return core.new {
    access_key_id = set.AccessKeyId, secret_access_key = set.SecretAccessKey, session_token = set.SessionToken,
    expires_at = set.Expiration, account_id = wanted.arn:match("^arn:[^:]*:iam::(%d+):"),
    source = "assume-role " .. wanted.arn,
  }
end

-- wanted: {arn=, external_id=, session_name=, duration= seconds, mfa_serial=}. base_of() gives the source of the keys that it
-- is assumed with; it is asked again at each renewal, for keys in files are exchanged while we run. All clients of a role share
-- one set of keys.
function role.assume(base_of, wanted, options)
  wanted.session_name = wanted.session_name or SESSION_NAME
  local base = base_of()
  local key = table.concat({
    base.key, wanted.arn, wanted.external_id or "", wanted.session_name, wanted.duration or "", wanted.mfa_serial or "",
    options.region or "", options.sts_endpoint or config.get "AWS_ENDPOINT_URL_STS" or config.get "AWS_ENDPOINT_URL" or "",
  }, "\n")
  local source = refresh.shared(key, wanted.arn, function()
    return fetch(base_of(), wanted, options)
  end, { late = wanted.mfa_serial ~= nil }) -- a person is not asked before it must be
  source.base = base.name
  return source
end

-- Whose keys the role of this profile is assumed with.
local function base_of(chain, found)
  local from, kind = found.source_profile, found.credential_source
  if from and kind then
    problem("CREDENTIALS_PROFILE", "the profile '%s' has both source_profile and credential_source", found.name)
  elseif from == found.name then
    return file_keys.find(found)
      or problem("CREDENTIALS_PROFILE", "the profile '%s' is its own source_profile and has no keys", found.name)
  elseif from then
    return chain:source_profile(from)
  elseif CREDENTIAL_SOURCES[kind] then
    local source, why = require(CREDENTIAL_SOURCES[kind]).find(chain)
    return source or problem("CREDENTIALS_NOT_FOUND", "the profile '%s' takes its keys from %s: %s", found.name, kind, why)
  end
  problem("CREDENTIALS_PROFILE", "the profile '%s' has a role_arn, but neither a source_profile nor a credential_source that "
    .. "is known (%s)", found.name, kind or "none")
end

local function wanted_of(found)
  local duration = found.duration_seconds and math.tointeger(tonumber(found.duration_seconds))
  if found.duration_seconds and not duration then
    problem("CREDENTIALS_PROFILE", "duration_seconds of the profile '%s' is no whole number: %s", found.name,
      found.duration_seconds)
  end
  if found.mfa_serial then
    mfa.check(found.name)
  end
  return {
    arn = found.role_arn, external_id = found.external_id, session_name = found.role_session_name, duration = duration,
    mfa_serial = found.mfa_serial,
  }
end

function role.find(chain)
  local found = chain:profile()
  if not found.role_arn then
    return nil, chain:lacks "role_arn"
  elseif found.web_identity_token_file then
    return nil, ("the role of the profile '%s' is for its web identity"):format(found.name)
  end
  return role.assume(function()
    local now = chain:again()
    return base_of(now, now:profile())
  end, wanted_of(found), chain)
end

return role
