-- The credentials chain: who are we, and who are we in another account. A chain is a list of providers that are asked in turn;
-- the first that has something wins. A profile that somebody named is never passed over: it works or the call fails and says
-- why.
--
-- A source has `key` (for caches: the same key, the same keys) and `get()` -> credentials; get may wait (AssumeRole calls STS).

local config  = require "config"
local core    = require "credentials"
local failure = require "aws.failure"
local log     = require "log"
local profile = require "aws.profile"
local refresh = require "aws.refresh"

local credentials = {}

local SESSION_NAME = "drsh"

local function given(text)
  return text ~= nil and text ~= "" and text or nil
end

local function fail(code, message, ...)
  error(failure.new {
    code = code, message = message:format(...), service = "credentials", operation = "resolve", retryable = false,
  }, 0)
end

local function fixed(key, set)
  return { key = key, get = function() return set end }
end

-- AssumeRole ------------------------------------------------------------------------------------------------------------------

local assumed = {} -- by arguments: all clients of a role share one set of keys

local function fetch_role(base, role, options)
  -- Required here and not above: the client needs this file.
  local sts = require "aws.client".new("sts", {
    region = options.region, endpoint = options.sts_endpoint, profile = options.profile,
  }, { source = base, undeclared = true })
  local answer = sts:assume_role {
    RoleArn = role.arn, RoleSessionName = role.session_name, ExternalId = role.external_id, DurationSeconds = role.duration,
  }
  local set = answer.Credentials
  return core.new {
    access_key_id = set.AccessKeyId, secret_access_key = set.SecretAccessKey, session_token = set.SessionToken,
    expires_at = set.Expiration, account_id = role.arn:match("^arn:[^:]*:iam::(%d+):"), source = "assume-role " .. role.arn,
  }
end

-- role: {arn=, external_id=, session_name=, duration= seconds}. The source of its keys, got with those of `base`.
function credentials.assume(base, role, options)
  role.session_name = given(role.session_name) or SESSION_NAME
  local key = table.concat({
    base.key, role.arn, role.external_id or "", role.session_name, role.duration or "", options.region,
    options.sts_endpoint or given(config.get("AWS_ENDPOINT_URL_STS")) or given(config.get("AWS_ENDPOINT_URL")) or "",
  }, "\n")
  local source = assumed[key]
  if not source then
    source = refresh.new(role.arn, function()
      return fetch_role(base, role, options)
    end)
    source.key = key
    assumed[key] = source
  end
  return source
end

-- Providers -------------------------------------------------------------------------------------------------------------------

local function from_environment()
  local access_key_id, secret = given(config.get("AWS_ACCESS_KEY_ID")), given(config.get("AWS_SECRET_ACCESS_KEY"))
  if not access_key_id and not secret then
    return nil, "AWS_ACCESS_KEY_ID is not set"
  elseif not access_key_id or not secret then
    fail("CREDENTIALS_INCOMPLETE", "of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY only one is set")
  end
  return fixed("environment " .. access_key_id, core.new {
    access_key_id = access_key_id, secret_access_key = secret, session_token = given(config.get("AWS_SESSION_TOKEN")),
    account_id = given(config.get("AWS_ACCOUNT_ID")), source = "environment",
  })
end

local from_profile

local function static_keys(found)
  if not found.aws_access_key_id and not found.aws_secret_access_key then
    return nil
  elseif not found.aws_access_key_id or not found.aws_secret_access_key then
    fail("CREDENTIALS_INCOMPLETE", "the profile '%s' has only one of aws_access_key_id and aws_secret_access_key", found.name)
  end
  return fixed("profile " .. found.name .. " " .. found.aws_access_key_id, core.new {
    access_key_id = found.aws_access_key_id, secret_access_key = found.aws_secret_access_key,
    session_token = given(found.aws_session_token), account_id = given(found.aws_account_id), source = "profile " .. found.name,
  })
end

