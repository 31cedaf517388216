-- ItemCollectionMetrics: the size of all items with one hash key, in tables that have local indexes.
--
-- A collection's size is added up once, when it is first asked for, and kept from then on: it costs the same for all sizes.

local keys   = require "local_aws.dynamodb.keys"
local json   = require "json"
local sqlite = require "sqlite"

local collections = {}

local GIGABYTE = 1024 * 1024 * 1024

local function has_local(table_)
  for _, index in ipairs(table_.indexes) do
    if index.kind == "LOCAL" then
      return true
    end
  end
  return false
end

local WHERE = " WHERE table_id = ? AND slot = ? AND hash = ?"

local function bytes_of(db, table_, slot, hash)
  local kept = db:first("SELECT bytes FROM dynamodb_collection" .. WHERE, table_.id, slot, hash)
  if kept then
    return kept.bytes
  end
  local sum = db:first("SELECT coalesce(sum(size), 0) AS bytes FROM dynamodb_item" .. WHERE, table_.id, slot, hash).bytes
  db:run("INSERT INTO dynamodb_collection (table_id, slot, hash, bytes) VALUES (?, ?, ?, ?)", table_.id, slot, hash, sum)
  return sum
end

-- An item of this collection has grown by so many bytes.
function collections.grow(db, table_, item, bytes)
  if has_local(table_) then
    local slot, hash = keys.partition(table_, item)
    db:run("UPDATE dynamodb_collection SET bytes = bytes + ?" .. WHERE, bytes, table_.id, slot, sqlite.blob(hash))
  end
end

function collections.describe(call, table_, wanted, key)
  if wanted ~= "SIZE" or not has_local(table_) then
    return nil
  end
  local slot, hash = keys.partition(table_, key)
  local low = bytes_of(call.world.db, table_, slot, sqlite.blob(hash)) // GIGABYTE
  return { ItemCollectionKey = { [table_.hash] = key[table_.hash] }, SizeEstimateRangeGB = json.array { low, low + 1 } }
end

return collections
