-- Tables as the other files see them: found by name or ARN, with keys, types and indexes at hand.
--
-- A table: {id=, account=, region=, name=, arn=, definition= decoded, revision=, hash="p", range="r"|nil, types={p="S"},
--   indexes={index...}, indexes_by_name= the same in the order of their names, status=, item_count=, size_bytes=}.
-- An index: {id=, name=, kind="GLOBAL"|"LOCAL", hash=, range=, projection="ALL"|"KEYS_ONLY"|"INCLUDE", includes={name=true},
--   definition=}. A global index can have up to four hash keys and four range keys: `hashes`, `ranges` and `names` (all) of
--   each are lists, `hash` and `range` the first of them.

local fault = require "local_aws.fault"
local json  = require "json"
local time  = require "time"

local tables = {}

function tables.now()
  return time.now_us() / 1000000
end

function tables.arn(account, region, name)
  return ("arn:aws:dynamodb:%s:%s:table/%s"):format(region, account, name)
end

-- The table's name where an ARN stands for it.
function tables.name_of(name_or_arn)
  return name_or_arn:match "^arn:[^:]*:dynamodb:[^:]*:[^:]*:table/([^/]+)" or name_or_arn
end

-- Gives a table or index the names of its keys.
local function load_keys(schema, key_schema)
  schema.hashes, schema.ranges, schema.names = {}, {}, {}
  for _, element in ipairs(key_schema) do
    table.insert(element.KeyType == "HASH" and schema.hashes or schema.ranges, element.AttributeName)
    table.insert(schema.names, element.AttributeName)
  end
  schema.hash, schema.range = schema.hashes[1], schema.ranges[1]
end

local function load_index(table_, definition, kind, id)
  local index = { id = id, name = definition.IndexName, kind = kind, definition = definition, types = table_.types }
  load_keys(index, definition.KeySchema)
  index.projection = definition.Projection.ProjectionType
  index.includes = {}
  for _, name in ipairs(definition.Projection.NonKeyAttributes or {}) do
    index.includes[name] = true
  end
  for _, schema in ipairs { table_, index } do
    for _, name in ipairs(schema.names) do
      index.includes[name] = true
    end
  end
  return index
end

local function load(db, row)
  local definition = json.decode(row.definition)
  local table_ = {
    id = row.id, account = row.account, region = row.region, name = row.name, revision = row.revision,
    definition = definition, arn = tables.arn(row.account, row.region, row.name), types = {}, indexes = {},
  }
  for _, attribute in ipairs(definition.AttributeDefinitions) do
    table_.types[attribute.AttributeName] = attribute.AttributeType
  end
  load_keys(table_, definition.KeySchema)
  local ids = {}
  for _, index in ipairs(db:all("SELECT id, name FROM dynamodb_index WHERE table_id = ?", row.id)) do
    ids[index.name] = index.id
  end
  for _, kind in ipairs { "LOCAL", "GLOBAL" } do
    for _, index in ipairs(definition[kind == "LOCAL" and "LocalSecondaryIndexes" or "GlobalSecondaryIndexes"] or {}) do
      table.insert(table_.indexes, load_index(table_, index, kind, ids[index.IndexName]))
    end
  end
  table_.indexes_by_name = { table.unpack(table_.indexes) }
  table.sort(table_.indexes_by_name, function(a, b) return a.name < b.name end)
  return table_
end

-- Decoded tables by database and row, thrown away with the database; a new revision is read anew.
local cache = setmetatable({}, { __mode = "k" })

local function cached(db, row)
  local known = cache[db]
  if not known then
    known = {}
    cache[db] = known
  end
  local table_ = known[row.id]
  -- The text is compared as well: a rolled back change can have used the same revision, and a row's id can be used again.
  if not table_ or table_.revision ~= row.revision or table_.text ~= row.definition then
    table_ = load(db, row)
    table_.text = row.definition
    known[row.id] = table_
  end
  table_.item_count, table_.size_bytes = row.item_count, row.size_bytes
  return table_
end

local function purge(db, id)
  db:run("DELETE FROM dynamodb_index_entry WHERE index_id IN (SELECT id FROM dynamodb_index WHERE table_id = ?)", id)
  for _, name in ipairs { "dynamodb_index", "dynamodb_item", "dynamodb_collection", "dynamodb_tag" } do
    db:run("DELETE FROM " .. name .. " WHERE table_id = ?", id)
  end
  db:run("DELETE FROM dynamodb_table WHERE id = ?", id)
end

-- What the row's status is now; removes what has been deleted for long enough.
local function settle(db, row)
  if row.transition and tables.now() >= row.transition_end then
    if row.transition == "DELETING" then
      purge(db, row.id)
      return nil
    end
    return "ACTIVE"
  end
  return row.transition or "ACTIVE"
end

-- The table, nil when there is none.
function tables.look_up(call, name_or_arn)
  local db = call.world.db
  local row = db:first("SELECT * FROM dynamodb_table WHERE account = ? AND region = ? AND name = ?",
    call.account, call.region, tables.name_of(name_or_arn))
  local status = row and settle(db, row)
  if not status then
    return nil
  end
  local table_ = cached(db, row)
  table_.status = status
  return table_
end

-- For management: also a table that is being made or deleted.
function tables.describe(call, name_or_arn)
  return tables.look_up(call, name_or_arn) or fault.raise("ResourceNotFoundException",
    "Requested resource not found: Table: " .. tables.name_of(name_or_arn) .. " not found")
end

-- The table anew, when its indexes have changed and its definition has not.
function tables.reload(call, name)
  cache[call.world.db] = nil
  return tables.look_up(call, name)
end

-- The index with this name, nil when there is none.
function tables.index(table_, name)
  for _, index in ipairs(table_.indexes) do
    if index.name == name then
      return index
    end
  end
  return nil
end

-- Puts a table into a passing status for as long as the world's settings say: by default not at all.
local function pass_through(call, id, status)
  local seconds = call.world.settings and call.world.settings.dynamodb_transition_seconds or 0
  if seconds > 0 then
    call.world.db:run("UPDATE dynamodb_table SET transition = ?, transition_end = ? WHERE id = ?",
      status, tables.now() + seconds, id)
  end
  return seconds > 0
end

function tables.insert(call, name, definition)
  local db = call.world.db
  db:run("INSERT INTO dynamodb_table (account, region, name, definition, revision) VALUES (?, ?, ?, ?, 1)",
    call.account, call.region, name, json.encode(definition))
  local id = db:last_insert_id()
  pass_through(call, id, "CREATING")
  for _, kind in ipairs { "LocalSecondaryIndexes", "GlobalSecondaryIndexes" } do
    for _, index in ipairs(definition[kind] or {}) do
      db:run("INSERT INTO dynamodb_index (table_id, name) VALUES (?, ?)", id, index.IndexName)
    end
  end
  return id
end

-- A copy of the definition, to be changed and given to tables.replace (the table's own is shared and stays).
function tables.edit(table_)
  return json.decode(table_.text)
end

-- Writes a changed definition and gives the table as it is now. The table is UPDATING for a while, unless `quietly`.
function tables.replace(call, table_, definition, quietly)
  call.world.db:run("UPDATE dynamodb_table SET definition = ?, revision = revision + 1 WHERE id = ?",
    json.encode(definition), table_.id)
  if not quietly then
    pass_through(call, table_.id, "UPDATING")
  end
  return tables.look_up(call, table_.name)
end

function tables.remove(call, table_)
  if not pass_through(call, table_.id, "DELETING") then
    purge(call.world.db, table_.id)
  end
end

return tables
