-- TagResource, UntagResource, ListTagsOfResource.

local fault  = require "local_aws.fault"
local json   = require "json"
local tables = require "local_aws.dynamodb.tables"

local tags = { operations = {} }

local MOST_TAGS = 50

local function refuse(message)
  fault.raise("ValidationException", message)
end

-- A list of {Key, Value} as a caller sent it.
function tags.check(list)
  local seen = {}
  for _, tag in ipairs(list) do
    if seen[tag.Key] then
      refuse("Tag keys must be unique. Duplicate tag key: " .. tag.Key)
    elseif tag.Key:lower():find "^aws:" then
      refuse "One or more parameter values were invalid: Tag keys must not start with aws:"
    end
    seen[tag.Key] = true
  end
  if #list > MOST_TAGS then
    refuse "One or more parameter values were invalid: Too many tags"
  end
end

function tags.put(call, table_id, list)
  for _, tag in ipairs(list) do
    call.world.db:run("INSERT OR REPLACE INTO dynamodb_tag (table_id, key, value) VALUES (?, ?, ?)",
      table_id, tag.Key, tag.Value)
  end
end

local function tagged_table(call)
  local arn = call.input.ResourceArn
  if not arn:find "^.+:.+:.+:.+:.+:.+/.+$" then
    fault.raise("AccessDeniedException", ("User: %s is not authorized to perform: dynamodb:%s on resource: %s")
      :format(call.principal and call.principal.arn or "anonymous", call.operation, arn))
  end
  local region, account, name = arn:match "^arn:aws:dynamodb:(.+):(%d+):table/([^/]+)$"
  if not name or #name < 3 then
    refuse("Invalid TableArn: Invalid ResourceArn provided as input " .. arn)
  end
  local table_ = region == call.region and account == call.account and tables.look_up(call, name)
  return table_ or fault.raise("ResourceNotFoundException",
    "Requested resource not found: ResourcArn: " .. arn .. " not found")
end

function tags.operations.TagResource(call)
  local table_ = tagged_table(call)
  local list = call.input.Tags
  if #list == 0 then
    refuse "Atleast one Tag needs to be provided as Input."
  end
  tags.check(list)
  tags.put(call, table_.id, list)
  if call.world.db:first("SELECT count(*) AS n FROM dynamodb_tag WHERE table_id = ?", table_.id).n > MOST_TAGS then
    refuse "One or more parameter values were invalid: Too many tags"
  end
  return {}
end

function tags.operations.UntagResource(call)
  local table_ = tagged_table(call)
  if #call.input.TagKeys == 0 then
    refuse "Atleast one Tag Key needs to be provided as Input."
  end
  for _, key in ipairs(call.input.TagKeys) do
    call.world.db:run("DELETE FROM dynamodb_tag WHERE table_id = ? AND key = ?", table_.id, key)
  end
  return {}
end

function tags.operations.ListTagsOfResource(call)
  local table_ = tagged_table(call)
  local list = json.array {}
  local rows = call.world.db:all("SELECT key, value FROM dynamodb_tag WHERE table_id = ? ORDER BY key", table_.id)
  for place, row in ipairs(rows) do
    list[place] = { Key = row.key, Value = row.value }
  end
  return { Tags = list }
end

return tags
