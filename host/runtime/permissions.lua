-- What the task of a script may ask of AWS, and whether it does so for real: the part of a task's context that the AWS client
-- obeys.
local dry_run = require "dry_run"

local permissions = {}

--- The AWS actions of a script of this generation: what it declares, and what the policies that it asks declare. A set.
function permissions.actions(generation, name)
  local actions = {}
  local function add(described)
    for _, action in ipairs(described and described.aws or {}) do actions[action] = true end
  end
  local script = generation.scripts[name]
  add(script)
  for _, policy in ipairs(script and script.policies or {}) do add(generation.scripts["policies." .. policy]) end
  return actions
end

--- The context of a script's task: requestId, script, generation, actions, and the dry run that it is part of. A task that is
-- started inside a dry run is part of it, too; `dry` begins one.
function permissions.context(generation, name, request_id, dry)
  local outer = dry_run.current()
  return {
    requestId = request_id, script = name, generation = generation.number, actions = permissions.actions(generation, name),
    dry_run = (dry or outer) and dry_run.new(outer) or nil,
  }
end

return permissions
