-- IAM Identity Center (SSO): a role's keys for the token of a person's log-in. With an sso_session, whose token is renewed, or
-- with the older keys in the profile itself.

local answer    = require "aws.credentials.answer"
local endpoints = require "aws.endpoints"
local problem   = require "aws.credentials.problem"
local refresh   = require "aws.refresh"
local settings  = require "aws.settings"
local sso_token = require "aws.credentials.sso_token"

local sso = { name = "SSO", of_profile = true }

local PORTAL = { service = "sso", metadata = { endpointPrefix = "portal.sso", serviceId = "SSO" }, operations = {} }

local NAMES = {
  id = "accessKeyId", secret = "secretAccessKey", token = "sessionToken", expires = "expiration", account = "accountId",
  needs_token = true,
}

-- The values of start URL and region: of the session, which the profile may repeat and not contradict, or of the profile.
local function session_of(found)
  local name = found.sso_session
  if not name then
    return found
  end
  local session = found.sections["sso-session " .. name]
  if not session then
    problem("CREDENTIALS_PROFILE", "the profile '%s' names the sso-session '%s', which is not in %s", found.name, name,
      found.files.config.name)
  end
  for _, key in ipairs { "sso_start_url", "sso_region" } do
    if found[key] and found[key] ~= session[key] then
      problem("CREDENTIALS_PROFILE", "%s of the profile '%s' is not that of its sso-session '%s'", key, found.name, name)
    end
  end
  return session
end

local function wanted_of(found)
  local session = session_of(found)
  local wanted = {
    session = found.sso_session, start_url = session.sso_start_url, region = session.sso_region,
    account = found.sso_account_id, role = found.sso_role_name, profile = found,
  }
  for _, key in ipairs { "start_url", "region", "account", "role" } do
    if not wanted[key] then
      local name = ({ account = "sso_account_id", role = "sso_role_name" })[key] or "sso_" .. key
      problem("CREDENTIALS_INCOMPLETE", "the profile '%s' wants SSO and has no %s", found.name, name)
    end
  end
  return wanted
end

local function escaped(text)
  return (text:gsub("[^%w%-._~]", function(char) return ("%%%02X"):format(char:byte()) end))
end

local function refused(wanted, status)
  local what = status == 401
      and ("the SSO token is no longer taken: run 'aws sso login --profile %s'"):format(wanted.profile.name)
    or status == 403 and ("the role %s in the account %s is not for this SSO user"):format(wanted.role, wanted.account)
    or ("the SSO portal answers with status %d"):format(status)
  problem("CREDENTIALS_SSO", "%s", what)
end

local function fetch(wanted)
  local who = "the SSO portal"
  local url = endpoints.resolve(PORTAL, wanted.region, {}, wanted.profile).url
  local response = answer.ask(who, {
    url = ("%s/federation/credentials?role_name=%s&account_id=%s"):format(url, escaped(wanted.role), escaped(wanted.account)),
    headers = { ["x-amz-sso_bearer_token"] = sso_token.get(wanted) }, timeout = 10,
    ca_bundle = settings.ca_bundle(wanted.profile),
  }, { tries = 3 })
  if response.status ~= 200 then
    refused(wanted, response.status)
  end
  local value = answer.decode(who, response.body).roleCredentials
  if type(value) ~= "table" then
    problem("CREDENTIALS_ANSWER", "%s gives no roleCredentials", who)
  end
  value.accountId = wanted.account
  return answer.keys(who, value, NAMES,
    ("SSO role %s in %s"):format(wanted.role, wanted.account))
end

function sso.find(chain)
  local found = chain:profile()
  if not found.sso_account_id and not found.sso_role_name then
    return nil, chain:lacks "sso_account_id and sso_role_name"
  end
  local wanted = wanted_of(found)
  local key = table.concat({ "sso", wanted.session or "", wanted.start_url, wanted.region, wanted.account, wanted.role }, "\n")
  return refresh.shared(key, ("SSO role %s in %s"):format(wanted.role, wanted.account), function()
    return fetch(wanted)
  end)
end

return sso
