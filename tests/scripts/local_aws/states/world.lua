-- A world with the local Step Functions alone: calls go straight to the operations, functions are Lua functions of the
-- test, and the clock is frozen. world.reopen() is a process that died and came back: same file, nothing else kept.
local clock  = require "clock"
local json   = require "json"
local sqlite = require "sqlite"
local states = require "local_aws.states"
local task   = require "task"

local support = {}

local START = 1800000000

local methods = {}
methods.__index = methods

function methods:request(operation, account, region, input)
  return operation { account = account, region = region, input = input, world = self.inner, principal = {}, requestId = "test" }
end

-- Calls an operation as the front would.
function methods:call(name, input)
  local operation = assert(states.operations[name], name)
  if states.waits[name] then
    return self:request(operation, "123456789012", "us-east-1", input or {})
  end
  return self.db:transaction(self.request, self, operation, "123456789012", "us-east-1", input or {})
end

-- The fault that a call raises, as "Code: message".
function methods:refusal(name, input)
  local fine, problem = pcall(self.call, self, name, input)
  assert(not fine, name .. " was not refused")
  return tostring(problem)
end

function methods:create(name, definition, fields)
  local input = { name = name, roleArn = "arn:aws:iam::123456789012:role/states",
    definition = type(definition) == "string" and definition or json.encode(definition) }
  for key, value in pairs(fields or {}) do
    input[key] = value
  end
  return self:call("CreateStateMachine", input).stateMachineArn
end

-- Creates a machine of these states (the first one given by `start`) and starts it. -> execution ARN
function methods:start(start, states_by_name, input, fields)
  self.count = self.count + 1
  local definition = { StartAt = start, States = states_by_name }
  for key, value in pairs(fields or {}) do
    definition[key] = value
  end
  local machine = self:create("machine-" .. self.count, definition)
  return self:call("StartExecution", { stateMachineArn = machine, name = "run-" .. self.count,
    input = input and (type(input) == "string" and input or json.encode(input)) }).executionArn
end

function methods:describe(arn)
  return self:call("DescribeExecution", { executionArn = arn })
end

-- Lets everything that can happen now happen.
function methods.rest()
  clock.step(0)
end

-- Starts and lets it come to rest. -> what DescribeExecution says
function methods:run(...)
  local arn = self:start(...)
  self.rest()
  return self:describe(arn)
end

function methods:events(arn)
  return self:call("GetExecutionHistory", { executionArn = arn, maxResults = 1000 }).events
end

-- "ExecutionStarted PassStateEntered<0 ...": types with the previous event's id.
function methods:trail(arn)
  local parts = {}
  for index, event in ipairs(self:events(arn)) do
    parts[index] = event.type .. "<" .. event.previousEventId
  end
  return table.concat(parts, " ")
end

function methods:find_event(arn, event_type)
  for _, event in ipairs(self:events(arn)) do
    if event.type == event_type then
      return event
    end
  end
end

-- `inner` is the world as services know it.
local function open(self)
  self.db = sqlite.open(self.path)
  self.db:exec(states.schema)
  self.handles = {}
  self.inner.db = self.db
  states.start(self.inner)
end

function methods:halt()
  for _, handle in ipairs(self.handles) do
    if not handle:done() then
      handle:cancel()
    end
  end
  self.db:close()
end

local function invoke(self, name, payload)
  local implementation = self.implementations[name:match "[^:]+$"]
  if not implementation then
    error({ code = "ResourceNotFoundException", message = "no such function" }, 0)
  end
  return json.encode(implementation(json.decode(payload)))
end

local function make(path, implementations, count)
  local self = setmetatable({ path = path, implementations = implementations or {}, count = count or 0 }, methods)
  self.services = { states = states }
  self.inner = {
    services = self.services, settings = {},
    functions = { invoke = function(name, payload) return invoke(self, name, payload) end },
    background = function(fn)
      local handle = task.background(fn)
      self.handles[#self.handles + 1] = handle
      return handle
    end,
    call = function(service, operation, account, region, input)
      if service ~= "states" then
        return self.call_service(service, operation, account, region, input)
      end
      return self:request(states.operations[operation], account, region, input)
    end,
  }
  return self
end

-- What a process finds that was not there for a while: the same file, a fresh driver.
function methods:start_again()
  local fresh = make(self.path, self.implementations, self.count)
  open(fresh)
  return fresh
end

function methods:reopen()
  self:halt()
  return self:start_again()
end

function methods:close()
  self:halt()
  if self.path ~= ":memory:" then
    for _, suffix in ipairs { "", "-wal", "-shm", "-journal" } do
      os.remove(self.path .. suffix)
    end
  end
end

-- world = support.open{functions={name=function(payload) return result end}, file=true}
function support.open(options)
  options = options or {}
  clock.freeze(START)
  local self = make(options.file and os.tmpname() or ":memory:", options.functions)
  open(self)
  return self
end

support.START = START

return support
