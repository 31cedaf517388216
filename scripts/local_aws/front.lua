-- The local AWS's front: one HTTP request in, one answer out. Finds the service by the signature's scope, checks the signature,
-- reads the input by the model, runs the operation, writes the output or the fault as the service's protocol has it.

local auth = require "local_aws.auth"
local control = require "local_aws.control"
local crypto = require "crypto"
local fault = require "local_aws.fault"
local form = require "local_aws.wire.form"
local log = require "log"
local registry = require "local_aws.registry"
local uuid = require "uuid"
local validate = require "local_aws.wire.validate"
local world = require "local_aws.world"

local front = {}

local WIRES = {
  json = require "local_aws.wire.json",
  rest_json = require "local_aws.wire.rest_json",
  rest_xml = require "local_aws.wire.rest_xml",
  query = require "local_aws.wire.query",
  ec2 = require "local_aws.wire.ec2",
  rpc_cbor = require "local_aws.wire.rpc_cbor",
}

-- Faults that no model names, or that every service has.
local STATUS = {
  InternalFailure = 500, InternalServerError = 500, InternalServerException = 500, InternalError = 500,
  ServiceUnavailable = 503,
  Unavailable = 503, AccessDenied = 403, AccessDeniedException = 400, UnknownOperationException = 400, DryRunOperation = 412,
  UnauthorizedOperation = 403, RequestLimitExceeded = 503,
}

local INTERNAL = {
  json = "InternalServerError", rest_json = "InternalServerException", query = "InternalFailure", ec2 = "InternalError",
  rest_xml = "InternalFailure", rpc_cbor = "InternalServerError",
}

local function by_name(name)
  for _, entry in ipairs(registry) do
    if entry.name == name then
      return entry
    end
  end
end

-- A service that also speaks JSON or CBOR: the entry as it is for such a call.
local function as(protocol, entry)
  return setmetatable({ protocol = protocol, target = entry.json_target }, { __index = entry })
end

