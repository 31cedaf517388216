-- Dashboards: names with a body of JSON. They belong to the account, whatever the region.

local fault = require "local_aws.fault"
local json = require "json"
local time = require "time"

local SCHEMA = [[
CREATE TABLE IF NOT EXISTS cloudwatch_dashboards (
  account TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, changed_us INTEGER NOT NULL, PRIMARY KEY (account, name)
) WITHOUT ROWID;
]]

local function arn(call, name)
  return ("arn:aws:cloudwatch::%s:dashboard/%s"):format(call.account, name)
end

local function missing(name)
  fault.raise("DashboardNotFoundError", ("Dashboard %s does not exist"):format(name))
end

local operations = {}

function operations.PutDashboard(call)
  local input = call.input
  local ok, body = pcall(json.decode, input.DashboardBody)
  if not input.DashboardName:find("^[%w_-]+$") then
    fault.raise("DashboardInvalidInputError", ("The value %s for field DashboardName contains invalid characters. It can only "
      .. "contain alphanumerics, dash (-) and underscore (_).\n"):format(input.DashboardName))
  elseif not ok or type(body) ~= "table" then
    fault.raise("DashboardInvalidInputError", "The field DashboardBody must be a valid JSON object")
  end
  call.world.db:run("INSERT OR REPLACE INTO cloudwatch_dashboards (account, name, body, changed_us) VALUES (?, ?, ?, ?)",
    call.account, input.DashboardName, input.DashboardBody, time.now_us())
  return { DashboardValidationMessages = json.array {} }
end

function operations.GetDashboard(call)
  local name = call.input.DashboardName
  local row = call.world.db:first("SELECT * FROM cloudwatch_dashboards WHERE account = ? AND name = ?", call.account, name)
    or missing(name)
  return { DashboardArn = arn(call, name), DashboardBody = row.body, DashboardName = name }
end

function operations.ListDashboards(call)
  local prefix, list = call.input.DashboardNamePrefix or "", json.array {}
  for row in call.world.db:rows("SELECT * FROM cloudwatch_dashboards WHERE account = ? ORDER BY name", call.account) do
    if row.name:sub(1, #prefix) == prefix then
      list[#list + 1] = { DashboardName = row.name, DashboardArn = arn(call, row.name), Size = #row.body,
        LastModified = row.changed_us // 1000 / 1000 }
    end
  end
  return { DashboardEntries = list }
end

-- All or none: one that is not there keeps the others.
function operations.DeleteDashboards(call)
  for _, name in ipairs(call.input.DashboardNames) do
    local count = call.world.db:run("DELETE FROM cloudwatch_dashboards WHERE account = ? AND name = ?", call.account, name)
    if count == 0 then
      missing(name)
    end
  end
end

return { schema = SCHEMA, operations = operations }
