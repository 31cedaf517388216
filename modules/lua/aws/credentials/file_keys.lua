-- Keys that stand in a profile, in one of the two files: the credentials file goes before login sessions and processes, the
-- configuration file after them.

local core    = require "credentials"
local problem = require "aws.credentials.problem"
local refresh = require "aws.refresh"

local file_keys = {}

-- The keys of these values, or nil. name: the profile's.
local function of(values, name)
  local access_key_id, secret = values.aws_access_key_id, values.aws_secret_access_key
  if not access_key_id and not secret then
    return nil
  elseif not access_key_id or not secret then
    problem("CREDENTIALS_INCOMPLETE", "the profile '%s' has only one of aws_access_key_id and aws_secret_access_key", name)
  end
  return refresh.fixed("profile " .. name .. " " .. access_key_id, core.new {
    access_key_id = access_key_id, secret_access_key = secret, session_token = values.aws_session_token,
    account_id = values.aws_account_id, source = "profile " .. name,
  })
end

-- which: "credentials" or "config", of profile.load.
local function provider(name, which)
  return { name = name, of_profile = true, find = function(chain)
    local found = chain:profile()
    local source = of(found.files[which].values, found.name)
    return source, not source and chain:lacks("keys in " .. found.files[which].name) or nil
  end }
end

file_keys.credentials = provider("shared credentials file", "credentials")
file_keys.config = provider("configuration file", "config")

-- The keys that a profile itself has, wherever they stand; nil when there are none.
function file_keys.find(found)
  return of(found, found.name)
end

return file_keys
