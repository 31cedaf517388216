-- Outputs that are a stream of events: one member of the output gives them as they come,
--
--   for event in logs:start_live_tail { logGroupIdentifiers = { arn } }.responseStream do
--     for _, line in ipairs(event.sessionUpdate and event.sessionUpdate.sessionResults or {}) do print(line.message) end
--   end
--
-- each event is {NAME = value}, as the model names it. The stream ends with its last event, with :close(), or with the scope of
-- a <close>; what goes wrong in it raises as a call does.

local event_stream = require "aws.event_stream"
local failure      = require "aws.failure"
local models       = require "models"

local events = {}

local function stream_member(model, shape_name)
  for name, reference in pairs(shape_name and model.shapes[shape_name].members or {}) do
    if model.shapes[reference.shape].eventstream then
      return name
    end
  end
end

-- The name of the output's member that is a stream of events, nil if none is.
function events.member(model, operation)
  return stream_member(model, operation.output)
end

-- Raises a plain string for operations that are sent events, too.
function events.refuse_both_ways(model, operation, level)
  if stream_member(model, operation.input) then
    error(("%s:%s sends events while it receives some, which wants HTTP/2; drsh speaks HTTP/1.1"):format(
      model.service, models.snake_case(operation.name)), level + 1)
  end
end

-- Protocols whose output's other members come in a first event, as there is no other place for them.
local INITIAL = { json = true, ["smithy-rpc-v2-cbor"] = true }

local Stream = { __name = "aws.events", __metatable = "aws.events" }
Stream.__index = Stream

-- An event's members are in its headers, its payload, or one of them is the payload as it is.
local function value_of(self, shape, message)
  local value, payload = {}, nil
  for name, reference in pairs(shape.members) do
    if reference.eventheader then
      value[name] = message.headers[name]
    elseif reference.eventpayload then
      payload = name
    end
  end
  local member = payload and models.resolve(self.model, shape.members[payload]) or shape
  local read = message.payload
  if member.type ~= "blob" and member.type ~= "string" then
    read = self.protocol.read_body(self.model, member, message.payload, self.options)
  end
  if payload then
    value[payload] = read
    return value
  end
  for name, item in pairs(value) do
    read[name] = item
  end
  return read
end

local function raise(self, fields)
  self:close()
  for name, value in pairs(self.place) do
    fields[name] = value
  end
  error(failure.new(fields), 0)
end

local function raise_exception(self, message)
  local headers = message.headers
  local name = headers[":exception-type"]
  if not name then
    raise(self, { code = headers[":error-code"] or "UNKNOWN", message = headers[":error-message"] or "", retryable = false })
  end
  local reference = self.shape.members[name]
  local shape = reference and self.model.shapes[reference.shape]
  local members = shape and self.protocol.read_body(self.model, shape, message.payload, self.options) or {}
  local text = members.message or members.Message
  members.message, members.Message = nil, nil
  raise(self, { code = name, message = text or "", members = members, retryable = shape ~= nil and shape.retryable ~= nil })
end

local function next_message(self)
  local fine, message = pcall(self.messages)
  if not fine and type(message) == "table" and message.code then
    raise(self, { code = message.code, message = message.message, retryable = true })
  elseif not fine then
    error(message, 0)
  end
  return message
end

-- The next event, nil behind the last one.
function Stream:__call()
  while self.body do
    local message = next_message(self)
    if not message then
      self:close()
    elseif message.headers[":message-type"] ~= "event" then
      raise_exception(self, message)
    else
      local name = message.headers[":event-type"]
      local reference = self.shape.members[name]
      if reference then -- what a newer service says beside it is passed over
        return { [name] = value_of(self, self.model.shapes[reference.shape], message) }
      end
    end
  end
end

function Stream:close()
  if self.body then
    self.body:close()
    self.body = nil
  end
end
Stream.__close = Stream.close

-- The stream of an answer that http.open gave, and the text that the rest of the output is read from.
-- place: {service=, operation=, region=, status=, requestId=}, for errors.
function events.open(client, operation, response, place)
  local model, body = client.model, response.body
  local member = events.member(model, operation)
  local self = setmetatable({
    model = model, protocol = client.protocol, options = client, place = place, body = body,
    shape = models.resolve(model, model.shapes[operation.output].members[member]),
    messages = event_stream.messages(function() return body:read() end),
  }, Stream)
  if not INITIAL[model.metadata.protocol] then
    return self, ""
  end
  local message = next_message(self)
  if message and message.headers[":message-type"] ~= "event" then
    raise_exception(self, message)
  elseif not message or message.headers[":event-type"] ~= "initial-response" then
    raise(self, { code = "EVENT_STREAM_BROKEN", retryable = true,
      message = "the stream of events does not begin with the call's result" })
  end
  return self, message.payload
end

return events
