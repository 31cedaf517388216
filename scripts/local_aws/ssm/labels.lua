-- The labels of parameters' versions, as they are kept. A label stands at one version of a parameter.

local fault = require "local_aws.fault"
local json = require "json"

local labels = {}

labels.schema = [[
CREATE TABLE IF NOT EXISTS ssm_labels (
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, label TEXT NOT NULL, version INTEGER NOT NULL,
  PRIMARY KEY (account, region, name, label)
) WITHOUT ROWID;
]]

-- The labels of one version.
function labels.of(call, name, version)
  local list = json.array {}
  for row in call.world.db:rows([[SELECT label FROM ssm_labels WHERE account = ? AND region = ? AND name = ? AND version = ?
    ORDER BY label]], call.account, call.region, name, version) do
    list[#list + 1] = row.label
  end
  return list
end

-- The version that has a label, nil for none.
function labels.version(call, name, label)
  local row = call.world.db:first("SELECT version FROM ssm_labels WHERE account = ? AND region = ? AND name = ? AND label = ?",
    call.account, call.region, name, label)
  return row and row.version
end

function labels.put(call, name, label, version)
  call.world.db:run("INSERT OR REPLACE INTO ssm_labels (account, region, name, label, version) VALUES (?, ?, ?, ?, ?)",
    call.account, call.region, name, label, version)
end

-- Takes a label off a version; was it there?
function labels.take(call, name, label, version)
  return call.world.db:run([[DELETE FROM ssm_labels WHERE account = ? AND region = ? AND name = ? AND label = ?
    AND version = ?]], call.account, call.region, name, label, version) > 0
end

function labels.forget(call, name)
  call.world.db:run("DELETE FROM ssm_labels WHERE account = ? AND region = ? AND name = ?", call.account, call.region, name)
end

-- Versions up to this one would go; one with a label stays, and the new version is refused.
function labels.check_oldest(call, name, version)
  if call.world.db:first("SELECT 1 AS one FROM ssm_labels WHERE account = ? AND region = ? AND name = ? AND version <= ?",
    call.account, call.region, name, version) then
    fault.raise("ParameterMaxVersionLimitExceeded", ("You attempted to create a new version of %s by calling the PutParameter "
      .. "API with the overwrite flag. Version %d, the oldest version, can't be deleted because it has a label associated with "
      .. "it. Move the label to another version of the parameter, and try again."):format(name, version))
  end
end

return labels
