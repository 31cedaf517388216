-- One AWS call from parameters to result: build, sign, send, read, and try again where that is safe.

local answer     = require "aws.answer"
local config     = require "config"
local endpoint_discovery = require "aws.endpoint_discovery"
local events     = require "aws.events"
local http       = require "http"
local log        = require "log"
local prepare    = require "aws.prepare"
local quirks     = require "aws.quirks"
local reading    = require "aws.reading"
local record     = require "aws.record"
local retry      = require "retry"
local retrying   = require "aws.retrying"
local sigv4      = require "sigv4"
local task       = require "task"
local time       = require "time"
local user_agent = require "aws.user_agent"
local uuid       = require "uuid"

local send = {}

local SKEW_MINIMUM = 4 * 60      -- seconds; AWS takes a signature of up to five minutes' difference
local ANSWER_MAXIMUM = 15 * 60   -- a Date header after so long says nothing about our clock

-- Calls that start a job and have no idempotency token. Once such a call may have reached AWS, a second one is a second job (or
-- a ConflictException from one's own first call): the caller must look first.
local UNREPEATABLE = {
  drs = {
    StartRecovery = true, TerminateRecoveryInstances = true, StartFailbackLaunch = true,
    StartSourceNetworkRecovery = true, AssociateSourceNetworkStack = true,
  },
}

-- Nothing was sent, or the service said that it did nothing.
local NOT_SENT = { HTTP_CONNECT = true, HTTP_URL = true, HTTP_REQUEST = true, HTTP_TLS = true }

local SKEW_CODES = {
  AuthFailure = true, InvalidSignatureException = true, RequestExpired = true, RequestInTheFuture = true,
  RequestTimeTooSkewed = true, SignatureDoesNotMatch = true, AccessDeniedException = true,
}

-- Seconds for one try, where the usual 60 do not do: a big wave takes StartRecovery long, GetActivityTask waits for a minute.
local TIMEOUT = { drs = { StartRecovery = 120, TerminateRecoveryInstances = 120 }, sfn = { GetActivityTask = 75 },
  swf = { PollForActivityTask = 75, PollForDecisionTask = 75 } }

-- Calls in which the service itself waits for something to happen; who makes them makes them in a loop.
local LONG_POLLS = {
  GetActivityTask = "sfn", ReceiveMessage = "sqs", PollForActivityTask = "swf", PollForDecisionTask = "swf",
}

-- The Date header tells how wrong our clock is. True if that is far, and news.
local function learn_skew(memory, response, began)
  local date = response.headers.date and time.parse(response.headers.date)
  if not date or response.headers.age or time.monotonic() - began > ANSWER_MAXIMUM
    or (config.get("AWS_DISABLE_CLOCK_SKEW_CORRECTION") or ""):lower() == "true" then
    return false
  end
  local skew = date - time.wall()
  local news = math.abs(skew) >= SKEW_MINIMUM and math.abs(skew - memory.skew) >= SKEW_MINIMUM
  memory.skew = math.abs(skew) >= SKEW_MINIMUM and skew or 0
  return news
end

-- The headers of a try but for the signature, and the keys to sign with; no keys where the operation wants none.
local function headers_of(call, attempt)
  local request, client = call.request, call.client
  local headers = {}
  for name, value in pairs(request.headers) do
    headers[name] = value
  end
  for name, value in pairs(call.endpoint.headers) do
    headers[name] = value
  end
  headers["amz-sdk-invocation-id"] = call.invocation
  headers["amz-sdk-request"] = ("attempt=%d; max=%d"):format(attempt, call.attempts)
  local keys = not quirks.signing(call.operation) and client:credentials() or nil
  call.account = client.account and client.account.accountId or keys and keys.account_id
  local letter = keys and user_agent.source_letter(keys.source)
  if letter then
    call.features[letter] = true
  end
  headers["user-agent"] = user_agent.text(call.features, call.mode, client.settings.application)
  return headers, keys
end

local function signed(call, attempt)
  local request, headers, keys = call.request, headers_of(call, attempt)
  local url = call.endpoint.url .. quirks.target(call.client.model, call.operation, request.target, call.endpoint)
  local _, unsigned_body = quirks.signing(call.operation)
  if not keys then
    return url, headers
  elseif unsigned_body and not headers["x-amz-content-sha256"] then
    headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD"
  end
  local signature = sigv4.sign {
    method = request.method, url = url, headers = headers, body = request.body,
    service = call.endpoint.signing_name, region = call.endpoint.signing_region, region_set = call.endpoint.region_set,
    double_encode = not call.endpoint.single_encoding, path_normalize = not call.endpoint.single_encoding,
    unsigned_payload = unsigned_body, time = math.floor(time.wall() + call.memory.skew), credentials = keys,
  }
  for name, value in pairs(signature) do
    headers[name] = value
  end
  return url, headers
end

local function remaining(call)
  return call.total and call.total - (time.monotonic() - call.began) or math.huge
end

-- Sends, and waits for the answer; of one that is a stream for its beginning, unless it is a refusal.
local function exchange(call, options)
  if not call.is_stream then
    return http.request(options)
  end
  local response = http.open(options)
  if response.status >= 300 then
    local pieces, body = {}, response.body
    for piece in function() return body:read() end do
      pieces[#pieces + 1] = piece
    end
    response.body = table.concat(pieces)
  end
  return response
end

-- One try. Results as answer.read(); the last one is the answer, if one came.
local function try(call, attempt)
  local url, headers = signed(call, attempt)
  local began = time.monotonic()
  local came, response = pcall(exchange, call, {
    method = call.request.method, url = url, headers = headers, body = call.request.body,
    timeout = math.min(call.timeout, math.max(remaining(call), 0.001)), connect_timeout = call.client.connect_timeout,
    ca_bundle = call.client.settings.ca_bundle,
  })
  if not came then
    if type(response) ~= "table" or not response.code then
      error(response, 0)
    end
    local kind = retry.classify { service = call.prefix, code = response.code }
    return nil, answer.failure(call, {
      code = response.code, message = response.message, retryable = kind ~= nil, throttled = false,
    }), kind, not NOT_SENT[response.code]
  end
  local skew_news = learn_skew(call.memory, response, began)
  local output, problem, kind, maybe_done = answer.read(call, response)
  if problem and skew_news and SKEW_CODES[problem.code] then
    kind = "transient"
  end
  local region = call.endpoint.signing_region
  if problem and not call.moved and quirks.moved(call.client, call.operation, call.input, region, response, problem) then
    call.moved = true
    prepare(call, call.client.settings)
    return try(call, attempt)
  end
  return output, problem, kind, maybe_done, response
end

local function new_call(client, operation, input, options)
  local settings = client:prepare()
  local features = { [user_agent.FEATURES["retries_" .. settings.retry_mode]] = true }
  for _, feature in ipairs(options.features or {}) do
    features[user_agent.FEATURES[feature]] = true
  end
  local by_service = TIMEOUT[client.service]
  local call = {
    client = client, operation = operation, input = input, features = features, mode = settings.retry_mode,
    prefix = client.model.metadata.endpointPrefix,
    invocation = uuid.v4(), began = time.monotonic(), total = options.total_timeout or client.total_timeout,
    timeout = options.timeout or client.timeout or by_service and by_service[operation.name] or 60,
    attempts = options.max_attempts or settings.max_attempts,
    unrepeatable = UNREPEATABLE[client.service] and UNREPEATABLE[client.service][operation.name] or false,
    is_stream = events.member(client.model, operation) ~= nil, long_poll = LONG_POLLS[operation.name] == client.service,
  }
  prepare(call, settings)
  if call.endpoint.overridden then
    features[user_agent.FEATURES.endpoint_override] = true
  end
  if call.endpoint.region_set then
    features[user_agent.FEATURES.sigv4a] = true
  end
  call.memory = retrying.memory(client.service, call.endpoint.url)
  return call
end

-- In adaptive mode a try may have to wait, and may have to wait too long.
local function wait_for_turn(call, problem)
  if not retrying.may_send(call, remaining(call)) then
    error(problem or answer.failure(call, {
      code = "RATE_LIMITED", message = "the service throttles; at the rate that it takes, this call's time would be over",
      retryable = true, throttled = true,
    }), 0)
  end
end

-- -> the output, and {attempts=, status=, requestId=}. Raises an aws.failure. options: {timeout= seconds a try,
-- total_timeout=, max_attempts=, features={"paginator"}}.
function send.call(client, operation, input, options)
  local call, earlier = new_call(client, operation, input, options), nil
  for attempt = 1, call.attempts do
    wait_for_turn(call, earlier)
    if attempt == 1 then record.begin(call) end
    local output, problem, kind, maybe_done, response = try(call, attempt)
    retrying.answered(call, kind)
    if not problem then
      retrying.succeeded(call)
      record.succeeded(call)
      return output, {
        attempts = attempt, status = response.status,
        requestId = answer.request_id(response),
      }
    end
    call.maybe_done = call.maybe_done or maybe_done and not reading.only(operation)
    problem.outcomeUnknown = call.maybe_done or nil
    local delay = kind and not (call.unrepeatable and maybe_done)
      and retrying.next_delay(call, attempt, kind, response, remaining(call))
    record.failed(call, problem, delay)
    endpoint_discovery.failed(client, problem)
    if not delay then
      error(problem, 0)
    end
    log.debug("an AWS call is tried again", {
      service = client.service, operation = operation.name, code = problem.code, attempt = attempt, delay = delay,
    })
    earlier = problem
    task.sleep(delay)
  end
end

return send
