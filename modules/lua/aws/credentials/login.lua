-- login_session: what `aws login` left in its cache is used as long as it lives. Renewing it needs the CLI's own private key
-- and protocol, so that is left to the CLI; the error says how.

local answer     = require "aws.credentials.answer"
local cache_file = require "aws.credentials.cache_file"
local config     = require "config"
local crypto     = require "crypto"
local problem    = require "aws.credentials.problem"
local refresh    = require "aws.refresh"

local login = { name = "login session", of_profile = true }

local NAMES = {
  id = "accessKeyId", secret = "secretAccessKey", token = "sessionToken", expires = "expiresAt", account = "accountId",
  needs_token = true,
}

local function path_of(session)
  local name = crypto.hex(crypto.sha256(session:match "^%s*(.-)%s*$"))
  local folder = config.get "AWS_LOGIN_CACHE_DIRECTORY"
  if folder then
    local path = folder .. "/" .. name .. ".json"
    return path, path
  end
  return cache_file.path(".aws/login/cache", name)
end

local function fetch(found)
  local path, shown = path_of(found.login_session)
  local value = cache_file.read(path, shown)
  local keys = type(value and value.accessToken) == "table"
    and answer.keys(shown, value.accessToken, NAMES, "login session of profile " .. found.name)
  if not keys or not keys.expires_at or keys.expires_at <= refresh.now() then
    problem("CREDENTIALS_LOGIN", "the login session of the profile '%s' %s: run 'aws login --profile %s'; or, to have it "
      .. "renewed, use a profile with credential_process = aws configure export-credentials --profile %s", found.name,
      keys and "has ended" or "is not in " .. shown, found.name, found.name)
  end
  return keys
end

function login.find(chain)
  local found = chain:profile()
  if not found.login_session then
    return nil, chain:lacks "login_session"
  end
  return refresh.shared("login\n" .. found.name .. "\n" .. found.login_session, "login session of profile " .. found.name,
    function() return fetch(found) end)
end

return login
