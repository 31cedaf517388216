-- login_session: the keys of a person's `aws login`, renewed as long as the log-in allows.

local answer      = require "aws.credentials.answer"
local login_token = require "aws.credentials.login_token"
local refresh     = require "aws.refresh"

local login = { name = "login session", of_profile = true }

local NAMES = {
  id = "accessKeyId", secret = "secretAccessKey", token = "sessionToken", expires = "expiresAt", account = "accountId",
  needs_token = true,
}

function login.find(chain)
  local found = chain:profile()
  if not found.login_session then
    return nil, chain:lacks "login_session"
  end
  local wanted = { session = found.login_session, region = chain.region, profile = found }
  local name = "login session of profile " .. found.name
  return refresh.shared("login\n" .. found.name .. "\n" .. found.login_session, name, function()
    local value, shown = login_token.get(wanted)
    return answer.keys(shown, value, NAMES, name)
  end)
end

return login
