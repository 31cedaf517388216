-- Tags of EC2 resources: one row a tag, whatever the resource.

local fault = require "local_aws.fault"
local filters = require "local_aws.ec2.filters"
local json = require "json"
local kinds = require "local_aws.ec2.kinds"
local listing = require "local_aws.ec2.listing"

local tags = {}

tags.schema = [[
CREATE TABLE IF NOT EXISTS ec2_tags (
  account TEXT NOT NULL, region TEXT NOT NULL, resource TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (account, region, resource, key)
) WITHOUT ROWID;
]]

local MAX_TAGS = 50

-- Puts tags {key -> value} on a resource.
function tags.put(db, account, region, resource, map)
  for key, value in pairs(map) do
    db:run("INSERT OR REPLACE INTO ec2_tags (account, region, resource, key, value) VALUES (?, ?, ?, ?, ?)", account, region,
      resource, key, value)
  end
end

-- The tags of several resources: resource id -> list of {Key=, Value=}, sorted by key.
function tags.of(db, account, region, resources)
  local found = {}
  for _, resource in ipairs(resources) do
    found[resource] = {}
  end
  for row in db:rows([[SELECT resource, key, value FROM ec2_tags WHERE account = ? AND region = ?
    AND resource IN (SELECT value FROM json_each(?)) ORDER BY key]], account, region, json.encode(json.array(resources))) do
    table.insert(found[row.resource], { Key = row.key, Value = row.value })
  end
  return found
end

function tags.remove_all(db, account, region, resource)
  db:run("DELETE FROM ec2_tags WHERE account = ? AND region = ? AND resource = ?", account, region, resource)
end

-- The tags that a create call gives to resources of one type: {key -> value}.
function tags.from_specifications(specifications, resource_type)
  local map = {}
  for _, specification in ipairs(specifications or {}) do
    if not (specification.Tags and specification.Tags[1]) then
      fault.raise("InvalidParameterValue", "Tag specification must have at least one tag")
    elseif specification.ResourceType == resource_type then
      for _, tag in ipairs(specification.Tags or {}) do
        map[tag.Key] = tag.Value or ""
      end
    end
  end
  return map
end

local operations = {}

local function check_exists(call, resource)
  local kind = kinds.of_id(resource)
  if not kind then
    fault.raise("InvalidID", ("The ID '%s' is not valid"):format(resource))
  elseif not call.world.services.ec2.exists(call, kind, resource) then
    fault.raise(kind.code .. ".NotFound", kind.says:format(resource))
  end
end

function operations.CreateTags(call)
  local map = {}
  for _, tag in ipairs(call.input.Tags) do
    if not tag.Key or tag.Key == "" then
      fault.raise("MissingParameter", "The request must contain the parameter Tag.Key")
    elseif tag.Key:find("^aws:") then
      fault.raise("InvalidParameterValue",
        ("Tag keys starting with 'aws:' are reserved for internal use"))
    end
    map[tag.Key] = tag.Value or ""
  end
  for _, resource in ipairs(call.input.Resources) do
    check_exists(call, resource)
    tags.put(call.world.db, call.account, call.region, resource, map)
    local count = call.world.db:first("SELECT count(*) AS n FROM ec2_tags WHERE account = ? AND region = ? AND resource = ?",
      call.account, call.region, resource)
    if count.n > MAX_TAGS then
      fault.raise("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
    end
  end
end

function operations.DeleteTags(call)
  local db = call.world.db
  for _, resource in ipairs(call.input.Resources) do
    if not call.input.Tags or #call.input.Tags == 0 then
      tags.remove_all(db, call.account, call.region, resource)
    end
    for _, tag in ipairs(call.input.Tags or {}) do
      db:run([[DELETE FROM ec2_tags WHERE account = ? AND region = ? AND resource = ? AND key = ?
        AND (? IS NULL OR value = ?)]], call.account, call.region, resource, tag.Key, tag.Value, tag.Value)
    end
  end
end

local FILTERS = { ["resource-id"] = "resource", key = "key", value = "value", ["resource-type"] = "type" }

function operations.DescribeTags(call)
  local matches = filters.compile(call.input.Filters, function(name)
    local field = FILTERS[name]
    return field and function(row)
      return { row[field] }
    end
  end)
  local items, token = listing.page {
    limit = call.input.MaxResults or 1000, token = call.input.NextToken, start = { "", "" },
    read = function(place, count)
      return call.world.db:all([[SELECT resource, key, value FROM ec2_tags WHERE account = ? AND region = ?
        AND (resource, key) > (?, ?) ORDER BY resource, key LIMIT ?]], call.account, call.region, place[1], place[2], count)
    end,
    show = function(rows)
      local shown = {}
      for index, row in ipairs(rows) do
        row.type = (kinds.of_id(row.resource) or {}).name
        shown[index] = matches(row)
          and { Key = row.key, Value = row.value, ResourceId = row.resource, ResourceType = row.type } or false
      end
      return shown
    end,
    place = function(row)
      return json.array { row.resource, row.key }
    end,
  }
  return { Tags = items, NextToken = token }
end

tags.operations = operations

return tags
