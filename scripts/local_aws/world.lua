-- The world of one local AWS: its database, its services, its settings. Services get it as call.world.
--
--   world.db         the SQLite handle
--   world.call(service, operation, account, region, input) -> output     in-process; raises faults
--   world.background(fn)   runs fn in a task that lives as long as the world; what it raises is logged
--   world.functions  the functions module (lambda:invoke), nil in a program without it
--   world.services   name or model name -> service
--   world.settings   what control may change: settings.drs.pageSize ...

local accounts = require "local_aws.accounts"
local calls = require "local_aws.control.calls"
local data_version = require "local_aws.data_version"
local fault = require "local_aws.fault"
local faults = require "local_aws.control.faults"
local json = require "json"
local log = require "log"
local models = require "models"
local registry = require "local_aws.registry"
local snapshots = require "local_aws.control.snapshots"
local task = require "task"
local uuid = require "uuid"
local validate = require "local_aws.wire.validate"
local world_clock = require "local_aws.world_clock"

local world = {}

local function schemas()
  local list = { accounts.schema }
  for _, entry in ipairs(registry) do
    list[#list + 1] = require(entry.module).schema
  end
  return list
end

local function load_services(self)
  for _, entry in ipairs(registry) do
    local service = require(entry.module)
    local of_world = setmetatable({ entry = entry, waits = service.waits or {} }, { __index = service })
    self.services[entry.name] = of_world
    self.services[entry.model] = of_world
    if service.settings then
      self.settings[entry.name] = service.settings()
    end
    self.db:exec(service.schema)
  end
end

-- Models are read when a service is first used: reading all would cost more than the whole start.
function world.model(service)
  return models.load(service.entry.model)
end

-- Runs an operation: in a transaction of its own, unless it may wait.
function world.run(self, service, call)
  local operation = service.operations[call.operation]
  if service.waits[call.operation] then
    return operation(call)
  end
  return self.db:transaction(operation, call)
end

-- Names are the callers' own: so many are remembered, and no more.
local MAX_UNKNOWN = 1000

-- Says once that there is no such operation, or no such service at all.
function world.say_unknown(self, service_name, operation)
  local name = service_name .. ":" .. operation:sub(1, 200)
  if not self.unknown[name] and self.unknown_count < MAX_UNKNOWN then
    self.unknown[name], self.unknown_count = true, self.unknown_count + 1
    log.warn("the local AWS has no such operation", { service = service_name, operation = operation })
  end
end

local function call_in_process(self, service_name, operation, account, region, input)
  local service = self.services[service_name]
  if not service or not service.operations[operation] then
    world.say_unknown(self, service_name, operation)
    fault.raise("UnknownOperationException", ("%s has no operation %s"):format(service_name, operation))
  end
  local found = not service.judges_input and validate.input(world.model(service), operation, input)
  if found and found[1] then
    fault.raise("ValidationException", validate.message(found))
  end
  return world.run(self, service, {
    world = self, account = account, region = region, operation = operation, input = input, requestId = uuid.v4(),
    principal = { arn = ("arn:aws:iam::%s:root"):format(account), userId = account, account = account },
  })
end

local function background(self, fn)
  self.tasks[#self.tasks + 1] = task.background(function()
    local ok, problem = xpcall(fn, function(failure)
      return type(failure) == "table" and failure or debug.traceback(tostring(failure), 2)
    end)
    if not ok then
      log.error("a background task of the local AWS failed", { error = tostring(problem) })
    end
  end)
end

-- options: db= an open database; path= its file, nil in memory; settings= what differs from the defaults, by service;
-- functions= the functions module.
function world.new(options)
  local self = {
    db = options.db, services = {}, settings = {}, functions = options.functions, unknown = {}, unknown_count = 0, tasks = {},
    calls = calls.new(), snapshots = snapshots.new(options.path),
  }
  self.faults = faults.new(function(name)
    local service = self.services[name]
    return service, service and world.model(service)
  end)
  function self.call(...)
    return call_in_process(self, ...)
  end
  function self.background(fn)
    return background(self, fn)
  end
  if options.path then
    data_version.check(self.db, schemas(), options.path)
  end
  self.db:exec(accounts.schema)
  self.clock = world_clock.open(self.db)
  load_services(self)
  for name, changes in pairs(options.settings or {}) do
    world.change_settings(self, name, changes)
  end
  return self
end

-- Changes settings of a service; an unknown one, or one of another type, is refused with a plain string.
function world.change_settings(self, service, changes)
  local settings = self.settings[service] or error("no settings for '" .. tostring(service) .. "'", 0)
  for name, value in pairs(changes) do
    if settings[name] == nil or type(settings[name]) ~= type(value) then
      error(("setting %s.%s: unknown, or not a %s"):format(service, tostring(name), type(settings[name])), 0)
    end
  end
  for name, value in pairs(changes) do
    if type(value) == "table" and not json.is_array(value) then
      for key, item in pairs(value) do
        settings[name][key] = item
      end
    else
      settings[name] = value
    end
  end
end

-- The settings by service, each service once.
function world.settings(self)
  local settings = json.object {}
  for name, values in pairs(self.settings) do
    settings[name] = values
  end
  return settings
end

-- Starts what the services do by themselves.
function world.start(self)
  for _, entry in ipairs(registry) do
    local service = self.services[entry.name]
    if service.start then
      service.start(self)
    end
  end
end

-- Ends what world.start began.
function world.halt(self)
  for _, handle in ipairs(self.tasks) do
    handle:cancel()
  end
  self.tasks = {}
end

function world.stop(self)
  world.halt(self)
  self.clock.keep(true)
end

return world
