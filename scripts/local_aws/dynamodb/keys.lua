-- Keys: their bytes for the database, and whether what a caller sent is a key of the table.
--
-- A "schema" here is a table or one of its indexes as tables.lua makes them: {hashes={"p"}, ranges={"r"} ...}; types are the
-- table's.

local crypto  = require "crypto"
local decimal = require "local_aws.dynamodb.decimal"
local fault   = require "local_aws.fault"

local keys = {}

local INVALID = "One or more parameter values were invalid: "
local NO_MATCH = "The provided key element does not match the schema"
local LONG_KIND = { S = "string", B = "binary" }

local function refuse(message)
  fault.raise("ValidationException", message)
end

-- Order-preserving bytes of a key attribute.
function keys.bytes(attribute)
  local kind, content = next(attribute)
  return kind == "N" and decimal.encode(decimal.parse(content)) or content
end

-- A number as the partitioning sees it: exponent in hundreds, then two digits a byte.
local function partition_number(text)
  local number = decimal.parse(text)
  if number.digits == "" then
    return "\x80"
  end
  local odd = number.exponent % 2
  local digits = ("0"):rep(odd) .. number.digits
  digits = digits .. ("0"):rep(#digits % 2)
  local first = ((number.exponent + odd) // 2 - 64) & 255
  local bytes = { string.char(number.negative and first ~ 255 or first) }
  for pair in digits:gmatch "%d%d" do
    local hundredths = tonumber(pair)
    bytes[#bytes + 1] = string.char(number.negative and 101 - hundredths or hundredths + 1)
  end
  if number.negative and #bytes < 21 then
    bytes[#bytes + 1] = "\102"
  end
  return table.concat(bytes)
end

local function partition_bytes(attribute)
  local kind, content = next(attribute)
  return kind == "N" and partition_number(content) or content
end

-- 24 bits that spread partitions in the order in which DynamoDB scans them. `...` are the attributes of the key.
local function slot_of(...)
  local parts = { "Outliers" }
  for place, attribute in ipairs { ... } do
    parts[place + 1] = partition_bytes(attribute)
  end
  return (string.unpack(">I3", crypto.md5(table.concat(parts))))
end

-- One attribute's part of a key of several: what is followed by another ends in a mark that is below all bytes of a longer one.
function keys.part(attribute, is_followed)
  local bytes = keys.bytes(attribute)
  return is_followed and bytes:gsub("\0", "\0\255") .. "\0\1" or bytes
end

-- Order-preserving bytes of all named attributes together.
local function composed(names, item)
  local parts = {}
  for place, name in ipairs(names) do
    parts[place] = keys.part(item[name], place < #names)
  end
  return table.concat(parts)
end

-- -> slot, hash: the partition of an item or key under a schema
function keys.partition(schema, item)
  local attributes = {}
  for place, name in ipairs(schema.hashes) do
    attributes[place] = item[name]
  end
  return slot_of(table.unpack(attributes)), composed(schema.hashes, item)
end

-- -> {slot=, hash=, range=} of an item or key under a schema.
function keys.place(schema, item)
  local slot, hash = keys.partition(schema, item)
  return { slot = slot, hash = hash, range = composed(schema.ranges, item) }
end

-- Number of the first slot of a scan segment, of `total`.
function keys.segment_start(segment, total)
  return math.ceil(4096 * segment / total) * 4096
end

-- The table's key in one string, for ordering index entries with equal keys.
function keys.primary(table_, item)
  local hash, range = item[table_.hash], table_.range and item[table_.range]
  local slot = string.pack(">I3", slot_of(hash, range))
  return slot .. string.pack(">s2", keys.bytes(hash)) .. (range and keys.bytes(range) or "")
end

-- The key attributes of an item, for the table and perhaps an index.
function keys.extract(item, table_, index)
  local key = {}
  for _, schema in ipairs { table_, index } do
    for _, name in ipairs(schema.names) do
      key[name] = item[name]
    end
  end
  return key
end

local function check_size(content, kind, is_hash, prefix)
  if kind == "N" then
    return
  elseif is_hash and #content > 2048 then
    refuse((prefix or "") .. INVALID .. "Size of hashkey has exceeded the maximum size limit of2048 bytes")
  elseif not is_hash and #content > 1024 then
    refuse((prefix or "") .. INVALID .. "Aggregated size of all range keys has exceeded the size limit of 1024 bytes")
  end
end

-- One attribute of a key as a caller sent it. `prefix` stands before the sentence.
function keys.check_piece(table_, key, name, is_hash, prefix)
  prefix = prefix or ""
  local kind = table_.types[name]
  local content = key[name] and key[name][kind]
  if content == nil then
    refuse(prefix .. NO_MATCH)
  elseif content == "" then
    refuse(("%sOne or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty %s "
      .. "value. Key: %s"):format(prefix, LONG_KIND[kind], name))
  end
  check_size(content, kind, is_hash, prefix)
end

-- Is this the whole key of the table, and nothing else?
function keys.check(table_, key)
  local count = 0
  for _ in pairs(key) do
    count = count + 1
  end
  if count ~= #table_.names then
    refuse(NO_MATCH)
  end
  keys.check_piece(table_, key, table_.hash, true)
  if table_.range then
    keys.check_piece(table_, key, table_.range, false)
  end
end

local function check_item_key(table_, item, name, is_hash)
  local kind = table_.types[name]
  if not item[name] then
    refuse(INVALID .. "Missing the key " .. name .. " in the item")
  end
  local content = item[name][kind]
  if content == nil then
    refuse(("%sType mismatch for key %s expected: %s actual: %s"):format(INVALID, name, kind, (next(item[name]))))
  elseif content == "" then
    refuse(("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty %s "
      .. "value. Key: %s"):format(LONG_KIND[kind], name))
  end
  check_size(content, kind, is_hash)
end

local function check_index_key(table_, index, item, name, is_hash)
  if not item[name] then
    return
  end
  local kind = table_.types[name]
  local content = item[name][kind]
  if content == nil then
    refuse(("%sType mismatch for Index Key %s Expected: %s Actual: %s IndexName: %s")
      :format(INVALID, name, kind, (next(item[name])), index.name))
  elseif content == "" then
    refuse(("One or more parameter values are not valid. A value specified for a secondary index key is not supported. "
      .. "The AttributeValue for a key attribute cannot contain an empty %s value. IndexName: %s, IndexKey: %s")
      :format(LONG_KIND[kind], index.name, name))
  end
  check_size(content, kind, is_hash)
end

-- May this item be put into the table?
function keys.check_item(table_, item)
  check_item_key(table_, item, table_.hash, true)
  if table_.range then
    check_item_key(table_, item, table_.range, false)
  end
  keys.check_index_keys(table_, item)
end

-- The same for a batch, where DynamoDB speaks of a missing or mistyped key in other words.
function keys.check_batch_item(table_, item)
  for _, name in ipairs(table_.names) do
    keys.check_piece(table_, item, name, name == table_.hash)
  end
  keys.check_index_keys(table_, item)
end

-- The first index by name is the one that an error speaks of.
function keys.check_index_keys(table_, item)
  for _, index in ipairs(table_.indexes_by_name) do
    for place, name in ipairs(index.names) do
      check_index_key(table_, index, item, name, place <= #index.hashes)
    end
  end
end

-- Paths into key attributes ("p.x") are refused: keys are scalars.
function keys.check_paths(table_, paths)
  local function check(name, label)
    for _, path in ipairs(paths) do
      if #path > 1 and path[1] == name then
        refuse(("Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: %s: %s")
          :format(label, name))
      end
    end
  end
  for _, name in ipairs(table_.names) do
    check(name, "Key")
  end
  for _, index in ipairs(table_.indexes) do
    for _, name in ipairs(index.names) do
      check(name, "IndexKey")
    end
  end
end

return keys
