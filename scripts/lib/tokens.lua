-- Page tokens: opaque and signed, so that nobody can make one, or use one with another question.

local config = require "config"
local crypto = require "crypto"
local ids    = require "lib.ids"
local json   = require "json"
local reply  = require "lib.reply"

local tokens = {}

-- Several processes answer one client, so the key must be the same for all of them. Without a secret of its own it comes from
-- what they share. That is no secret, and need not be one: a token holds a place in a list, and no right.
local function key()
  local secret = config.get("DRSH_TOKEN_SECRET")
  if secret and secret ~= "" then return secret end
  return "drsh page token " .. config.require("EXECUTION_HISTORY_TABLE") .. (config.get("STATE_MACHINE_ARN") or "")
end

local function signature(text)
  return crypto.base64url_encode(crypto.hmac_sha256(key(), text):sub(1, 18))
end

local function refuse()
  reply.fail(400, "INVALID_NEXT_TOKEN", "nextToken is not one that this question gave", { field = "nextToken" })
end

--- A token for `place` (a small table) in the answer to `question` (a table of the filters).
function tokens.issue(place, question)
  local text = crypto.base64url_encode(json.encode { at = place, of = ids.fingerprint(json.encode(json.object(question))) })
  return text .. "." .. signature(text)
end

--- The place that a token stands for. 400 when it was changed, or belongs to another question.
function tokens.read(token, question)
  local text, signed = token:match("^([%w_-]+)%.([%w_-]+)$")
  if not text or #token > 2048 or not crypto.equal(signature(text), signed) then refuse() end
  local content = json.decode(crypto.base64url_decode(text))
  if content.of ~= ids.fingerprint(json.encode(json.object(question))) then refuse() end
  return content.at
end

return tokens
