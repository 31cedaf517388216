-- The credentials chain: who are we, and who are we in another account. A list of providers is asked in turn; the first that
-- has something wins. A profile that somebody named is never passed over: it works, or the call fails and says why.
--
-- A provider (aws/credentials/*.lua) is {name=, of_profile= does it read a profile, find=function(chain) -> source | nil, why};
-- what is there and wrong raises. A source has `key` (for caches: the same key, the same keys), `name`, and get() ->
-- credentials, which may wait.

local config    = require "config"
local core      = require "credentials"
local file_keys = require "aws.credentials.file_keys"
local log       = require "log"
local problem   = require "aws.credentials.problem"
local profile   = require "aws.profile"
local refresh   = require "aws.refresh"
local region    = require "aws.region"
local role      = require "aws.credentials.role"

local credentials = {}

-- botocore's order.
credentials.providers = {
  require "aws.credentials.environment",
  role,
  require "aws.credentials.web_identity",
  require "aws.credentials.sso",
  file_keys.credentials,
  require "aws.credentials.login",
  require "aws.credentials.process",
  file_keys.config,
  require "aws.credentials.container",
  (require "aws.credentials.imds"), -- in brackets: require gives a second value too
}

-- A walk along the list, for one profile. -------------------------------------------------------------------------------------

local chain = {}
chain.__index = chain

-- options: {profile=, profile_name= whose endpoints count, region=, sts_endpoint=}; seen: the profiles on the way here.
local function new_chain(options, seen)
  local name, named = region.profile_name(options)
  local self = {
    name = name, named = named, options = options, seen = { [name] = true }, trail = {},
    region = options.region, sts_endpoint = options.sts_endpoint, profile_name = options.profile_name or options.profile,
  }
  for passed in pairs(seen or {}) do
    self.seen[passed] = true
  end
  return setmetatable(self, chain)
end

-- The profile, read once a walk.
function chain:profile()
  self.found = self.found or profile.load(self.name)
  return self.found
end

-- Why a provider has nothing: the profile is not there, or has no `what`.
function chain:lacks(what)
  local found = self:profile()
  return (found.exists and "the profile '%s' has no %s" or "there is no profile '%s'"):format(self.name, what)
end

-- The same walk, with files read again.
function chain:again()
  return new_chain(self.options, self.seen)
end

-- What each provider said: self.trail = {{name=, why= | source= | failure=}, ...}.
function chain:walk()
  for _, provider in ipairs(credentials.providers) do
    local step = { name = provider.name }
    self.trail[#self.trail + 1] = step
    if self.named and not provider.of_profile then
      step.why = ("the profile '%s' is named"):format(self.name)
    else
      local found, source, why = pcall(provider.find, self)
      step.source, step.why, step.failure = found and source or nil, why, not found and source or nil
      if not found then
        error(source, 0)
      elseif source then
        return source
      end
    end
  end
end

function chain:need()
  if self.named and not self:profile().exists then
    problem("CREDENTIALS_PROFILE", "there is no profile '%s' in %s", self.name, self:profile().where)
  end
  local source = self:walk()
  if source then
    return source
  elseif self.named then
    problem("CREDENTIALS_PROFILE", "the profile '%s' has no keys, and nothing that leads to keys: role_arn with source_profile "
      .. "or credential_source, web_identity_token_file, sso_session, login_session, credential_process", self.name)
  end
  local reasons, last = {}, nil
  for _, step in ipairs(self.trail) do
    if step.why ~= last then
      reasons[#reasons + 1] = step.name .. ": " .. step.why
    end
    last = step.why
  end
  problem("CREDENTIALS_NOT_FOUND", "no AWS credentials: %s (profiles are looked for in %s)", table.concat(reasons, "; "),
    self:profile().where)
end

-- The source of the profile that this one names as its source_profile. One that has keys is taken by its keys, whatever else it
-- has, as the SDKs do.
function chain:source_profile(name)
  if self.seen[name] then
    problem("CREDENTIALS_PROFILE", "the profile '%s' leads back to itself through source_profile", name)
  end
  local other = new_chain({
    profile = name, profile_name = self.profile_name, region = self.region, sts_endpoint = self.sts_endpoint,
  }, self.seen)
  return file_keys.find(other:profile()) or other:need()
end

-- What clients ask for. -------------------------------------------------------------------------------------------------------

local function warn_of_keys(options)
  if not options.profile and config.get "AWS_PROFILE" and config.get "AWS_ACCESS_KEY_ID" then
    log.warn_once("AWS_PROFILE is set, so the keys in the environment are not used", { profile = config.get "AWS_PROFILE" })
  end
end

-- Our own source. options: {profile=, region=, sts_endpoint=}. Raises CREDENTIALS_...
function credentials.base(options)
  warn_of_keys(options)
  return new_chain(options):need()
end

-- Keys given in code: a credentials object, or a table {access_key_id, secret_access_key, session_token}.
function credentials.given(set)
  if type(set) == "table" then
    set = core.new(set)
  end
  return refresh.fixed("given " .. set.access_key_id, set)
end

-- The source for another account: its role, assumed with the keys of base_of(). account: {accountId, assumeRoleName,
-- externalId, roleSessionName}
function credentials.account(base_of, account, options)
  return role.assume(base_of, {
    arn = ("arn:%s:iam::%s:role/%s"):format(options.partition, account.accountId, account.assumeRoleName),
    external_id = account.externalId ~= "" and account.externalId or nil,
    session_name = account.roleSessionName ~= "" and account.roleSessionName or nil,
  }, { region = options.region, sts_endpoint = options.sts_endpoint, profile_name = options.profile })
end

local function with_region(options)
  return { profile = options.profile, region = region.find(options) or "us-east-1", sts_endpoint = options.sts_endpoint }
end

-- The credentials themselves, and their source, by the chain. options: {profile=, region=}
function credentials.resolve(options)
  local source = credentials.base(with_region(options or {}))
  return source:get(), source
end

-- How the chain went: {profile=, named=, trail=, source=, keys=, failure=}. For `drsh auth explain`.
function credentials.explain(options)
  local self = new_chain(with_region(options or {}))
  local told = { profile = self.name, named = self.named, trail = self.trail }
  local found, result = pcall(function()
    told.source = self:need()
    return told.source:get()
  end)
  told[found and "keys" or "failure"] = result
  if not found and type(result) ~= "table" then
    error(result, 0)
  end
  return told
end

-- Forgets what was got; keys are got again when they are needed.
credentials.forget = refresh.forget

return credentials
