-- Was a data file made by this version of the local AWS? Its tables are only made where they are missing, so a file of another
-- version would fail later, at some call, in SQLite's words.

local sqlite = require "sqlite"

local data_version = {}

-- table -> column -> true
local function columns(db)
  local found = {}
  for row in db:rows [[SELECT m.name AS name, p.name AS column FROM sqlite_master AS m, pragma_table_info(m.name) AS p
    WHERE m.type = 'table']] do
    found[row.name] = found[row.name] or {}
    found[row.name][row.column] = true
  end
  return found
end

-- Raises {code="DATA_OF_ANOTHER_VERSION", message=} if a table that `db` has lacks a column of `schemas` (a list of SQL).
-- name: how messages call the file.
function data_version.check(db, schemas, name)
  local there = columns(db)
  if not next(there) then
    return -- nothing was ever in it
  end
  local wanted <close> = sqlite.open ":memory:"
  for _, schema in ipairs(schemas) do
    wanted:exec(schema)
  end
  for table_name, wanted_columns in pairs(columns(wanted)) do
    for column in pairs(there[table_name] and wanted_columns or {}) do
      if not there[table_name][column] then
        error({
          code = "DATA_OF_ANOTHER_VERSION",
          message = ("%s was made by another version of drsh (its table %s has no column %s): start with a new file, or with "
            .. "that version"):format(name, table_name, column),
        }, 0)
      end
    end
  end
end

return data_version
