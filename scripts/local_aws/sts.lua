-- STS: who am I, temporary keys. Sessions live on the wall's clock, as signatures do.

local accounts = require "local_aws.accounts"
local crypto = require "crypto"
local fault = require "local_aws.fault"
local json = require "json"
local time = require "time"
local web_identity = require "local_aws.sts.web_identity"

local function refuse(code, message, status)
  local failure = fault.new(code, message)
  failure.status = status
  error(failure, 0)
end

local function new_session(call, arn, user_id, account, seconds)
  local session = {
    accessKeyId = accounts.unique_id("ASIA", nil, 16),
    secretAccessKey = crypto.base64_encode(crypto.random_bytes(30)),
    token = "IQoJb3JpZ2luX2VjE" .. crypto.base64_encode(crypto.random_bytes(180)),
    account = account, arn = arn, userId = user_id, expiresAt = math.floor(time.wall()) + seconds,
  }
  accounts.add_session(call.world.db, session)
  return {
    AccessKeyId = session.accessKeyId, SecretAccessKey = session.secretAccessKey, SessionToken = session.token,
    Expiration = session.expiresAt,
  }
end

local function is_role_session(principal)
  return principal.arn:find(":assumed-role/", 1, true) ~= nil
end

-- What a caller without the right is told: AWS does not say whether the role exists.
local function deny(call, role_arn)
  refuse("AccessDenied", ("User: %s is not authorized to perform: sts:AssumeRole on resource: %s"):format(call.principal.arn,
    role_arn), 403)
end

local function trusts(role, call)
  local trusted = false
  for _, account in ipairs(role.trustedAccounts) do
    trusted = trusted or account == call.principal.account or account == "*"
  end
  return trusted and (role.externalId == nil or role.externalId == call.input.ExternalId)
end

local function check_duration(call, role, seconds)
  if is_role_session(call.principal) and seconds > 3600 then
    refuse("ValidationError",
      "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining", 400)
  elseif seconds > role.maxSessionDuration then
    refuse("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", 400)
  end
end

local operations = {}

function operations.GetCallerIdentity(call)
  return { Account = call.principal.account, Arn = call.principal.arn, UserId = call.principal.userId }
end

-- -> account and name of a role
local function parts_of(role_arn)
  local account, path = role_arn:match("^arn:aws[%w-]*:iam::(%d+):role/(.+)$")
  if not account or #account ~= 12 then
    refuse("ValidationError", role_arn .. " is invalid", 400)
  end
  return account, path:match("[^/]+$")
end

function operations.AssumeRole(call)
  local input = call.input
  local account, name = parts_of(input.RoleArn)
  if call.principal.arn:find(":root$") then
    refuse("AccessDenied", "Roles may not be assumed by root accounts.", 403)
  end
  local role = accounts.role(call.world.db, account, name)
  if not role or not trusts(role, call) then
    deny(call, input.RoleArn)
  end
  local seconds = input.DurationSeconds or math.min(3600, role.maxSessionDuration)
  check_duration(call, role, seconds)
  local arn = ("arn:aws:sts::%s:assumed-role/%s/%s"):format(account, name, input.RoleSessionName)
  local id = role.roleId .. ":" .. input.RoleSessionName
  return {
    Credentials = new_session(call, arn, id, account, seconds),
    AssumedRoleUser = { AssumedRoleId = id, Arn = arn },
    PackedPolicySize = input.Policy and math.min(100, #input.Policy // 20) or nil,
    SourceIdentity = input.SourceIdentity,
  }
end

-- Not signed: the token says who calls.
function operations.AssumeRoleWithWebIdentity(call)
  local input = call.input
  local account, name = parts_of(input.RoleArn)
  local role = accounts.role(call.world.db, account, name)
  local claims, code, message = web_identity.verify(input.WebIdentityToken, role and role.webIdentity)
  if not claims then
    refuse(code, message, code == "AccessDenied" and 403 or 400)
  end
  local seconds = input.DurationSeconds or math.min(3600, role.maxSessionDuration)
  if seconds > role.maxSessionDuration then
    refuse("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", 400)
  end
  local arn = ("arn:aws:sts::%s:assumed-role/%s/%s"):format(account, name, input.RoleSessionName)
  local id = role.roleId .. ":" .. input.RoleSessionName
  return {
    Credentials = new_session(call, arn, id, account, seconds),
    AssumedRoleUser = { AssumedRoleId = id, Arn = arn },
    SubjectFromWebIdentityToken = claims.sub, Audience = claims.aud, Provider = claims.iss,
  }
end

function operations.GetSessionToken(call)
  if call.principal.accessKeyId and call.principal.accessKeyId:find("^ASIA") then
    refuse("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
  end
  local principal = call.principal
  return { Credentials = new_session(call, principal.arn, principal.userId, principal.account, call.input.DurationSeconds
    or 43200) }
end

function operations.GetFederationToken(call)
  local name, account = call.input.Name, call.principal.account
  if call.principal.accessKeyId and call.principal.accessKeyId:find("^ASIA") then
    refuse("AccessDenied", "Cannot call GetFederationToken with session credentials", 403)
  end
  local arn, id = ("arn:aws:sts::%s:federated-user/%s"):format(account, name), account .. ":" .. name
  return {
    Credentials = new_session(call, arn, id, account, call.input.DurationSeconds or 43200),
    FederatedUser = { Arn = arn, FederatedUserId = id },
    PackedPolicySize = call.input.Policy and math.min(100, #call.input.Policy // 20) or nil,
  }
end

function operations.GetAccessKeyInfo(call)
  local key = accounts.find(call.world.db, call.input.AccessKeyId)
  if not key then
    refuse("ValidationError", "Access key not found: " .. call.input.AccessKeyId, 400)
  end
  return { Account = key.account }
end

-- Denials here name their reason in the clear; the encoded form is the same JSON in base64url.
function operations.DecodeAuthorizationMessage(call)
  local text = crypto.base64url_decode(call.input.EncodedMessage)
  if not text or not pcall(json.decode, text) then
    refuse("InvalidAuthorizationMessageException", "Invalid authorization message", 400)
  end
  return { DecodedMessage = text }
end

return { name = "sts", model = "sts", schema = "", operations = operations }
