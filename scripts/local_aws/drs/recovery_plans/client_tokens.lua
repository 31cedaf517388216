-- Idempotency: the same clientToken with the same input gives what the first call made, with another input a conflict. A token
-- is kept as long as what it made.

local crypto = require "crypto"
local failures = require "local_aws.drs.failures"
local json = require "json"

local client_tokens = {}

client_tokens.schema = [[
CREATE TABLE IF NOT EXISTS drs_client_tokens (
  account TEXT NOT NULL, region TEXT NOT NULL, operation TEXT NOT NULL, token TEXT NOT NULL, fingerprint TEXT NOT NULL,
  resource TEXT NOT NULL, PRIMARY KEY (account, region, operation, token)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS drs_client_tokens_resource ON drs_client_tokens (resource);
]]

local function fingerprint(call)
  local input = {}
  for name, value in pairs(call.input) do
    input[name] = name ~= "clientToken" and value or nil
  end
  return crypto.hex(crypto.sha256(json.encode(json.object(input))))
end

-- The id that make() answers, or answered when this call came first.
function client_tokens.once(call, make)
  local token = call.input.clientToken
  if not token or token == "" then
    return make()
  end
  local db, print = call.world.db, fingerprint(call)
  local known = db:first([[SELECT fingerprint, resource FROM drs_client_tokens WHERE account = ? AND region = ?
    AND operation = ? AND token = ?]], call.account, call.region, call.operation, token)
  if known and known.fingerprint ~= print then
    failures.conflict("The clientToken was used with other parameters before.", "ClientToken", token)
  elseif known then
    return known.resource
  end
  local id = make()
  db:run("INSERT INTO drs_client_tokens (account, region, operation, token, fingerprint, resource) VALUES (?, ?, ?, ?, ?, ?)",
    call.account, call.region, call.operation, token, print, id)
  return id
end

function client_tokens.forget(call, id)
  call.world.db:run("DELETE FROM drs_client_tokens WHERE resource = ?", id)
end

return client_tokens
