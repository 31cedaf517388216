-- AWS in the code that is read: clients, their operations, and the shapes that answers have.
local models = require "models"
local nearest = require "aws.nearest"
local parameters = require "check.parameters"
local values = require "check.values"
local waiters = require "aws.waiters"

local clients = {}

-- --- answers ---

local shapes = {}

-- What a member of this shape may be.
function clients.shape(model, name, is_document)
  local shape = model.shapes[name]
  if shape.document or (is_document and name == "AttributeValue") then return values.unknown() end
  if shape.type ~= "structure" and shape.type ~= "list" and shape.type ~= "map" then return values.plain() end
  local key = model.service .. "\0" .. name .. "\0" .. tostring(is_document)
  shapes[key] = shapes[key] or values.atom("shape", { model = model, name = name, shape = shape, is_document = is_document })
  return { [shapes[key]] = true }
end

--- What lies in an answer under a name; nil: under any. Second result: it is no name of this shape.
function clients.member(atom, name)
  local shape = atom.shape
  if shape.type == "list" then return clients.shape(atom.model, shape.member.shape, atom.is_document) end
  if shape.type == "map" then return clients.shape(atom.model, shape.value.shape, atom.is_document) end
  local member = name and shape.members[name]
  if member then return clients.shape(atom.model, member.shape, atom.is_document) end
  return values.unknown(), name ~= nil
end

--- The finding about a field that an answer does not have.
function clients.no_member(atom, name)
  local hint = nearest.hint(name, nearest.names(atom.shape.members))
  return ("%s of %s has no field '%s'%s"):format(atom.name, atom.model.service, name, hint)
end

-- --- clients ---

local made = {}

-- assumes: it may work in another account, and so must assume a role first.
local function client_of(service, is_document, assumes)
  local key = service .. (is_document and " document" or "") .. (assumes and " assumes" or "")
  made[key] = made[key] or values.atom("client", { service = service, is_document = is_document, assumes = assumes })
  return made[key]
end

--- aws.across(service, options, fn): the client that fn gets.
function clients.across(analysis, frame, node, arguments)
  local inner = {}
  for _, options in ipairs(values.of_kind(arguments[2] or {}, "table")) do
    values.join(inner, values.field(options, "client"))
    if next(values.some(values.field(options, "accounts"))) then inner = values.unknown() end
  end
  return clients.new(analysis, frame, node, { arguments[1], inner })
end

--- aws.client(service, options)
function clients.new(analysis, frame, node, arguments)
  local found = {}
  local assumes, is_document = false, false
  for _, options in ipairs(values.of_kind(arguments[2] or {}, "table")) do
    for atom in pairs(values.field(options, "account")) do
      assumes = assumes or (atom.kind ~= "plain" and atom.kind ~= "none")
    end
    is_document = is_document or next(values.some(values.field(options, "document"))) ~= nil
  end
  if (arguments[2] or {})[values.UNKNOWN] then assumes = true end
  for _, service in ipairs(values.texts(arguments[1] or {}) or {}) do
    if pcall(models.load, service) then
      found[client_of(service, is_document, assumes)] = true
    else
      analysis:report(frame, node.arguments[1] and node.arguments[1].at or node.at, "unknown-service",
        nearest.message("there is no AWS service", service, models.services()), "name a service that drsh has a model of")
    end
  end
  if not values.texts(arguments[1] or {}) then return values.unknown() end
  return found
end

--- client.name or client:name
function clients.method(client, name)
  client.methods = client.methods or {}
  client.methods[name] = client.methods[name] or values.atom("operation", { client = client, name = name })
  return client.methods[name]
end

local WALKS = { items = true, pages = true, wait = true }

-- The operation's model, or nil. Waiting knows it also by the names of its waiters.
local function operation_of(client, name, walk)
  local model = models.load(client.service)
  local waiter = walk == "wait" and waiters.find(model, name)
  local operation = waiter and waiter.operation or models.methods(model)[name]
  return operation and model.operations[operation], model
