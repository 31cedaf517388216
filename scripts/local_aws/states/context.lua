-- The context object ("$$") and the variables that a state sees.
-- https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
local document = require "local_aws.states.document"
local json     = require "json"
local time     = require "time"

local context = {}

local function iso(us)
  return time.iso8601(us / 1000000, "ms")
end

-- The innermost Map iteration around a branch, itself included.
local function iteration(run, branch)
  while branch and not branch.index do
    branch = branch.parent and run:branch(branch.parent)
  end
  return branch
end

local has_retry_count = { Task = true, Parallel = true, Map = true }

function context.object(run, branch, state, extra)
  local execution = run.execution
  if run.given_context then
    return document.copy(run.given_context) -- TestState may say what the context object is
  end
  local object = json.object {
    Execution = json.object { Id = execution.arn, Input = json.decode(execution.input), Name = execution.name,
      RoleArn = execution.role_arn, StartTime = iso(execution.started_us) },
    StateMachine = json.object { Id = execution.machine_arn, Name = execution.machine_name },
    State = json.object { Name = branch.state, EnteredTime = iso(branch.entered_us or run.now_us) },
  }
  if execution.type == "STANDARD" then
    object.Execution.RedriveCount = execution.redrive_count
    object.Execution.RedriveTime = execution.redriven_us and iso(execution.redriven_us)
  end
  if has_retry_count[state.Type] then
    object.State.RetryCount = branch.retry_count
  end
  local around = iteration(run, branch)
  if around then
    object.Map = json.object { Item = json.object { Index = around.index, Value = json.decode(around.item) } }
  end
  for name, value in pairs(extra or {}) do
    object[name] = value
  end
  return object
end

-- Looks a variable up in the branch and in those around it.
local function variables(run, branch)
  return function(name)
    local at = branch
    while at do
      local value = at.variables and document.open(document.read(at.variables))[name]
      if value ~= nil then
        return value
      end
      at = at.parent and run:branch(at.parent)
    end
  end
end

-- What expressions of a state are evaluated against. The context object is only made when something asks for it.
function context.environment(run, branch, state, input, extra)
  local environment = { input = input, variables = variables(run, branch) }
  return setmetatable(environment, { __index = function(self, key)
    if key == "context" then
      local object = context.object(run, branch, state, extra)
      rawset(self, "context", object)
      return object
    end
  end })
end

return context
