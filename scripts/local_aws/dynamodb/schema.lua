-- Where tables, items and indexes are kept.
--
-- An item's place is (slot, hash, range): `slot` orders the partitions as DynamoDB's own hashing does (it is what a parallel
-- scan divides), `hash` and `range` are the key's bytes in an order-preserving form. An index entry points to its item and is
-- ordered by the index's keys, then by the item's, so that a page of either costs what the page holds.

return [[
CREATE TABLE IF NOT EXISTS dynamodb_table (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  name TEXT NOT NULL,
  definition TEXT NOT NULL,        -- JSON: what CreateTable and UpdateTable asked for
  revision INTEGER NOT NULL,       -- +1 with each change of the definition
  transition TEXT,                 -- CREATING, UPDATING or DELETING until transition_end
  transition_end REAL NOT NULL DEFAULT 0,
  item_count INTEGER NOT NULL DEFAULT 0,
  size_bytes INTEGER NOT NULL DEFAULT 0,
  UNIQUE (account, region, name)
);
CREATE TABLE IF NOT EXISTS dynamodb_index (
  id INTEGER PRIMARY KEY,
  table_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  item_count INTEGER NOT NULL DEFAULT 0,
  size_bytes INTEGER NOT NULL DEFAULT 0,
  UNIQUE (table_id, name)
);
CREATE TABLE IF NOT EXISTS dynamodb_item (
  id INTEGER PRIMARY KEY,
  table_id INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  hash BLOB NOT NULL,
  range BLOB NOT NULL,             -- empty where the table has no range key
  item BLOB NOT NULL,
  size INTEGER NOT NULL,
  expires INTEGER                  -- what the time-to-live attribute says, where the table has one
);
CREATE INDEX IF NOT EXISTS dynamodb_item_expires ON dynamodb_item (table_id, expires) WHERE expires IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS dynamodb_item_key ON dynamodb_item (table_id, slot, hash, range);
CREATE TABLE IF NOT EXISTS dynamodb_collection (
  table_id INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  hash BLOB NOT NULL,
  bytes INTEGER NOT NULL,          -- of all its items
  PRIMARY KEY (table_id, slot, hash)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dynamodb_index_entry (
  index_id INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  hash BLOB NOT NULL,
  range BLOB NOT NULL,
  primary_key BLOB NOT NULL,       -- keys.primary
  item_id INTEGER NOT NULL,
  size INTEGER NOT NULL,
  PRIMARY KEY (index_id, slot, hash, range, primary_key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dynamodb_backup (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  arn TEXT NOT NULL,
  name TEXT NOT NULL,
  table_name TEXT NOT NULL,
  definition TEXT NOT NULL,        -- as in dynamodb_table
  created REAL NOT NULL,
  item_count INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  UNIQUE (account, region, arn)
);
CREATE TABLE IF NOT EXISTS dynamodb_backup_item (
  backup_id INTEGER NOT NULL,
  item BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS dynamodb_backup_item_backup ON dynamodb_backup_item (backup_id);
CREATE TABLE IF NOT EXISTS dynamodb_tag (
  table_id INTEGER NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (table_id, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dynamodb_idempotency (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  token TEXT NOT NULL,
  fingerprint BLOB NOT NULL,
  expires INTEGER NOT NULL,
  PRIMARY KEY (account, region, token)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS dynamodb_idempotency_expires ON dynamodb_idempotency (expires);
]]