end

-- What a paginator's walk gives.
local function items_of(model, operation, is_document)
  local paginator = model.paginators[operation.name]
  local key = paginator and paginator.result_key
  local found = operation.output and clients.shape(model, operation.output, is_document) or values.unknown()
  for step in (type(key) == "table" and key[1] or key or ""):gmatch "[%w_]+" do
    local inner = {}
    for atom in pairs(found) do
      values.join(inner, atom.kind == "shape" and clients.member(atom, step) or values.unknown())
    end
    found = inner
  end
  local elements = {}
  for atom in pairs(found) do
    values.join(elements, atom.kind == "shape" and clients.member(atom) or values.unknown())
  end
  return elements
end

-- One of several services may be meant where a client comes from elsewhere: a name is wrong only if none of them has it.
local function report_unknown(analysis, frame, at, callees, name, walk)
  local services, candidates = {}, {}
  for _, callee in ipairs(callees) do
    if operation_of(callee.client, name, walk) then return end
    services[#services + 1] = callee.client.service
    local model = models.load(callee.client.service)
    table.move(nearest.names(models.methods(model)), 1, 10000, #candidates + 1, candidates)
  end
  analysis:report(frame, at, "unknown-operation",
    nearest.message(("%s has no operation"):format(table.concat(services, ", ")), name, candidates),
    "operations are named in snake_case as AWS names them; help(client) in `drsh repl` lists them")
end

-- Notes one call and gives its answer.
local function call_one(analysis, frame, at, callee, name, input, input_at, walk)
  local operation, model = operation_of(callee.client, name, walk)
  if not operation then return nil end
  frame.calls[#frame.calls + 1] = { client = callee.client, operation = operation, model = model, input = input, at = at }
  if analysis.reporting then
    parameters.check(model, operation, input, callee.client, function(place, code, message, advice)
      analysis:report_in(place.unit or frame.unit, place.at or input_at, code, message, advice)
    end)
  end
  local answer = operation.output and clients.shape(model, operation.output, callee.client.is_document) or values.plain()
  return answer, operation, model
end

--- Calls of operation atoms with the same arguments: {client, input ...} as the colon gives them.
function clients.call(analysis, frame, node, callees, arguments, name_at)
  local answers = {}
  local name = callees[1].name
  local walk = WALKS[name] and name
  local names = { name }
  if walk then names = values.texts(arguments[2] or {}) end
  local shift = walk and 1 or 0
  local input = arguments[2 + shift] or {}
  local input_node = node.arguments[1 + shift]
  local input_at = input_node and input_node.at or name_at
  local at = walk and node.arguments[1] and node.arguments[1].at or name_at
  if not names then
    for _, callee in ipairs(callees) do frame.calls[#frame.calls + 1] = { client = callee.client, at = name_at } end
    return { values.unknown() }
  end
  for _, operation_name in ipairs(names) do
    report_unknown(analysis, frame, at, callees, operation_name, walk)
    for _, callee in ipairs(callees) do
      local answer, operation, model = call_one(analysis, frame, at, callee, operation_name, input, input_at, walk)
      if answer and walk == "items" then answer = items_of(model, operation, callee.client.is_document) end
      if answer and (walk == "items" or walk == "pages") then
        answer = analysis:iterator(frame, node, { answer })
      elseif answer and walk == "wait" then
        answer = clients.waited(analysis, frame, arguments[4], answer)
      end
      values.join(answers, answer or values.unknown())
    end
  end
  return { answers, values.unknown() }
end

-- client:wait(name, input, {until_ = function(result) ... end}): what until_ gives, or a waiter's own value.
function clients.waited(analysis, frame, options, answer)
  local found = values.unknown()
  for _, option in ipairs(values.of_kind(options or {}, "table")) do
    local results = analysis:call_values(frame, values.field(option, "until_"), { answer })
    values.join(found, results[1])
  end
  return found
end

return clients
