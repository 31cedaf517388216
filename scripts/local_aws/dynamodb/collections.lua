-- ItemCollectionMetrics: the size of all items with one hash key, in tables that have local indexes.

local keys   = require "local_aws.dynamodb.keys"
local json   = require "json"
local sqlite = require "sqlite"

local collections = {}

local GIGABYTE = 1024 * 1024 * 1024

function collections.describe(call, table_, wanted, key)
  local has_local = false
  for _, index in ipairs(table_.indexes) do
    has_local = has_local or index.kind == "LOCAL"
  end
  if wanted ~= "SIZE" or not has_local then
    return nil
  end
  local place = keys.place(table_, key)
  local bytes = call.world.db:first([[SELECT total(size) AS bytes FROM dynamodb_item
    WHERE table_id = ? AND slot = ? AND hash = ?]], table_.id, place.slot, sqlite.blob(place.hash)).bytes
  local low = math.floor(bytes / GIGABYTE)
  return { ItemCollectionKey = { [table_.hash] = key[table_.hash] }, SizeEstimateRangeGB = json.array { low, low + 1 } }
end

return collections
