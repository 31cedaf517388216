-- What `aws login` left in the CLI's cache, renewed as the CLI does it: OAuth's refresh token for new keys at AWS Sign-In, with
-- a proof that we hold the private key of the log-in (DPoP, RFC 9449). The cache is shared with the CLI and the SDKs, which
-- know no lock: the file is read again each time, and replaced whole. (botocore 1.44.8, LoginCredentialFetcher.)

local answer     = require "aws.credentials.answer"
local cache_file = require "aws.credentials.cache_file"
local config     = require "config"
local crypto     = require "crypto"
local endpoints  = require "aws.endpoints"
local json       = require "json"
local log        = require "log"
local problem    = require "aws.credentials.problem"
local refresh    = require "aws.refresh"
local settings   = require "aws.settings"
local time       = require "time"
local uuid       = require "uuid"

local login_token = {}

local WINDOW = 5 * 60 -- seconds before the keys' end: from here on they are renewed, as by the SDKs

-- What endpoints need to know of a service without a model.
local SIGNIN = { service = "signin", metadata = { endpointPrefix = "signin", serviceId = "Signin" }, operations = {} }
local WHO = "AWS Sign-In"

-- What Sign-In says of a session that cannot be renewed (its AccessDeniedException's `error`).
local REFUSALS = {
  TOKEN_EXPIRED = "the session has ended",
  USER_CREDENTIALS_CHANGED = "the user's password has changed",
  INSUFFICIENT_PERMISSIONS = "the user lacks signin:CreateOAuth2Token, as in the policy SignInLocalDevelopmentAccess",
}

local function encoded(value)
  return crypto.base64url_encode(json.encode(value))
end

-- The proof for one request (RFC 9449, section 4.2); no two are alike.
local function proof(key, url)
  local x, y = crypto.es256_public(key)
  local text = encoded {
    typ = "dpop+jwt", alg = "ES256",
    jwk = { kty = "EC", crv = "P-256", x = crypto.base64url_encode(x), y = crypto.base64url_encode(y) },
  } .. "." .. encoded { htm = "POST", htu = url, iat = math.floor(time.wall()), jti = uuid.v4() }
  return text .. "." .. crypto.base64url_encode(crypto.es256_sign(key, text))
end

-- What an answer that is no success says, without what may be a secret.
local function refused(response)
  local read, value = pcall(json.decode, response.body)
  local code = read and type(value) == "table" and type(value.error) == "string" and value.error:sub(1, 80) or nil
  problem("CREDENTIALS_LOGIN", "%s", REFUSALS[code]
    or ("%s answers with status %d%s"):format(WHO, response.status, code and ", " .. code or ""))
end

local function ask(token, wanted)
  local region = type(token.signInRegion) == "string" and token.signInRegion or wanted.region -- older log-ins do not tell
  local url = endpoints.resolve(SIGNIN, region, {}, wanted.profile).url .. "/v1/token"
  local response = answer.ask(WHO, {
    method = "POST", url = url, timeout = 10, ca_bundle = settings.ca_bundle(wanted.profile),
    headers = { ["content-type"] = "application/json" },
    body = json.encode { clientId = token.clientId, grantType = "refresh_token", refreshToken = token.refreshToken },
  }, { tries = 3, before = function(request) request.headers.dpop = proof(token.dpopKey, url) end })
  if response.status ~= 200 then
    refused(response)
  end
  return answer.decode(WHO, response.body)
end

-- A token that lacks one of these was written by something else.
local function check(token, shown)
  for _, name in ipairs { "refreshToken", "dpopKey", "clientId" } do
    if type(token[name]) ~= "string" then
      problem("CREDENTIALS_LOGIN", "%s has no %s", shown, name)
    end
  end
  if not crypto.es256_public(token.dpopKey) then
    problem("CREDENTIALS_LOGIN", "the dpopKey in %s is no private key of the curve P-256", shown)
  end
end

local function text_of(value, name)
  return type(value[name]) == "string" and value[name] or problem("CREDENTIALS_LOGIN", "%s gives no %s", WHO, name)
end

-- The token with new keys in it.
local function renewed(token, wanted, shown)
  check(token, shown)
  local value = ask(token, wanted)
  local keys, life = value.accessToken, value.expiresIn
  if type(keys) ~= "table" or math.type(life) ~= "integer" then
    problem("CREDENTIALS_LOGIN", "%s gives no accessToken with an expiresIn", WHO)
  end
  token.accessToken = {
    accessKeyId = text_of(keys, "accessKeyId"), secretAccessKey = text_of(keys, "secretAccessKey"),
    sessionToken = text_of(keys, "sessionToken"), accountId = token.accessToken.accountId,
    expiresAt = time.iso8601(refresh.now() + life),
  }
  token.refreshToken = text_of(value, "refreshToken")
  return token
end

local function path_of(session)
  local name = crypto.hex(crypto.sha256(session:match "^%s*(.-)%s*$"))
  local folder = config.get "AWS_LOGIN_CACHE_DIRECTORY"
  if folder then
    local path = folder .. "/" .. name .. ".json"
    return path, path
  end
  return cache_file.path(".aws/login/cache", name)
end

-- The token in the file and the seconds that its keys live; nil when there is none.
local function read(path, shown)
  local token = cache_file.read(path, shown)
  local expires = token and type(token.accessToken) == "table" and cache_file.time(token.accessToken.expiresAt)
  if expires then
    return token, expires - refresh.now()
  end
end

local function ended(wanted, how)
  local name = wanted.profile.name
  problem("CREDENTIALS_LOGIN", "the login session of the profile '%s' %s: run 'aws login --profile %s'", name, how, name)
end

local function fetch(wanted, path, shown)
  local token, left = read(path, shown)
  if not token then
    ended(wanted, "is not in " .. shown)
  elseif left > WINDOW then
    return token.accessToken
  end
  local fine, result = pcall(renewed, token, wanted, shown)
  if fine then
    cache_file.keep(path, result, "login session")
    return result.accessToken
  end
  local why = tostring(type(result) == "table" and result.message or result)
  token, left = read(path, shown) -- another program may have used up the refresh token: then its keys are in the file
  if not token or left <= 0 then
    ended(wanted, ("has ended and is not renewed (%s)"):format(why))
  elseif left <= WINDOW then
    log.warn("the login session could not be renewed", { profile = wanted.profile.name, reason = why })
  end
  return token.accessToken
end

-- wanted: {session=, region=, profile= as loaded}. -> the keys' object, which has not ended, by one task at a time; and how a
-- person writes the path of the file that it is in.
function login_token.get(wanted)
  local path, shown = path_of(wanted.session)
  return refresh.once("login token\n" .. path, function()
    return fetch(wanted, path, shown)
  end), shown
end

return login_token
