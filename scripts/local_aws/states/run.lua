-- One step of one execution: what is loaded, what has changed, and what is to be done once it is committed. Everything that
-- moves an execution goes through run.step, in one transaction with its history.
local failure = require "local_aws.states.failure"
local store   = require "local_aws.states.store"
local time    = require "time"

local run = {}

local methods = {}
methods.__index = methods

-- The branch with this id, one table per step however often it is asked for; nil if it is gone.
function methods:branch(id)
  local branch = self.branches[id]
  if branch == nil then
    branch = store.branch(self.db, id) or false
    self.branches[id] = branch
  end
  return branch or nil
end

function methods:children(parent)
  local list = store.children(self.db, parent.id)
  for index, child in ipairs(list) do
    if self.branches[child.id] then
      list[index] = self.branches[child.id]
    else
      self.branches[child.id] = child
    end
  end
  return list
end

function methods:add_branch(branch)
  branch.execution = self.execution.id
  store.add_branch(self.db, branch)
  self.branches[branch.id] = branch
  return branch
end

function methods:remove(branch)
  store.remove_branch(self.db, branch.id)
  self.branches[branch.id] = false
end

-- The definition of the state that a branch is in, and its scope.
function methods:state(branch)
  local scope = self.machine.scopes[branch.scope]
  return scope.states[branch.state], scope
end

local function save(self)
  for _, branch in pairs(self.branches) do
    if branch then
      store.save_branch(self.db, branch)
    end
  end
  store.save_execution(self.db, self.execution)
end

-- Runs body(step) in a transaction for an execution that is RUNNING (or whatever `status` allows); what the step has changed is
-- saved with it. A failure that concerns the whole execution (its history is full) ends it through `ended`.
-- -> the step | nil when there is nothing to do
function run.step(world, execution_id, body, ended)
  local self
  world.db:transaction(function()
    local execution = store.execution(world.db, execution_id)
    if not execution or execution.status ~= "RUNNING" then
      return
    end
    self = setmetatable({ world = world, db = world.db, execution = execution, now_us = time.now_us(), branches = {},
      launches = {},
      machine = store.machine(world.db, execution.definition) }, methods)
    local fine, problem = pcall(body, self)
    if not fine then
      if not failure.is(problem) or not problem.whole_execution then
        error(problem, 0)
      end
      ended(self, problem)
    end
    save(self)
  end)
  return self
end

return run
