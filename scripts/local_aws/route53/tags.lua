-- Tags of hosted zones and health checks.

local fault = require "local_aws.fault"
local health_checks = require "local_aws.route53.health_checks"
local json = require "json"
local zones = require "local_aws.route53.zones"

local tags = {}

tags.schema = [[
CREATE TABLE IF NOT EXISTS route53_tags (
  account TEXT NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (account, type, id, key)
) WITHOUT ROWID;
]]

-- Ids stand here without "/hostedzone/", and nobody takes it off.
local LONGEST_ID = 32

local function check_exists(call, kind, id)
  if #id > LONGEST_ID and kind == "hostedzone" then
    fault.raise("InvalidInput", ("1 validation error detected: Value '%s' at 'resourceId' failed to satisfy constraint: Member "
      .. "must have length less than or equal to %d"):format(id, LONGEST_ID))
  elseif id:find("/", 1, true) then
    fault.raise("NoSuchHostedZone", "No hosted zone found with ID: " .. id)
  end
  if kind == "hostedzone" then
    zones.get(call, id)
  else
    health_checks.get(call, id)
  end
end

local function tag_set(call, kind, id)
  local list = json.array {}
  for row in call.world.db:rows("SELECT key, value FROM route53_tags WHERE account = ? AND type = ? AND id = ? ORDER BY key",
    call.account, kind, id) do
    list[#list + 1] = { Key = row.key, Value = row.value }
  end
  return { ResourceType = kind, ResourceId = id, Tags = list }
end

local operations = {}

function operations.ChangeTagsForResource(call)
  local input, db = call.input, call.world.db
  local id = input.ResourceId
  check_exists(call, input.ResourceType, id)
  if not input.AddTags and not input.RemoveTagKeys then
    fault.raise("InvalidInput", "At least one of the following must be specified: AddTags, RemoveTagKeys")
  end
  for _, key in ipairs(input.RemoveTagKeys or {}) do
    db:run("DELETE FROM route53_tags WHERE account = ? AND type = ? AND id = ? AND key = ?", call.account, input.ResourceType,
      id,
      key)
  end
  for _, tag in ipairs(input.AddTags or {}) do
    db:run("INSERT OR REPLACE INTO route53_tags (account, type, id, key, value) VALUES (?, ?, ?, ?, ?)", call.account,
      input.ResourceType, id, tag.Key, tag.Value or "")
  end
end

function operations.ListTagsForResource(call)
  local kind, id = call.input.ResourceType, call.input.ResourceId
  check_exists(call, kind, id)
  return { ResourceTagSet = tag_set(call, kind, id) }
end

function operations.ListTagsForResources(call)
  local sets = json.array {}
  for index, id in ipairs(call.input.ResourceIds) do
    check_exists(call, call.input.ResourceType, id)
    sets[index] = tag_set(call, call.input.ResourceType, id)
  end
  return { ResourceTagSets = sets }
end

tags.operations = operations

return tags
