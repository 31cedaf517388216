-- The token of IAM Identity Center that `aws sso login` left in the CLI's cache, renewed through SSO-OIDC's CreateToken where
-- the log-in allows it (sso_session). The cache is shared with the CLI: read again each time, written when it is renewed.

local answer     = require "aws.credentials.answer"
local cache_file = require "aws.credentials.cache_file"
local crypto     = require "crypto"
local endpoints  = require "aws.endpoints"
local json       = require "json"
local log        = require "log"
local problem    = require "aws.credentials.problem"
local refresh    = require "aws.refresh"
local settings   = require "aws.settings"
local time       = require "time"

local sso_token = {}

local WINDOW = 15 * 60 -- seconds before its end: from here on it is renewed

-- What endpoints need to know of a service without a model.
local OIDC = { service = "sso-oidc", metadata = { endpointPrefix = "oidc", serviceId = "SSO OIDC" }, operations = {} }

-- A text that the cache lacks makes the token one that cannot be renewed.
local function can_renew(token, wanted)
  for _, name in ipairs { "refreshToken", "clientId", "clientSecret" } do
    if type(token[name]) ~= "string" then
      return false
    end
  end
  local registered_until = cache_file.time(token.registrationExpiresAt)
  return wanted.session ~= nil and registered_until ~= nil and registered_until > refresh.now()
end

local function renew(token, wanted)
  local who = "SSO-OIDC"
  local url = endpoints.resolve(OIDC, wanted.region, {}, wanted.profile).url
  local response = answer.ask(who, {
    method = "POST", url = url .. "/token", timeout = 10, ca_bundle = settings.ca_bundle(wanted.profile),
    headers = { ["content-type"] = "application/json" },
    body = json.encode {
      clientId = token.clientId, clientSecret = token.clientSecret, grantType = "refresh_token",
      refreshToken = token.refreshToken,
    },
  }, { tries = 3 })
  if response.status ~= 200 then
    local read, value = pcall(json.decode, response.body)
    problem("CREDENTIALS_SSO", "the token was not renewed: status %d%s", response.status,
      read and type(value) == "table" and type(value.error) == "string" and ", " .. value.error:sub(1, 80) or "")
  end
  local value = answer.decode(who, response.body)
  if type(value.accessToken) ~= "string" or math.type(value.expiresIn) ~= "integer" then
    problem("CREDENTIALS_SSO", "%s gives no accessToken with an expiresIn", who)
  end
  token.startUrl, token.region, token.accessToken = wanted.start_url, wanted.region, value.accessToken
  token.expiresAt = time.iso8601(refresh.now() + value.expiresIn)
  token.refreshToken = type(value.refreshToken) == "string" and value.refreshToken or nil
  return token
end

local function fetch(wanted, path, shown)
  local login = ("run 'aws sso login --profile %s'"):format(wanted.profile.name)
  local token = cache_file.read(path, shown)
  local expires = token and cache_file.time(token.expiresAt)
  if not expires or type(token.accessToken) ~= "string" then
    problem("CREDENTIALS_SSO", "there is no SSO token in %s: %s", shown, login)
  end
  local why = "it cannot be renewed"
  if expires - refresh.now() < WINDOW and can_renew(token, wanted) then
    local renewed, result = pcall(renew, token, wanted)
    if renewed then
      cache_file.keep(path, result, "SSO token")
      return result.accessToken
    end
    why = tostring(result.message or result)
    log.warn("the SSO token could not be renewed", { session = wanted.session, reason = why })
  end
  if expires <= refresh.now() then
    problem("CREDENTIALS_SSO", "the SSO token in %s has ended (%s): %s", shown, why, login)
  end
  return token.accessToken
end

-- wanted: {session= name or nil, start_url=, region=, profile= as loaded}. -> the token, by one task at a time.
function sso_token.get(wanted)
  local path, shown = cache_file.path(".aws/sso/cache", crypto.hex(crypto.sha1(wanted.session or wanted.start_url)))
  return refresh.once("sso token\n" .. path, function()
    return fetch(wanted, path, shown)
  end)
end

return sso_token
