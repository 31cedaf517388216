-- A client of one service: its operations as methods in snake_case, made when they are first used, with pages, items and wait.

local actions     = require "aws.actions"
local credentials = require "aws.credentials"
local dry_run     = require "dry_run"
local endpoints   = require "aws.endpoints"
local events      = require "aws.events"
local failure     = require "aws.failure"
local foresee     = require "aws.foresee"
local models      = require "models"
local nearest     = require "aws.nearest"
local paginate    = require "aws.paginate"
local quirks      = require "aws.quirks"
local reading     = require "aws.reading"
local send        = require "aws.send"
local settings    = require "aws.settings"
local task        = require "task"
local time        = require "time"
local uuid        = require "uuid"
local validate    = require "aws.validate"
local wait        = require "aws.wait"
local waiters     = require "aws.waiters"

local client = {}

local PROTOCOLS = {
  json = "json", ["rest-json"] = "rest_json", query = "query", ec2 = "ec2", ["rest-xml"] = "rest_xml",
  ["smithy-rpc-v2-cbor"] = "rpc_cbor",
}

local OPTIONS = {
  region = "string", account = "table", endpoint = "string", credentials = "any", profile = "string", document = "boolean",
  max_attempts = "number", timeout = "number", total_timeout = "number", connect_timeout = "number", sts_endpoint = "string",
  retry_mode = "string",
}

local function check_options(service, options, level)
  for name, value in pairs(options) do
    local kind = OPTIONS[name]
    if not kind then
      local hint = nearest.hint(tostring(name), nearest.names(OPTIONS))
      error(("aws.client(%q): option %s is unknown%s"):format(service, name, hint), level + 1)
    elseif kind ~= "any" and type(value) ~= kind then
      error(("aws.client(%q): option %s must be a %s, is a %s"):format(service, name, kind, type(value)), level + 1)
    end
  end
end

-- Another account without all that is needed to get there must never become our own account.
local function check_account(service, account, level)
  if not account or account.isCurrentAccount == true then
    return nil
  end
  for name, pattern in pairs { accountId = "^%d%d%d%d%d%d%d%d%d%d%d%d$", assumeRoleName = "^[%w+=,.@_/-]+$" } do
    local value = account[name]
    if type(value) ~= "string" or not value:find(pattern) then
      error(("aws.client(%q): account.%s is %s; without isCurrentAccount = true a role to assume is needed")
        :format(service, name, value == nil and "missing" or "'" .. tostring(value) .. "'"), level + 1)
    end
  end
  return account
end

local state = {}
state.__index = state

-- What is found out at the first call, and not when the client is made: files, region, how to retry.
function state:prepare()
  self.settings = self.settings or settings.load(self.model, self.options)
  return self.settings
end

-- The source of the keys to sign with.
local function source_of(self)
  local options, region = self.options, self:prepare().region
  local chain = {
    region = region, profile = options.profile, sts_endpoint = options.sts_endpoint,
    partition = endpoints.partition(region),
  }
  local function base()
    return options.credentials and credentials.given(options.credentials) or credentials.base(chain)
  end
  return self.account and credentials.account(base, self.account, chain) or base()
end

function state:credentials()
  self.source = self.source or source_of(self)
  return self.source:get()
end

-- SDKs call DynamoDB at the account's own host when they know the account.
local function identity_of(self)
  if not endpoints.wants_account(self.model) or self.options.endpoint then
    return nil
  end
  local mode = endpoints.account_mode(self:prepare().profile)
  return { account_mode = mode, account_id = mode ~= "disabled" and self:credentials().account_id or nil }
end

-- Where this call goes; where the operation has no say in it, the same for all of the client's calls.
function state:endpoint(operation, input)
  local context, region = endpoints.context(self.model, operation, input), quirks.region(self, input)
  if context then
    quirks.context(self.model, operation, context)
  elseif self.address and not region then
    return self.address
  end
  local found = self:prepare()
  local address = endpoints.resolve(self.model, region or found.region, self.options, found.profile, identity_of(self), context)
  if not context and not region then
    self.address = address
  end
  return address