-- Whose keys the role is assumed with.
local function base_of(found, options, seen)
  if found.source_profile and found.credential_source then
    fail("CREDENTIALS_PROFILE", "the profile '%s' has both source_profile and credential_source", found.name)
  elseif found.source_profile == found.name then
    return static_keys(found)
      or fail("CREDENTIALS_PROFILE", "the profile '%s' is its own source_profile and has no keys", found.name)
  elseif found.source_profile then
    return from_profile(found.source_profile, options, seen)
  elseif found.credential_source == "Environment" then
    local source, why = from_environment()
    return source or fail("CREDENTIALS_NOT_FOUND", "the profile '%s' takes its keys from the environment: %s", found.name, why)
  end
  fail("CREDENTIALS_PROFILE", "the profile '%s' has a role_arn, but neither a source_profile nor a credential_source that is "
    .. "known (%s)", found.name, found.credential_source or "none")
end

local function role_of(found)
  if found.mfa_serial then
    fail("CREDENTIALS_PROFILE", "the profile '%s' wants a code from an MFA device, and nobody can be asked", found.name)
  end
  return {
    arn = found.role_arn, external_id = given(found.external_id), session_name = found.role_session_name,
    duration = found.duration_seconds and math.tointeger(tonumber(found.duration_seconds)),
  }
end

function from_profile(name, options, seen)
  if seen[name] then
    fail("CREDENTIALS_PROFILE", "the profile '%s' leads back to itself through source_profile", name)
  end
  seen[name] = true
  local found = profile.load(name)
  if not found.exists then
    fail("CREDENTIALS_PROFILE", "there is no profile '%s' in %s", name, found.where)
  elseif found.role_arn then
    return credentials.assume(base_of(found, options, seen), role_of(found), options)
  end
  return static_keys(found)
    or fail("CREDENTIALS_PROFILE", "the profile '%s' has no keys and no role_arn with a source_profile", name)
end

-- What is asked when no profile is named, in this order. A provider gives a source, or nil and why it has none.
credentials.providers = {
  { name = "environment", find = from_environment },
  { name = "default profile", find = function(options)
    local found = profile.load("default")
    if not found.exists or not (found.role_arn or found.aws_access_key_id or found.aws_secret_access_key) then
      return nil, "no keys for the default profile in " .. found.where
    end
    return from_profile("default", options, {})
  end },
}

local warned = false

local function named_profile(options)
  local name = options.profile or given(config.get("AWS_PROFILE"))
  if name and not options.profile and given(config.get("AWS_ACCESS_KEY_ID")) and not warned then
    warned = true
    log.warn("AWS_PROFILE is set, so the keys in the environment are not used", { profile = name })
  end
  return name
end

-- Our own source. options: {profile=, region=, sts_endpoint=}. Raises CREDENTIALS_...
function credentials.base(options)
  local name = named_profile(options)
  if name then
    return from_profile(name, options, {})
  end
  local reasons = {}
  for index, provider in ipairs(credentials.providers) do
    local source, why = provider.find(options)
    if source then
      return source
    end
    reasons[index] = provider.name .. ": " .. why
  end
  fail("CREDENTIALS_NOT_FOUND", "no AWS credentials: %s", table.concat(reasons, "; "))
end

-- Keys given in code: a credentials object, or a table {access_key_id, secret_access_key, session_token}.
function credentials.given(set)
  if type(set) == "table" then
    set = core.new(set)
  end
  return fixed("given " .. set.access_key_id, set)
end

-- The source for another account: its role, assumed with ours. account: {accountId, assumeRoleName, externalId,
-- roleSessionName}
function credentials.account(base, account, options)
  return credentials.assume(base, {
    arn = ("arn:%s:iam::%s:role/%s"):format(options.partition, account.accountId, account.assumeRoleName),
    external_id = given(account.externalId), session_name = account.roleSessionName,
  }, options)
end

-- The region to ask STS in, where no client gives one.
local function region_of(options)
  return options.region or given(config.get("AWS_REGION")) or given(config.get("AWS_DEFAULT_REGION"))
    or profile.load(options.profile or given(config.get("AWS_PROFILE")) or "default").region or "us-east-1"
end

-- The credentials themselves, by the chain; for `drsh auth explain` and `drsh sign`. options: {profile=, region=}
function credentials.resolve(options)
  options = options or {}
  local source = credentials.base { profile = options.profile, region = region_of(options) }
  return source:get(), source
end

-- Forgets what was assumed; keys are got again when they are needed.
function credentials.forget()
  assumed = {}
end

return credentials