local function has_prefix(text, prefix, separator)
  return text and prefix and text:sub(1, #prefix + #separator) == prefix .. separator
end

-- The service that an unsigned (or wrongly scoped) request is meant for.
local function by_content(request)
  local target = request.headers["x-amz-target"]
  local version = request.form and request.form.Version
  for _, entry in ipairs(registry) do
    if has_prefix(target, entry.json_target, ".") then
      return as("json", entry)
    elseif entry.json_target and WIRES.rpc_cbor.path(request.path) == entry.json_target then
      return as("rpc_cbor", entry)
    elseif has_prefix(target, entry.target, ".") or has_prefix(request.path, entry.path, "/")
      or version and entry.version == version then
      return entry
    end
  end
end

local function read_form(request)
  local kind = request.headers["content-type"] or ""
  if kind:find("^application/x%-www%-form%-urlencoded") then
    request.form = form.parse(request.body)
  elseif request.query_string and request.query_string:find("Action=", 1, true) then
    request.form = form.parse(request.query_string)
  end
end

-- JSON for no target, unsigned: DRS has no such path, and DynamoDB has words for it.
local function is_json_root(request)
  local kind = request.headers["content-type"] or "application/json"
  return request.method == "POST" and request.path == "/"
    and (kind:find "^%s*application/json%f[%s;\0]" or kind:find "^application/x%-amz%-json%-1%.0%f[%s;\0]")
end

-- The request ids of DynamoDB are 52 digits and capitals, of which the first are here those of the UUID.
local function long_id(id)
  return ((id .. uuid.v4()):gsub("-", "")):sub(1, 52):upper()
end

-- A request of no service that is here is answered in the protocol that it speaks, as far as one can see.
local function nowhere(request, scope)
  local asked = request.form
  if request.headers["x-amz-target"] then
    return { name = "unknown", protocol = "json" }
  elseif asked and asked.Action then
    return { name = "unknown", protocol = "query", namespace = "http://webservices.amazon.com/AWSFault/2005-15-09" }
  elseif scope and (scope.service == "s3" or scope.service == "cloudfront") then
    return { name = "unknown", protocol = "rest_xml" }
  end
  return { name = "unknown", protocol = "rest_json" }
end

local function status_of(model, failure, entry)
  local shape = model and model.shapes[failure.code]
  if failure.status then
    return failure.status
  elseif shape and shape.error and shape.error.httpStatusCode then
    return shape.error.httpStatusCode
  elseif shape and shape.fault then
    return 500
  elseif entry.protocol == "rest_json" and failure.code == "UnknownOperationException" then
    return 404
  end
  return STATUS[failure.code] or 400
end

-- Some protocols have words of their own for what they do not know.
local function unknown_operation(entry, request, asked)
  local wire = WIRES[entry.protocol]
  if wire.unknown then
    wire.unknown(entry, request)
  end
  local failure = fault.new("UnknownOperationException", "Unknown operation: " .. tostring(asked))
  failure.status = entry.protocol == "rest_json" and 404 or 400
  error(failure, 0)
end

-- Fills `call` as far as it gets and answers status, headers, body; raises faults.
local function serve(self, request, call)
  read_form(request)
  local guess = by_content(request)
  call.entry = guess or nowhere(request)
  local scope = auth.scope(request, call.entry.protocol)
  -- What the call itself says counts: a signature scoped to another service is refused further down.
  local entry = guess or (scope and by_name(scope.service)) or nowhere(request, scope)
  if not scope and entry.protocol == "rest_json" then
    entry = by_name(is_json_root(request) and "dynamodb" or "drs")
  end
  call.entry = entry
  call.requestId = entry.name == "dynamodb" and long_id(call.requestId) or call.requestId
  call.region = scope and scope.region
  local service = self.services[entry.name]
  if not service then
    local asked = request.form and request.form.Action or request.headers["x-amz-target"] or request.method .. " "
      .. request.path
    world.say_unknown(self, scope and scope.service or "unknown", asked)
    unknown_operation(entry, request, asked)
  end
  local wire = WIRES[entry.protocol]
  call.model = world.model(service)
  local operation, asked = wire.operation(entry, call.model, request)
  call.operation = operation or asked
  if not operation and wire.unknown then
    wire.unknown(entry, request)
  end
  if not (operation and call.model.operations[operation].authtype == "none" and not scope) then
    call.principal = auth.authenticate(self.db, entry, request, scope)
    call.account = call.principal.account
  end
  if not operation or not service.operations[operation] then
    world.say_unknown(self, entry.name, tostring(call.operation))
    unknown_operation(entry, request, call.operation)
  end
  local injected = self.faults.pick(entry.name, operation, call.region, call.account)
  if injected then
    call.injected = injected
    self.faults.before(injected, call)
  end
  call.input = wire.decode(call.model, operation, request)
  -- A service whose sentences and order are its own judges its input itself.
  local found = service.judges_input and {} or validate.input(call.model, operation, call.input)
  if found[1] then
    wire.invalid(found, call.model, operation)
  end
  local output = world.run(self, service, call) or {}
  return wire.encode(call.model, operation, output, request, call.requestId)
end

local function as_fault(problem, call)
  if fault.is(problem) then
    return problem
  end
  log.error("the local AWS failed", {
    service = call.entry and call.entry.name, operation = call.operation, error = tostring(problem), requestId = call.requestId,
  })
  local failure = fault.new(INTERNAL[call.entry and call.entry.protocol or "json"], "Internal server error")
  failure.status = 500
  return failure
end

local function with_trace(problem)
  return type(problem) == "table" and problem or debug.traceback(tostring(problem), 2)
end

local function finish(self, call, status, headers, body)
  headers["x-amzn-requestid"] = call.requestId
  if call.entry.name == "dynamodb" then
    headers["x-amz-crc32"] = ("%d"):format(crypto.crc32(body))
  end
  self.clock.keep()
  if call.injected then
    return self.faults.after(call.injected, status, headers, body)
  end
  return status, headers, body
end

local function answer(self, request)
  local call = { world = self, requestId = uuid.v4() }
  local ok, status, headers, body = xpcall(serve, with_trace, self, request, call)
  if not ok then
    local failure = as_fault(status, call)
    call.code = failure.code
    local wire = WIRES[call.entry.protocol]
    status = status_of(call.model, failure, call.entry)
    status, headers, body = wire.encode_fault(call.entry, call.model, failure, status, request, call.requestId)
  end
  self.calls.record(call, status)
  return finish(self, call, status, headers, body)
end

-- The handler for server.listen.
function front.handler(self)
  return function(request)
    if request.path:find("^/_drsh/?") then
      return control.handle(self, request)
    end
    return answer(self, request)
  end
end

return front
