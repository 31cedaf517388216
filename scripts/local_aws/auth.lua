-- Who makes this call: finds the key, checks that it lives and that the signature is right. Time is the wall's: clients sign
-- with theirs. Each protocol has its own names for the same refusals, as AWS has.

local accounts = require "local_aws.accounts"
local fault = require "local_aws.fault"
local sigv4 = require "sigv4"
local time = require "time"

local auth = {}

local MISMATCH = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
  .. "Key and signing method. Consult the service documentation for details."
local UNKNOWN = "The security token included in the request is invalid."
local EC2_UNKNOWN = "AWS was not able to validate the provided access credentials"

-- The code, the HTTP status and, where AWS has its own words, the text of each refusal.
local REFUSALS = {
  json = {
    missing = { "MissingAuthenticationTokenException", 400 },
    incomplete = { "IncompleteSignatureException", 400 },
    mismatch = { "InvalidSignatureException", 400 },
    unknown = { "UnrecognizedClientException", 400 },
    expired = { "ExpiredTokenException", 400 },
  },
  rest_json = {
    missing = { "MissingAuthenticationTokenException", 403, "Missing Authentication Token" },
    incomplete = { "IncompleteSignatureException", 403 },
    mismatch = { "InvalidSignatureException", 403 },
    unknown = { "UnrecognizedClientException", 403 },
    expired = { "ExpiredTokenException", 403 },
  },
  query = {
    missing = { "MissingAuthenticationToken", 403 },
    incomplete = { "IncompleteSignature", 400 },
    mismatch = { "SignatureDoesNotMatch", 403 },
    unknown = { "InvalidClientTokenId", 403 },
    expired = { "ExpiredToken", 403 },
  },
  ec2 = {
    missing = { "MissingAuthenticationToken", 403, "The request must contain valid credentials" },
    incomplete = { "IncompleteSignature", 400 },
    mismatch = { "AuthFailure", 401, EC2_UNKNOWN },
    unknown = { "AuthFailure", 401, EC2_UNKNOWN },
    expired = { "RequestExpired", 400, "Request has expired." },
    -- https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html: a clock that is wrong has its own code here.
    skewed = { "RequestExpired", 400, "Request has expired." },
  },
}

-- Seconds that a client's clock may be wrong; five minutes elsewhere.
local MAX_SKEW = { ec2 = 900 }

REFUSALS.rest_xml, REFUSALS.rpc_cbor = REFUSALS.query, REFUSALS.json

-- Raises the refusal of this kind as the protocol has it.
function auth.refuse(protocol, kind, message)
  local code, status, own_words = table.unpack(REFUSALS[protocol][kind] or REFUSALS[protocol].mismatch)
  local failure = fault.new(code, own_words or message)
  failure.status = status
  error(failure, 0)
end

-- What sigv4 calls it -> what we call it. A date that is too old or too new counts as a wrong signature, as on AWS.
local KINDS = {
  MissingAuthenticationToken = "missing",
  MissingAuthenticationTokenException = "missing",
  IncompleteSignature = "incomplete",
  IncompleteSignatureException = "incomplete",
}

-- The scope of the request's signature: {access_key_id=, date=, region=, service=, session_token=, ...}; nil when it is not
-- signed. Raises when it is signed badly.
function auth.scope(request, protocol)
  local parsed, code, message = sigv4.parse(request)
  if parsed then
    return parsed
  elseif KINDS[code] == "missing" then
    return nil
  end
  return auth.refuse(protocol, KINDS[code] or "mismatch", message)
end

local function check_key(protocol, key, scope)
  if not key or (key.token or "") ~= (scope.session_token or "") then
    auth.refuse(protocol, "unknown", UNKNOWN)
  elseif key.expiresAt and key.expiresAt <= time.wall() then
    auth.refuse(protocol, "expired", "The security token included in the request is expired")
  end
end

-- Who signed: {arn=, userId=, account=, accessKeyId=}, or raises.
function auth.authenticate(db, entry, request, scope)
  local protocol = entry.protocol
  if not scope then
    auth.refuse(protocol, "missing", "Request is missing Authentication Token")
  end
  local key = accounts.find(db, scope.access_key_id)
  check_key(protocol, key, scope)
  if scope.service ~= entry.name then
    auth.refuse(protocol, "mismatch", ("Credential should be scoped to correct service: '%s'. "):format(entry.name))
  end
  local ok, code, message = sigv4.verify {
    method = request.method, target = request.target, headers = request.headers, body = request.body,
    secret_access_key = key.secretAccessKey, time = time.wall(), max_skew = MAX_SKEW[protocol] or 300,
  }
  if not ok then
    local kind = message and message:find("^Signature ") and "skewed" or KINDS[code] or "mismatch"
    auth.refuse(protocol, kind, kind ~= "mismatch" and message or MISMATCH)
  end
  return { arn = key.arn, userId = key.userId, account = key.account, accessKeyId = key.accessKeyId }
end

return auth
