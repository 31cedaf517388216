-- Ids as EC2 and DRS make them: a prefix and 17 hexadecimal digits.

local crypto = require "crypto"

local ids = {}

-- "vol-0a1b..."
function ids.new(prefix)
  return prefix .. crypto.hex(crypto.random_bytes(9)):sub(1, 17)
end

-- An id that is the same for the same text: for things that are computed, not stored.
function ids.derived(prefix, text)
  return prefix .. crypto.hex(crypto.sha256(text)):sub(1, 17)
end

return ids
