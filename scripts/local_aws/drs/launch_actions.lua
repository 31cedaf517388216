-- Post-launch actions of a source server or of a launch configuration template: SSM documents that are to run on what was
-- launched.

local failures = require "local_aws.drs.failures"
local json = require "json"
local pages = require "local_aws.drs.pages"

local launch_actions = {}

launch_actions.schema = [[
CREATE TABLE IF NOT EXISTS drs_launch_actions (
  account TEXT NOT NULL, region TEXT NOT NULL, resource TEXT NOT NULL, id TEXT NOT NULL, place INTEGER NOT NULL,
  definition TEXT NOT NULL, PRIMARY KEY (account, region, resource, id)
) WITHOUT ROWID;
]]

local MAX_ACTIONS = 200

local function check_resource(call)
  local id = call.input.resourceId
  local name = id:find("^lct%-") and "drs_templates" or "drs_source_servers"
  local row = call.world.db:first(("SELECT 1 AS yes FROM %s WHERE account = ? AND region = ? AND id = ?"):format(name),
    call.account, call.region, id)
  if not row then
    failures.not_found("Resource", id)
  end
end

local function rows(call, resource)
  return call.world.db:all([[SELECT * FROM drs_launch_actions WHERE account = ? AND region = ? AND resource = ?
    ORDER BY place, id]], call.account, call.region, resource)
end

-- The actions that a launch of this server runs, in their order.
function launch_actions.active(call, server_id)
  local list = {}
  for _, row in ipairs(rows(call, server_id)) do
    local action = json.decode(row.definition)
    list[#list + 1] = action.active and action or nil
  end
  return list
end

local operations = {}

function operations.PutLaunchAction(call)
  check_resource(call)
  local input = call.input
  for _, row in ipairs(rows(call, call.input.resourceId)) do
    if row.place == input.order and row.id ~= input.actionId then
      failures.conflict(("Another launch action has the order %d."):format(input.order), "LaunchAction", row.id)
    end
  end
  local action = {}
  for name, value in pairs(input) do
    action[name] = value
  end
  action.resourceId = nil
  -- AWS' own automations are runbooks, everything else runs as a command.
  action.type = input.actionCode:find("Automation", 1, true) and "SSM_AUTOMATION" or "SSM_COMMAND"
  call.world.db:run([[INSERT OR REPLACE INTO drs_launch_actions (account, region, resource, id, place, definition)
    VALUES (?, ?, ?, ?, ?, ?)]], call.account, call.region, input.resourceId, input.actionId, input.order, json.encode(action))
  if #rows(call, call.input.resourceId) > MAX_ACTIONS then
    failures.quota(("The maximum number of launch actions per resource (%d) was exceeded"):format(MAX_ACTIONS), "L-0588D03B")
  end
  action.resourceId = input.resourceId
  return action
end

function operations.ListLaunchActions(call)
  check_resource(call)
  local wanted, list = {}, {}
  local ids = call.input.filters and call.input.filters.actionIds or {}
  for _, id in ipairs(ids) do
    wanted[id] = true
  end
  for _, row in ipairs(rows(call, call.input.resourceId)) do
    if not ids[1] or wanted[row.id] then
      list[#list + 1] = json.decode(row.definition)
    end
  end
  local items, token = pages.of_list(call, list)
  return { items = items, nextToken = token }
end

function operations.DeleteLaunchAction(call)
  check_resource(call)
  local deleted = call.world.db:run([[DELETE FROM drs_launch_actions WHERE account = ? AND region = ? AND resource = ?
    AND id = ?]], call.account, call.region, call.input.resourceId, call.input.actionId)
  if deleted == 0 then
    failures.not_found("LaunchAction", call.input.actionId)
  end
  return {}
end

launch_actions.operations = operations

return launch_actions