end

-- Tokens that make a repeated call the same call, where the model has one and nobody gave it.
local function with_tokens(model, operation, parameters)
  local shape, filled = operation.input and model.shapes[operation.input], nil
  for name, reference in pairs(shape and shape.members or {}) do
    if reference.idempotencyToken and parameters[name] == nil then
      filled = filled or table.move(parameters, 1, 0, 1, {})
      filled[name] = uuid.v4()
    end
  end
  if not filled then
    return parameters
  end
  for name, value in pairs(parameters) do
    filled[name] = value
  end
  return filled
end

local function read_now(self, name, parameters)
  local output = send.call(self, self.model.operations[name], parameters, {})
  return output
end

-- The account that our own keys belong to, asked once in a dry run: a person who reads "terminate" wants to know where.
local function own_account(self, run)
  local known = self:credentials().account_id
  if known or self.options.endpoint then return known end
  if run.own_account == nil then
    local sts = client.new("sts", { region = self:prepare().region }, { source = self.source, undeclared = true })
    local ok, identity = pcall(function() return sts:get_caller_identity {} end)
    run.own_account = ok and identity.Account or false
  end
  return run.own_account or nil
end

-- In a dry run a call that changes something is written down and not sent; its answer is what follows from what is known.
-- STS, which gives out keys, changes nothing.
local function rehearse(self, operation, parameters, run)
  dry_run.record(run, {
    service = self.service, operation = operation.name, region = self:prepare().region, parameters = parameters,
    account = self.account and self.account.accountId or own_account(self, run),
  })
  return foresee.answer(self, operation, parameters, run, read_now)
end

-- Tells whoever runs the task (context.trace) of a call: {service, operation, region, seconds, attempts, requestId, problem}.
local function traced(self, operation, parameters, options, trace)
  local began = time.monotonic()
  local fine, output, answer = pcall(send.call, self, operation, parameters, options)
  answer = fine and answer or failure.is(output) and output or {}
  trace {
    service = self.service, operation = operation.name, region = self:prepare().region, seconds = time.monotonic() - began,
    attempts = answer.attempts, requestId = answer.requestId, problem = not fine and output or nil,
  }
  if not fine then
    error(output, 0)
  end
  return output
end

function state:call(operation, parameters, options, level)
  parameters = parameters or {}
  events.refuse_both_ways(self.model, operation, level + 1)
  validate.parameters(self.model, operation, parameters, self, level + 1)
  if not self.undeclared then
    actions.check(self.model, operation, parameters)
  end
  local rehearsed = not self.undeclared and self.service ~= "sts" and not reading.only(operation) and dry_run.current()
  if rehearsed then
    return rehearse(self, operation, parameters, rehearsed)
  end
  local context = task.context() or {}
  if context.guard and not self.undeclared then -- whoever runs the task may refuse
    context.guard({ service = self.service, region = self:prepare().region }, operation, parameters)
  end
  parameters = with_tokens(self.model, operation, parameters)
  if context.trace then
    return traced(self, operation, parameters, options, context.trace)
  end
  local output = send.call(self, operation, parameters, options)
  return output
end

local function operation_named(self, name, level)
  local operation = type(name) == "string" and models.methods(self.model)[name]
  if not operation then
    error(nearest.message(("%s has no operation"):format(self.service), tostring(name),
      nearest.names(models.methods(self.model))), level + 1)
  end
  return self.model.operations[operation]
end

