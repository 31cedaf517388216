-- The role of the EC2 instance that we run on, from its metadata: the role's name, then its keys. Expired keys are used on
-- while the service gives no newer ones (static stability): AWS takes them, and a fault of the service must not stop us.

local answer   = require "aws.credentials.answer"
local log      = require "log"
local metadata = require "aws.metadata"
local problem  = require "aws.credentials.problem"
local refresh  = require "aws.refresh"
local time     = require "time"

local imds = { name = "instance metadata" }

local ROLES = "/latest/meta-data/iam/security-credentials/"
-- Seconds before their end from which keys count as not renewed, and the most that is put on top by chance, so that not all
-- machines ask at once.
local WINDOW, JITTER_LEAST, JITTER_MOST = 10 * 60, 2 * 60, 10 * 60

local NAMES = { id = "AccessKeyId", secret = "SecretAccessKey", token = "Token", expires = "Expiration", account = "AccountId" }

-- The keys' object, with an end that has been put off if the service is late with newer ones.
local function put_off(value)
  local expires = type(value.Expiration) == "string" and time.parse(value.Expiration)
  local ahead = WINDOW + math.random(JITTER_LEAST, JITTER_MOST)
  if expires and refresh.now() >= expires - ahead then
    log.warn("the instance metadata service has no newer credentials; the old ones are used on", {
      expiration = value.Expiration,
    })
    value.Expiration = time.iso8601(refresh.now() + ahead)
  end
  return value
end

local function fetch(wanted)
  local headers = metadata.session(wanted)
  local role = metadata.get(wanted, headers, ROLES, "a role", "as where the instance has no role"):match "^%s*([^\r\n]+)"
  if not role then
    problem("CREDENTIALS_IMDS", "the instance has no role")
  end
  local value = answer.decode(metadata.WHO, metadata.get(wanted, headers, ROLES .. role, "keys"))
  if value.Code ~= nil and value.Code ~= "Success" then
    problem("CREDENTIALS_IMDS", "%s gives no keys for the role %s: %s", metadata.WHO, role, tostring(value.Code))
  end
  return answer.keys(metadata.WHO, put_off(value), NAMES, "instance role " .. role)
end

function imds.find(chain)
  local wanted, off = metadata.settings(chain:profile())
  if not wanted then
    return nil, off
  end
  local source = refresh.shared("instance metadata\n" .. wanted.endpoint, "instance metadata", function()
    return fetch(wanted)
  end, { lasting = true })
  local found, why = pcall(source.get, source) -- the last one of the list must know
  if found then
    return source
  elseif type(why) ~= "table" then
    error(why, 0)
  end
  return nil, why.message
end

return imds
