-- Calls of other services from a Task: arn:aws:states:::aws-sdk:<service>:<action>, and the optimised forms dynamodb:*,
-- states:*. Parameters and results are spelled as in the AWS SDK for Java, members in PascalCase and times as text,
-- whatever the service's own spelling is. https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
local crypto   = require "crypto"
local document = require "local_aws.states.document"
local failure  = require "local_aws.states.failure"
local fault    = require "local_aws.fault"
local json     = require "json"
local models   = require "models"
local time     = require "time"
local uuid     = require "uuid"

local sdk = {}

-- service in the ARN -> our service and model, prefix of error names through aws-sdk and through the optimised form
local services = {
  dynamodb = { service = "dynamodb", model = "dynamodb", prefix = "DynamoDb", optimised = "DynamoDB",
    shown = "AmazonDynamoDBv2",
    general = "AmazonDynamoDBException" },
  sfn = { service = "states", model = "sfn", prefix = "Sfn" },
  states = { service = "states", model = "sfn", prefix = "Sfn", optimised = "StepFunctions", shown = "AWSStepFunctions",
    general = "AWSStepFunctionsException" },
  sts = { service = "sts", model = "sts", prefix = "Sts" },
  ec2 = { service = "ec2", model = "ec2", prefix = "Ec2" },
  drs = { service = "drs", model = "drs", prefix = "Drs" },
  sns = { service = "sns", model = "sns", prefix = "Sns", optimised = "SNS", shown = "AmazonSNS",
    general = "AmazonSNSException" },
  events = { service = "events", model = "events", prefix = "EventBridge", optimised = "EventBridge",
    shown = "AmazonEventBridge", general = "AmazonEventBridgeException" },
  eventbridge = { service = "events", model = "events", prefix = "EventBridge" },
  lambda = { service = "lambda", model = "lambda", prefix = "Lambda", optimised = "Lambda", shown = "AWSLambda",
    general = "AWSLambdaException" },
  ssm = { service = "ssm", model = "ssm", prefix = "Ssm" },
  route53 = { service = "route53", model = "route53", prefix = "Route53" },
  cloudwatch = { service = "monitoring", model = "cloudwatch", prefix = "CloudWatch" },
}

function sdk.pascal(name)
  return name:sub(1, 1):upper() .. name:sub(2)
end
local pascal = sdk.pascal

-- member of a shape by its PascalCase name
sdk.member_names = models.memo(function(model, shape_name)
  local names = {}
  for name in pairs(model.shapes[shape_name].members or {}) do
    names[pascal(name)] = name
  end
  return names
end)

local function is_null(value)
  return value == nil or value == json.null
end

local function to_number(value)
  return type(value) == "string" and time.parse(value) or value
end

local input_of

local inputs = {
  structure = function(model, shape, value)
    local names, result = sdk.member_names(model, shape.name), json.object {}
    for key, child in pairs(value) do
      local name = names[key]
      if not name then
        failure.raise("States.Runtime", ("The field \"%s\" is not supported by Step Functions"):format(key),
          { inside_state = true,
          terminal = true })
      elseif not is_null(child) then
        result[name] = input_of(model, shape.members[name], child)
      end
    end
    return result
  end,
  list = function(model, shape, value)
    local result = json.array {}
    for index, child in ipairs(value) do
      result[index] = input_of(model, shape.member, child)
    end
    return result
  end,
  map = function(model, shape, value)
    local result = json.object {}
    for key, child in pairs(value) do
      result[key] = input_of(model, shape.value, child)
    end
    return result
  end,
  timestamp = function(_, _, value) return to_number(value) end,
  string = function(_, _, value) return type(value) == "table" and document.write(value) or value end,
}

function input_of(model, reference, value)
  local shape = models.resolve(model, reference)
  local convert = inputs[shape.type]
  local wants_table = shape.type == "structure" or shape.type == "list" or shape.type == "map"
  if convert and (not wants_table or type(value) == "table") then
    return convert(model, shape, value)
  end
  return value
end

local output_of