-- The named waiter, or one from the matcher of the options.
local function waiter_named(self, name, options, level)
  local waiter = type(name) == "string" and waiters.find(self.model, name)
  if waiter then
    return waiter
  end
  local operation = type(name) == "string" and models.methods(self.model)[name]
  if not operation then
    local known = nearest.names(models.methods(self.model))
    table.move(waiters.names(self.model), 1, #waiters.names(self.model), #known + 1, known)
    error(nearest.message(("%s has no waiter or operation"):format(self.service), tostring(name), known), level + 1)
  elseif type(options.until_) ~= "function" then
    error(("%s:wait(%q): the options need until_, a function of the result"):format(self.service, name), level + 1)
  end
  return { operation = operation, matcher = true, judge = wait.matcher(options.until_) }
end

-- The methods that are no operations.
local function walks(self)
  local methods = {}

  local function caller(operation, feature)
    return function(input)
      local output = self:call(operation, input, { features = { feature } }, 3)
      return output
    end
  end

  -- for page in client:pages("describe_jobs", {...}) do
  function methods.pages(_, name, parameters)
    local operation = operation_named(self, name, 2)
    local next_one, _, _, closer = paginate.pages(self.model, operation, parameters, caller(operation, "paginator"), 2)
    validate.parameters(self.model, operation, parameters or {}, self, 2)
    return next_one, nil, nil, closer
  end

  -- for job in client:items("describe_jobs", {...}) do
  function methods.items(_, name, parameters)
    local operation = operation_named(self, name, 2)
    local next_one, _, _, closer = paginate.items(self.model, operation, parameters, caller(operation, "paginator"), 2)
    validate.parameters(self.model, operation, parameters or {}, self, 2)
    return next_one, nil, nil, closer
  end

  -- client:wait("job_completed", {...} [, {delay=, limit=, jitter=, progress=}]) -> value, result: a named waiter
  -- client:wait("describe_jobs", {...}, {until_ = function(result) ... end, ...}) -> value, result: any operation
  function methods.wait(_, name, parameters, options)
    options, parameters = options or {}, parameters or {}
    if type(options) ~= "table" then
      error(("%s:wait(%q): the options must be a table"):format(self.service, tostring(name)), 2)
    end
    local waiter = waiter_named(self, name, options, 2)
    local misuse = wait.misuse(options, waiter) or waiter.check and waiter.check(parameters, options)
    if misuse then
      error(("%s:wait(%q): %s"):format(self.service, name, misuse), 2)
    end
    local operation = self.model.operations[waiter.operation]
    validate.parameters(self.model, operation, parameters, self, 2)
    local call = caller(operation, "waiter")
    local function look()
      if waiter.all then
        return wait.merged(paginate.all(self.model, operation, parameters, call))
      end
      return call(parameters)
    end
    local value, result = wait.run(waiter, look, options, {
      name = name, service = self.service, operation = operation.name, region = self:prepare().region, parameters = parameters,
    })
    return value, result
  end

  return methods
end

local function method_for(self, proxy, name)
  local operation = operation_named(self, name, 3)
  return function(receiver, parameters, options)
    if receiver ~= proxy then
      error(("%s.%s: call it with a colon, client:%s{...}"):format(self.service, name, name), 2)
    end
    local output = self:call(operation, parameters, options or {}, 2) -- no tail call: an error names the caller's line
    return output
  end
end

-- service: "drs", "sfn", ...; options as in aws.client. chain is for the credentials chain's own calls, never for a script's:
-- {source= of the keys to sign with, undeclared=true}.
function client.new(service, options, chain)
  options, chain = options or {}, chain or {}
  local model = models.load(service, 3)
  check_options(service, options, 3)
  local self = setmetatable({
    service = service, model = model, options = options, account = check_account(service, options.account, 3),
    protocol = require("aws.protocol." .. PROTOCOLS[model.metadata.protocol]), document = options.document or false,
    timeout = options.timeout, total_timeout = options.total_timeout, connect_timeout = options.connect_timeout,
    source = chain.source, undeclared = chain.undeclared,
  }, state)
  local methods = walks(self)
  return setmetatable({}, {
    __name = "aws.client", __metatable = "aws.client",
    __index = function(proxy, name)
      local method = methods[name]
      if not method then
        method = method_for(self, proxy, name)
        methods[name] = method
      end
      return method
    end,
    __newindex = function(_, name)
      error(("a client of %s cannot be changed (%s)"):format(service, tostring(name)), 2)
    end,
    __tostring = function()
      return ("aws.client(%q)"):format(service)
    end,
  })
end

return client
