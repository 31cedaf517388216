-- Answers of AWS calls: outputs, and failures.

local checksums = require "aws.checksums"
local crypto    = require "crypto"
local events    = require "aws.events"
local failure   = require "aws.failure"
local quirks    = require "aws.quirks"
local retry     = require "retry"

local answer = {}

-- The id that the service gave the call, nil if none.
function answer.request_id(response)
  return response.headers["x-amzn-requestid"] or response.headers["x-amz-request-id"]
end

-- An error of this call.
function answer.failure(call, fields)
  fields.service, fields.operation, fields.region = call.client.service, call.operation.name, call.endpoint.signing_region
  fields.account = call.account
  return failure.new(fields)
end

local function message_of(said, response)
  if (said.message or "") ~= "" then
    return said.message
  elseif response.status < 400 then
    return ("the service sends the call elsewhere (%s); a signed call is not sent on"):format(response.headers.location or "?")
  end
  return ("the answer is HTTP %d, without a word of the service"):format(response.status)
end

local function from_status(call, response)
  local protocol, model, options = call.client.protocol, call.client.model, call.client
  local said = protocol.failure(model, call.operation, response, options)
  local fact = said.modelled and said.modelled.retryable
  local kind = retry.classify {
    service = call.prefix, status = response.status, code = said.code,
    retryable = fact ~= nil, throttling = fact ~= nil and fact.throttling == true,
  }
  return answer.failure(call, {
    code = said.code, message = message_of(said, response), members = said.members, status = response.status,
    requestId = answer.request_id(response) or said.requestId,
    retryable = kind ~= nil, throttled = kind == "throttling",
  }), kind, response.status >= 500 and kind ~= "throttling"
end

local function unreadable(call, response, code, message)
  return answer.failure(call, {
    code = code, message = message, status = response.status, retryable = true, throttled = false,
    requestId = answer.request_id(response),
  }), "transient", true
end

-- Two checksums that an answer may have: DynamoDB's, without which a broken body that is still JSON would go unseen, and those
-- that its operation has asked for.
local function broken_body(call, response)
  if call.is_stream then
    return nil
  end
  local expected = tonumber(response.headers["x-amz-crc32"])
  if expected and not response.headers["content-encoding"] and crypto.crc32(response.body) ~= expected then
    return "CRC32_MISMATCH"
  end
  return response.status < 300 and call.asks_checksum and checksums.differs(call.operation, response) and "CHECKSUM_MISMATCH"
end

-- The output of an answer that is read while it comes; results as answer.read().
local function read_stream(call, response)
  local client, operation = call.client, call.operation
  local opened, stream, text = pcall(events.open, client, operation, response, {
    service = client.service, operation = operation.name, region = call.endpoint.signing_region, status = response.status,
      account = call.account,
    requestId = answer.request_id(response),
  })
  if not opened then
    if not failure.is(stream) then
      error(stream, 0)
    end
    return nil, stream, stream.retryable and "transient" or nil, true
  end
  local output = client.protocol.response(client.model, operation, { status = response.status, headers = response.headers,
    body = text }, client)
  output[events.member(client.model, operation)] = stream
  return output
end

-- An answer -> its output; or nil, the error, its kind for retry.lua, and whether the call may have been carried out.
function answer.read(call, response)
  local client, broken = call.client, broken_body(call, response)
  if broken then
    return nil, unreadable(call, response, broken, "the answer's body does not have its header's checksum")
  end
  if not call.is_stream then
    response = quirks.answer(client.model, call.operation, response)
  end
  if response.status >= 300 then
    return nil, from_status(call, response)
  elseif call.is_stream then
    return read_stream(call, response)
  end
  local parsed, output = pcall(client.protocol.response, client.model, call.operation, response, client)
  if not parsed then
    local why = type(output) == "table" and output.message or tostring(output)
    return nil, unreadable(call, response, "UNREADABLE_ANSWER", "the answer is not what the model says: " .. why)
  end
  return quirks.output(client.model, call.operation, output, response, call.input)
end

return answer
