-- The record sets of a zone: one row each, in the order that they are listed in.

local json = require "json"
local names = require "local_aws.route53.names"

local store = {}

store.schema = [[
CREATE TABLE IF NOT EXISTS route53_records (
  zone TEXT NOT NULL, sort_key TEXT NOT NULL, type TEXT NOT NULL, identifier TEXT NOT NULL, definition TEXT NOT NULL,
  PRIMARY KEY (zone, sort_key, type, identifier)
) WITHOUT ROWID;
]]

local function read(rows)
  local list = {}
  for index, row in ipairs(rows) do
    list[index] = json.decode(row.definition)
  end
  return list
end

function store.count(db, zone)
  return db:first("SELECT count(*) AS n FROM route53_records WHERE zone = ?", zone).n
end

-- `record` is a ResourceRecordSet whose name is normalised.
function store.put(db, zone, record)
  db:run("INSERT OR REPLACE INTO route53_records (zone, sort_key, type, identifier, definition) VALUES (?, ?, ?, ?, ?)", zone,
    names.sort_key(record.Name), record.Type, record.SetIdentifier or "", json.encode(record))
end

function store.remove(db, zone, record)
  db:run("DELETE FROM route53_records WHERE zone = ? AND sort_key = ? AND type = ? AND identifier = ?", zone,
    names.sort_key(record.Name), record.Type, record.SetIdentifier or "")
end

function store.remove_all(db, zone)
  db:run("DELETE FROM route53_records WHERE zone = ?", zone)
end

-- All record sets of a name.
function store.of_name(db, zone, name)
  return read(db:all("SELECT definition FROM route53_records WHERE zone = ? AND sort_key = ? ORDER BY type, identifier", zone,
    names.sort_key(name)))
end

-- `limit` record sets from {name, type, identifier} on, each of them nil or a lower bound.
function store.page(db, zone, from, limit)
  return read(db:all([[SELECT definition FROM route53_records WHERE zone = ? AND (sort_key, type, identifier) >= (?, ?, ?)
    ORDER BY sort_key, type, identifier LIMIT ?]], zone, from.name and names.sort_key(from.name) or "", from.type or "",
    from.identifier or "", limit))
end

return store
