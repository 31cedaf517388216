-- Tags of rules and buses.

local fault = require "local_aws.fault"
local json = require "json"

local tags = {}

tags.schema = [[
CREATE TABLE IF NOT EXISTS events_tags (
  arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (arn, key)
) WITHOUT ROWID;
]]

function tags.put(call, arn, list)
  for _, tag in ipairs(list or {}) do
    call.world.db:run("INSERT OR REPLACE INTO events_tags (arn, key, value) VALUES (?, ?, ?)", arn, tag.Key, tag.Value)
  end
end

function tags.remove_all(call, arn)
  call.world.db:run("DELETE FROM events_tags WHERE arn = ?", arn)
end

-- The ARN of the call; raises when nothing has it.
local function resource(call)
  local arn = call.input.ResourceARN
  local kind, name = arn:match "^arn:aws[%w-]*:events:[^:]*:%d*:([%w-]+)/(.+)$"
  if kind == "rule" then
    local bus, rule = name:match "^(.+)/([^/]+)$"
    require("local_aws.events.rules").get(call, rule or name, bus)
  elseif kind == "event-bus" then
    require("local_aws.events.buses").name(call, name)
  else
    fault.raise("ValidationException", "Parameter ResourceARN is not valid. Reason: Provided Arn is not in correct format.")
  end
  return arn
end

local operations = {}

function operations.TagResource(call)
  tags.put(call, resource(call), call.input.Tags)
end

function operations.UntagResource(call)
  local arn = resource(call)
  for _, key in ipairs(call.input.TagKeys) do
    call.world.db:run("DELETE FROM events_tags WHERE arn = ? AND key = ?", arn, key)
  end
end

function operations.ListTagsForResource(call)
  local list = json.array {}
  for row in call.world.db:rows("SELECT key, value FROM events_tags WHERE arn = ? ORDER BY key", resource(call)) do
    list[#list + 1] = { Key = row.key, Value = row.value }
  end
  return { Tags = list }
end

tags.operations = operations

return tags