local outputs = {
  structure = function(model, shape, value)
    local result = json.object {}
    for name, reference in pairs(shape.members or {}) do
      if not is_null(value[name]) then
        result[pascal(name)] = output_of(model, reference, value[name])
      end
    end
    return result
  end,
  list = function(model, shape, value)
    local result = json.array {}
    for index, child in ipairs(value) do
      result[index] = output_of(model, shape.member, child)
    end
    return result
  end,
  map = function(model, shape, value)
    local result = json.object {}
    for key, child in pairs(value) do
      result[key] = output_of(model, shape.value, child)
    end
    return result
  end,
  timestamp = function(_, _, value) return type(value) == "number" and time.iso8601(value, "ms") or value end,
}

function output_of(model, reference, value)
  local shape = models.resolve(model, reference)
  local convert = outputs[shape.type]
  if convert then
    return convert(model, shape, value)
  end
  return value
end

-- What every answer of a service carries beside its own members.
function sdk.with_metadata(result, request_id)
  result.SdkHttpMetadata = json.object {
    AllHttpHeaders = json.object { ["x-amzn-RequestId"] = json.array { request_id } },
    HttpHeaders = json.object { ["x-amzn-RequestId"] = request_id },
    HttpStatusCode = 200,
  }
  result.SdkResponseMetadata = json.object { RequestId = request_id }
  return result
end

local function cause_of(problem, known, optimised, request_id, model)
  local shape = model.shapes[problem.code]
  local wire = shape and shape.error or {}
  local status = wire.httpStatusCode or 400
  if optimised then
    return ("%s (Service: %s; Status Code: %d; Error Code: %s; Request ID: %s; Proxy: null)"):format(problem.message,
      known.shown, status, wire.code or problem.code, request_id)
  end
  return ("%s (Service: %s, Status Code: %d, Request ID: %s)"):format(problem.message, known.prefix, status, request_id)
end

-- A refusal of the service as an error of the state, named as the SDK for Java names it: what the service's model does not
-- have is the service's general exception (DynamoDB.AmazonDynamoDBException, Ec2.Ec2Exception).
local function refused(problem, known, model, resource, request_id)
  local optimised = not resource.sdk and known.optimised
  local name = problem.code
  if not model.shapes[name] then
    name = optimised and known.general or known.prefix .. "Exception"
  elseif not name:find "Exception$" then
    name = name .. "Exception"
  end
  return failure.new((optimised or known.prefix) .. "." .. name,
    cause_of(problem, known, optimised, request_id, model), { refused = true })
end

-- What a resource (resource.lua) calls, as far as we have its model. -> model, the operation's description
function sdk.operation(resource)
  local known = services[resource.service]
  local model = known and models.load(known.model)
  return model, model and model.operations[pascal(resource.action)]
end

-- Calls the service for an execution. -> the result as a table; raises a failure
function sdk.call(world, execution, resource, parameters)
  local known = services[resource.service]
  local operation = pascal(resource.action)
  local model, described = sdk.operation(resource)
  if not described or not world.services[known.service] then
    failure.raise("States.Runtime", ("The resource '%s' is not simulated here"):format(resource.arn), { terminal = true,
      inside_state = true })
  end
  -- The optimised form takes a message as an object, too.
  if resource.service == "sns" and not resource.sdk and type(parameters.Message) == "table" then
    parameters.Message = document.write(parameters.Message)
  end
  local input = described.input and input_of(model, { shape = described.input }, parameters) or json.object {}
  local request_id = uuid.v4()
  local fine, result = pcall(world.call, known.service, operation, execution.account, execution.region, input)
  if not fine then
    if fault.is(result) then
      error(refused(result, known, model, resource, request_id), 0)
    end
    error(result, 0)
  end
  local output = described.output and output_of(model, { shape = described.output }, result or {}) or json.object {}
  if resource.service == "events" and not resource.sdk and (output.FailedEntryCount or 0) > 0 then
    failure.raise("EventBridge.FailedEntry", json.encode(output)) -- the optimised form fails when one entry does
  end
  return sdk.with_metadata(output, request_id)
end

-- The same name for the same attempt, so that starting it again after a crash starts nothing twice.
function sdk.child_name(execution, job)
  return crypto.hex(crypto.sha256(("%s %d %d"):format(execution.arn, job.branch, job.attempt))):sub(1, 32)
end

return sdk
