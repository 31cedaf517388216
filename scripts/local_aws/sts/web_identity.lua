-- Tokens of an OpenID Connect provider, as AssumeRoleWithWebIdentity takes them. The provider of a role here is its
-- webIdentity = {issuer=, key=} in the accounts file, and signs with HS256: a secret that both know, for there is no key server
-- to ask on one machine.

local crypto = require "crypto"
local json = require "json"
local time = require "time"

local web_identity = {}

local function decode(part)
  local text = crypto.base64url_decode(part)
  local parsed, value = pcall(json.decode, text or "")
  return parsed and type(value) == "table" and value or nil
end

-- The token's claims, or nil, the code and the sentence of the refusal. provider: the role's, nil when it has none.
function web_identity.verify(token, provider)
  local head, body, signature = token:match "^([%w_-]+)%.([%w_-]+)%.([%w_-]+)$"
  local header, claims = head and decode(head), body and decode(body)
  if not header or not claims or header.alg ~= "HS256" or type(claims.sub) ~= "string" then
    return nil, "InvalidIdentityToken", "The ID Token provided is not a valid JWT. (You may see this error if you sent an "
      .. "Access Token)"
  elseif not provider or claims.iss ~= provider.issuer then
    return nil, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"
  elseif not crypto.equal(crypto.base64url_encode(crypto.hmac_sha256(provider.key, head .. "." .. body)), signature) then
    return nil, "InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider, please reference "
      .. "AssumeRoleWithWebIdentity documentation for requirements"
  elseif type(claims.exp) ~= "number" or claims.exp <= time.wall() then
    return nil, "ExpiredTokenException", "Token expired: current date/time must be before the expiration date/time"
  end
  return claims
end

-- A token of this provider: what a Kubernetes node or a CI service would have written into the file.
function web_identity.token(provider, subject, seconds)
  local head = crypto.base64url_encode(json.encode { alg = "HS256", typ = "JWT" })
  local body = crypto.base64url_encode(json.encode {
    iss = provider.issuer, sub = subject, aud = "sts.amazonaws.com", exp = math.floor(time.wall()) + (seconds or 3600),
  })
  return head .. "." .. body .. "."
    .. crypto.base64url_encode(crypto.hmac_sha256(provider.key, head .. "." .. body))
end

return web_identity
