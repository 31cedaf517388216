-- Identifiers: what they look like, and how one is derived.

local crypto = require "crypto"
local reply  = require "lib.reply"
local uuid   = require "uuid"

local ids = {}

--- The execution id in a path: a UUID, or an ARN whose last part is one. 400 otherwise.
function ids.execution(text)
  local last = tostring(text or ""):match("([^:]*)$")
  if not uuid.is_valid(last) then
    reply.fail(400, "INVALID_EXECUTION_ID", "the execution id must be a UUID, or an ARN that ends in one",
      { executionId = tostring(text or ""):sub(1, 200) })
  end
  return last:lower()
end

function ids.is_job(text)
  return type(text) == "string" and text:match("^drsjob%-%w+$") ~= nil and #text == 24
end

function ids.is_instance(text)
  return type(text) == "string" and text:match("^i%-%x+$") ~= nil and #text >= 10 and #text <= 40
end

--- A UUID that is the same for the same text: version 8, "vendor's own" (RFC 9562).
function ids.derived_uuid(text)
  local hex = crypto.hex(crypto.sha256(text))
  local choice = tonumber(hex:sub(17, 17), 16) % 4 + 1
  local variant = ("89ab"):sub(choice, choice)
  return ("%s-%s-8%s-%s%s-%s"):format(hex:sub(1, 8), hex:sub(9, 12), hex:sub(14, 16), variant, hex:sub(18, 20), hex:sub(21, 32))
end

--- A short fingerprint of a text.
function ids.fingerprint(text)
  return crypto.hex(crypto.sha256(text)):sub(1, 32)
end

return ids
