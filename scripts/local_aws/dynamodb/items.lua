-- Items in the database, with the entries of their table's indexes and the table's counts.

local codec       = require "local_aws.dynamodb.codec"
local collections = require "local_aws.dynamodb.collections"
local json        = require "json"
local keys        = require "local_aws.dynamodb.keys"
local size        = require "local_aws.dynamodb.size"
local sqlite      = require "sqlite"

local items = {}

local blob = sqlite.blob

-- The stored item with this key -> {id=, item=, size=}, nil when there is none.
function items.find(db, table_, key)
  local place = keys.place(table_, key)
  local row = db:first("SELECT id, item, size FROM dynamodb_item WHERE table_id = ? AND slot = ? AND hash = ? AND range = ?",
    table_.id, place.slot, blob(place.hash), blob(place.range))
  return row and { id = row.id, item = codec.decode(row.item), size = row.size }
end

-- An item is in an index when it has all of its keys, with the types that the table defines.
function items.is_indexed(table_, index, item)
  for _, name in ipairs(index.names) do
    if not item[name] or item[name][table_.types[name]] == nil then
      return false
    end
  end
  return true
end

-- The attributes of an item that an index holds.
function items.project(index, item)
  if index.projection == "ALL" then
    return item
  end
  local projected = json.object {}
  for name in pairs(index.includes) do
    projected[name] = item[name]
  end
  return projected
end

local function index_entry(table_, index, item)
  if not item or not items.is_indexed(table_, index, item) then
    return nil
  end
  local entry = keys.place(index, item)
  entry.size = size.item(items.project(index, item))
  return entry
end

local function same_place(one, two)
  return one.slot == two.slot and one.hash == two.hash and one.range == two.range
end

local function same_projection(index, old, new)
  return codec.same(items.project(index, old), items.project(index, new))
end

-- Brings one index up to date -> capacity units that this write costs there (0 when the index does not change).
local function update_index(db, table_, index, id, old, new)
  local before, after = index_entry(table_, index, old), index_entry(table_, index, new)
  if before and after and same_place(before, after) then
    if same_projection(index, old, new) then
      return 0
    end
    db:run([[UPDATE dynamodb_index_entry SET size = ?, item_id = ?
      WHERE index_id = ? AND slot = ? AND hash = ? AND range = ? AND primary_key = ?]],
      after.size, id, index.id, after.slot, blob(after.hash), blob(after.range), blob(keys.primary(table_, new)))
    db:run("UPDATE dynamodb_index SET size_bytes = size_bytes + ? WHERE id = ?", after.size - before.size, index.id)
    return size.write_units(math.max(before.size, after.size))
  end
  local units = 0
  if before then
    db:run("DELETE FROM dynamodb_index_entry WHERE index_id = ? AND slot = ? AND hash = ? AND range = ? AND primary_key = ?",
      index.id, before.slot, blob(before.hash), blob(before.range), blob(keys.primary(table_, old)))
    db:run("UPDATE dynamodb_index SET item_count = item_count - 1, size_bytes = size_bytes - ? WHERE id = ?",
      before.size, index.id)
    units = units + size.write_units(before.size)
  end
  if after then
    items.insert_entry(db, table_, index, id, new, after)
    units = units + size.write_units(after.size)
  end
  return units
end

function items.insert_entry(db, table_, index, id, item, entry)
  entry = entry or index_entry(table_, index, item)
  if not entry then
    return
  end
  db:run([[INSERT INTO dynamodb_index_entry (index_id, slot, hash, range, primary_key, item_id, size)
    VALUES (?, ?, ?, ?, ?, ?, ?)]],
    index.id, entry.slot, blob(entry.hash), blob(entry.range), blob(keys.primary(table_, item)), id, entry.size)
  db:run("UPDATE dynamodb_index SET item_count = item_count + 1, size_bytes = size_bytes + ? WHERE id = ?",
    entry.size, index.id)
end

-- When an item is to go by itself: its time-to-live attribute, a number of epoch seconds. Nil for never.
function items.expiry(table_, item)
  local attribute = item[table_.definition.TimeToLiveAttribute]
  local seconds = attribute and attribute.N and math.tointeger(tonumber((attribute.N:gsub("%..*", ""))))
  return seconds and seconds > 0 and seconds or nil
end

local function write_row(db, table_, found, item, item_size)
  local bytes, expires = blob(codec.encode(item)), items.expiry(table_, item)
  if found then
    db:run("UPDATE dynamodb_item SET item = ?, size = ?, expires = ? WHERE id = ?", bytes, item_size, expires, found.id)
    db:run("UPDATE dynamodb_table SET size_bytes = size_bytes + ? WHERE id = ?", item_size - found.size, table_.id)
    return found.id
  end
  local place = keys.place(table_, item)
  db:run("INSERT INTO dynamodb_item (table_id, slot, hash, range, item, size, expires) VALUES (?, ?, ?, ?, ?, ?, ?)",
    table_.id, place.slot, blob(place.hash), blob(place.range), bytes, item_size, expires)
  local id = db:last_insert_id()
  db:run("UPDATE dynamodb_table SET item_count = item_count + 1, size_bytes = size_bytes + ? WHERE id = ?",
    item_size, table_.id)
  return id
end

-- Writes `item` over what items.find gave (nil: nothing), or removes that when item is nil.
-- -> {table = capacity units, indexes = {name = units}}
function items.write(db, table_, found, item)
  local item_size = item and size.item(item) or 0
  local units = { table = size.write_units(math.max(item_size, found and found.size or 0)), indexes = {} }
  local id
  if item then
    id = write_row(db, table_, found, item, item_size)
  elseif found then
    id = found.id
    db:run("DELETE FROM dynamodb_item WHERE id = ?", id)
    db:run("UPDATE dynamodb_table SET item_count = item_count - 1, size_bytes = size_bytes - ? WHERE id = ?",
      found.size, table_.id)
  else
    return units
  end
  collections.grow(db, table_, item or found.item, item_size - (found and found.size or 0))
  for _, index in ipairs(table_.indexes) do
    local cost = update_index(db, table_, index, id, found and found.item, item)
    units.indexes[index.name] = cost > 0 and cost or nil
  end
  return units
end

return items
