-- Protection groups and the servers that they choose.

local accounts = require "lib.accounts"
local json     = require "json"
local lists    = require "lib.lists"
local store    = require "lib.store"
local task     = require "task"

local groups = {}

function groups.get_many(group_ids)
  return store.get_many("PROTECTION_GROUPS_TABLE", "groupId", group_ids)
end

--- Does the group choose by tags? Explicit ids win where both are stored.
function groups.by_tags(group)
  return #lists.of(group.sourceServerIds) == 0 and next(lists.of(group.serverSelectionTags)) ~= nil
end

local function has_tags(server, wanted)
  local tags = server.tags or {}
  for name, value in pairs(wanted) do
    if tags[name] ~= value then return false end
  end
  return true
end

--- The source servers of each region where a group chooses by tags: { region = list }. Regions side by side.
function groups.servers_by_region(all, context)
  local regions = lists.unique(lists.map(lists.filter(all, groups.by_tags), function(group) return group.region end))
  local found = task.map(regions, function(region)
    local servers = json.array {}
    for server in accounts.client("drs", region, context):items("describe_source_servers", {}) do
      servers[#servers + 1] = server
    end
    return servers
  end)
  local by_region = {}
  for position, region in ipairs(regions) do by_region[region] = found[position] end
  return by_region
end

--- The ids that a group chooses, out of its region's servers.
function groups.server_ids(group, by_region)
  if not groups.by_tags(group) then return lists.of(group.sourceServerIds) end
  local chosen = lists.filter(by_region[group.region], function(server)
    return has_tags(server, group.serverSelectionTags)
  end)
  return lists.map(chosen, function(server) return server.sourceServerID end)
end

return groups
