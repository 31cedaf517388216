-- Launches by client token, which AWS keeps for a day: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html

local fault = require "local_aws.fault"
local json = require "json"

local client_tokens = {}

client_tokens.schema = [[
CREATE TABLE IF NOT EXISTS ec2_client_tokens (
  account TEXT NOT NULL, region TEXT NOT NULL, token TEXT NOT NULL, input TEXT NOT NULL, reservation TEXT NOT NULL,
  at_us INTEGER NOT NULL, PRIMARY KEY (account, region, token)
) WITHOUT ROWID;
]]

local DAY_US = 86400 * 1000000

-- Everything that a call asks for, as one text; taken before anything is made of it.
client_tokens.fingerprint = json.encode

-- The reservation of an earlier call with this token; nil for a new one. Another call under it is refused.
function client_tokens.earlier(call, asked, now)
  local token = call.input.ClientToken
  local row = token and call.world.db:first([[SELECT * FROM ec2_client_tokens WHERE account = ? AND region = ? AND token = ?
    AND at_us > ?]], call.account, call.region, token, now - DAY_US)
  if row and row.input ~= asked then
    fault.raise("IdempotentParameterMismatch", "Arguments on this idempotent request are inconsistent with arguments used in "
      .. "previous request(s).")
  end
  return row and row.reservation
end

-- Keeps what came of a call, if it has a token.
function client_tokens.keep(call, asked, reservation, now)
  if call.input.ClientToken then
    call.world.db:run("INSERT OR REPLACE INTO ec2_client_tokens VALUES (?, ?, ?, ?, ?, ?)", call.account, call.region,
      call.input.ClientToken, asked, reservation, now)
  end
end

return client_tokens
