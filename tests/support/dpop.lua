-- Checks a proof of possession (RFC 9449) with the openssl command, which knows nothing of our signing.
--
--   dpop.check(text) -> its header, its payload; raises when the signature is not that of the key that the header names

local crypto     = require "crypto"
local json       = require "json"
local program    = require "tests.support.program"
local subprocess = require "subprocess"

local dpop = {}

-- What stands before the point of a public key of the curve P-256 (RFC 5480).
local POINT = crypto.unhex "3059301306072a8648ce3d020106082a8648ce3d03010703420004"

local function write(path, bytes)
  local file <close> = assert(io.open(path, "wb"))
  file:write(bytes)
end

-- A number of 32 bytes as an ASN.1 INTEGER.
local function integer(bytes)
  bytes = bytes:gsub("^\0+", "")
  if bytes == "" or bytes:byte() > 127 then bytes = "\0" .. bytes end
  return "\2" .. string.char(#bytes) .. bytes
end

local function verified(text, signature, key)
  local folder = program.folder()
  local halves = integer(signature:sub(1, 32)) .. integer(signature:sub(33))
  write(folder .. "/text", text)
  write(folder .. "/signature", "\48" .. string.char(#halves) .. halves)
  write(folder .. "/key", POINT .. key)
  local result = subprocess.run {
    "openssl", "dgst", "-sha256", "-verify", folder .. "/key", "-keyform", "DER", "-signature", folder .. "/signature",
    folder .. "/text",
  }
  program.remove(folder)
  return result.code == 0 and result.stdout == "Verified OK\n"
end

function dpop.check(proof)
  local head, body, tail = proof:match "^([%w_-]+)%.([%w_-]+)%.([%w_-]+)$"
  assert(head, "no JSON Web Signature: " .. proof)
  local header, signature = json.decode(crypto.base64url_decode(head)), crypto.base64url_decode(tail)
  assert(#signature == 64, "the signature has " .. #signature .. " bytes")
  local key = crypto.base64url_decode(header.jwk.x) .. crypto.base64url_decode(header.jwk.y)
  assert(verified(head .. "." .. body, signature, key), "the signature is wrong")
  return header, json.decode(crypto.base64url_decode(body))
end

return dpop
