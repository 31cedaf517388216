-- Tags of state machines and activities.
local arn   = require "local_aws.states.arn"
local fault = require "local_aws.fault"
local store = require "local_aws.states.store"

local tags = { operations = {} }

local MOST = 50

-- Adds tags or replaces their values.
function tags.put(db, resource_arn, list)
  for _, tag in ipairs(list or {}) do
    db:run("INSERT INTO states_tags (arn, key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
      resource_arn, tag.key, tag.value or "")
  end
  if #store.tags(db, resource_arn) > MOST then
    fault.raise("TooManyTags", ("Resource '%s' can have at most %d tags"):format(resource_arn, MOST),
      { resourceName = resource_arn })
  end
end

function tags.forget(db, resource_arn)
  db:run("DELETE FROM states_tags WHERE arn = ?", resource_arn)
end

local function existing(call)
  local text = call.input.resourceArn
  local kind = arn.check(text, "stateMachine", "activity")
  local found = call.world.db:first(("SELECT 1 AS one FROM %s WHERE arn = ? AND account = ?"):format(
    kind == "activity" and "states_activities" or "states_machines"), text, call.account)
  if not found then
    fault.raise("ResourceNotFound", ("Resource not found: '%s'"):format(text), { resourceName = text })
  end
  return text
end

function tags.operations.TagResource(call)
  tags.put(call.world.db, existing(call), call.input.tags)
  return {}
end

function tags.operations.UntagResource(call)
  local text = existing(call)
  for _, key in ipairs(call.input.tagKeys) do
    call.world.db:run("DELETE FROM states_tags WHERE arn = ? AND key = ?", text, key)
  end
  return {}
end

function tags.operations.ListTagsForResource(call)
  return { tags = store.tags(call.world.db, existing(call)) }
end

return tags
