-- Key pairs: public keys, by name.

local crypto = require "crypto"
local fault = require "local_aws.fault"
local filters = require "local_aws.ec2.filters"
local ids = require "local_aws.ids"
local json = require "json"
local store = require "local_aws.ec2.store"
local tags = require "local_aws.ec2.tags"
local time = require "time"

local key_pairs = {}

local function missing(name)
  fault.raise("InvalidKeyPair.NotFound", ("The key pair '%s' does not exist"):format(name))
end

-- The key pair of this name; raises when there is none.
function key_pairs.need(call, name)
  return store.where(call, "key-pair", "KeyName", name)[1] or missing(name)
end

local KINDS = { ["ssh-rsa"] = "rsa", ["ssh-ed25519"] = "ed25519" }

-- The kind of an OpenSSH public key and its fingerprint: EC2 shows imported RSA keys by the MD5 of what is in the key, ED25519
-- ones by its SHA-256 (as ssh-keygen does).
local function read_key(text)
  local kind, body = text:match "^(%S+) (%S+)"
  local bytes = KINDS[kind] and crypto.base64_decode(body)
  if not bytes or bytes:sub(5, 4 + #kind) ~= kind then
    fault.raise("InvalidKey.Format", "Key is not in valid OpenSSH public key format")
  elseif KINDS[kind] == "ed25519" then
    return "ed25519", crypto.base64_encode(crypto.sha256(bytes))
  end
  return "rsa", (crypto.hex(crypto.md5(bytes)):gsub("%x%x", "%0:"):sub(1, -2))
end

local operations = {}

function operations.ImportKeyPair(call)
  local input = call.input
  if store.where(call, "key-pair", "KeyName", input.KeyName)[1] then
    fault.raise("InvalidKeyPair.Duplicate", ("The keypair already exists: %s"):format(input.KeyName))
  end
  local kind, fingerprint = read_key(input.PublicKeyMaterial)
  local id = ids.new "key-"
  local pair = store.insert(call, "key-pair", { id = id, KeyPairId = id, KeyName = input.KeyName, KeyType = kind,
    KeyFingerprint = fingerprint, CreateTime = time.now() // 1, key = input.PublicKeyMaterial },
    tags.from_specifications(input.TagSpecifications, "key-pair"))
  return { KeyPairId = id, KeyName = pair.KeyName, KeyFingerprint = fingerprint, Tags = store.tags(call, id) }
end

-- Deleting what is not there is no fault.
function operations.DeleteKeyPair(call)
  local input = call.input
  local pair = input.KeyPairId and store.find(call, "key-pair", input.KeyPairId)
    or input.KeyName and store.where(call, "key-pair", "KeyName", input.KeyName)[1]
  if pair then
    store.remove(call, pair)
  end
  return { Return = true, KeyPairId = pair and pair.id }
end

function operations.DescribeKeyPairs(call)
  local input, found = call.input, json.array {}
  local matches = filters.compile(input.Filters, filters.fields {
    ["key-name"] = "KeyName", ["key-pair-id"] = "KeyPairId", fingerprint = "KeyFingerprint",
  })
  local asked, given = {}, false
  for _, name in ipairs(input.KeyNames or {}) do
    asked[key_pairs.need(call, name).id], given = true, true
  end
  for _, id in ipairs(input.KeyPairIds or {}) do
    asked[store.need(call, "key-pair", id).id], given = true, true
  end
  for _, pair in ipairs(store.all(call, "key-pair")) do
    local shown = store.shown(call, pair)
    shown.PublicKey, shown.key = input.IncludePublicKey and shown.key or nil, nil
    if (not given or asked[pair.id]) and matches(shown) then
      found[#found + 1] = shown
    end
  end
  return { KeyPairs = found }
end

key_pairs.operations = operations

return key_pairs
