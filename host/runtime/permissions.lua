-- What the task of a script may ask of AWS, and whether it does so for real: the part of a task's context that the AWS client
-- obeys.
local dry_run = require "dry_run"
local task = require "task"

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
-- started inside a dry run is part of it, too; `dry` begins one. Where a prompt may not write (guard), its scripts may not.
function permissions.context(generation, name, request_id, dry)
  local outer = task.context() or {}
  return {
    requestId = request_id, script = name, generation = generation.number, actions = permissions.actions(generation, name),
    dry_run = (dry or outer.dry_run) and dry_run.new(outer.dry_run) or nil, guard = outer.guard, trace = outer.trace,
    modules = generation.modules,
  }
end

return permissions
