-- Changes and how far they are: PENDING until every name server has them, then INSYNC. Computed from the time of the change.

local fault = require "local_aws.fault"
local names = require "local_aws.route53.names"
local time = require "time"

local change_log = {}

change_log.schema = [[
CREATE TABLE IF NOT EXISTS route53_changes (
  account TEXT NOT NULL, id TEXT NOT NULL, submitted_us INTEGER NOT NULL, insync_us INTEGER NOT NULL, comment TEXT,
  PRIMARY KEY (account, id)
) WITHOUT ROWID;
]]

local function describe(row)
  return {
    Id = "/change/" .. row.id, Status = time.now_us() < row.insync_us and "PENDING" or "INSYNC",
    SubmittedAt = row.submitted_us // 1000 / 1000, Comment = row.comment,
  }
end

-- Notes a change of this moment and answers its ChangeInfo.
function change_log.add(call, comment)
  local now = time.now_us()
  local row = {
    id = names.id "C", submitted_us = now, comment = comment,
    insync_us = now + math.floor(call.world.settings.route53.insyncSeconds * 1000000),
  }
  call.world.db:run("INSERT INTO route53_changes (account, id, submitted_us, insync_us, comment) VALUES (?, ?, ?, ?, ?)",
    call.account, row.id, row.submitted_us, row.insync_us, row.comment)
  return describe(row)
end

function change_log.get(call, id)
  local row = call.world.db:first("SELECT * FROM route53_changes WHERE account = ? AND id = ?", call.account, id)
  return describe(row or fault.raise("NoSuchChange", "Could not find resource with ID: " .. id))
end

return change_log
