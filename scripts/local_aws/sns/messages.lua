-- Publishing. A message is kept with the endpoints that it went to; those with a filter get what their filter lets through.

local crypto = require "crypto"
local event_pattern = require "local_aws.events.pattern"
local fault = require "local_aws.fault"
local json = require "json"
local time = require "time"
local topics = require "local_aws.sns.topics"
local uuid = require "uuid"

local messages = {}

messages.schema = [[
CREATE TABLE IF NOT EXISTS sns_messages (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, target TEXT NOT NULL,
  at_us INTEGER NOT NULL, subject TEXT, body TEXT NOT NULL, attributes TEXT NOT NULL, delivered TEXT NOT NULL, deduplication
    TEXT
);
CREATE INDEX IF NOT EXISTS sns_messages_of_target ON sns_messages (target, number);
]]

local LARGEST = 262144
local DEDUPLICATION_US = 300 * 1000000

local function check(input)
  if not input.Message or input.Message == "" then
    topics.invalid "Empty message"
  elseif #input.Message > LARGEST then
    topics.invalid "Message too long"
  elseif input.Subject and (input.Subject == "" or utf8.len(input.Subject) == nil or utf8.len(input.Subject) > 100
    or input.Subject:find("[\r\n]")) then
    topics.invalid "Subject"
  end
  for name, attribute in pairs(input.MessageAttributes or {}) do
    local kind = attribute.DataType:match("^[^.]+")
    if kind ~= "String" and kind ~= "Number" and kind ~= "Binary" then
      fault.raise("InvalidParameterValueException",
        ("The message attribute '%s' has an invalid message attribute type, the set of "
        .. "supported type prefixes is Binary, Number, and String."):format(name))
    end
  end
end

-- The texts by protocol of a message that has one for each: {default=, email=, ...}; nil for a plain one.
local function by_protocol(input)
  if input.MessageStructure ~= "json" then
    return nil
  end
  local ok, texts = pcall(json.decode, input.Message)
  if not ok or type(texts) ~= "table" then
    topics.invalid "Message Structure - JSON message body failed to parse"
  elseif type(texts.default) ~= "string" then
    topics.invalid "Message Structure - No default entry in JSON message body"
  end
  return texts
end

-- What a filter policy sees: attributes with their values as lists, or the body itself.
local function filtered(row, input)
  local attributes = json.decode(row.attributes)
  if not attributes.FilterPolicy then
    return true
  end
  local subject = {}
  if attributes.FilterPolicyScope == "MessageBody" then
    local ok, body = pcall(json.decode, input.Message)
    subject = ok and type(body) == "table" and body or {}
  else
    for name, attribute in pairs(input.MessageAttributes or {}) do
      local value = attribute.StringValue
      subject[name] = attribute.DataType == "Number" and tonumber(value) or value
      if attribute.DataType == "String.Array" then
        subject[name] = json.decode(value)
      end
    end
  end
  return event_pattern.matches(json.decode(attributes.FilterPolicy), subject)
end

local function deliver(call, topic, input)
  local delivered, texts = json.array {}, by_protocol(input)
  for row in call.world.db:rows("SELECT * FROM sns_subscriptions WHERE topic = ? AND confirmed = 1 ORDER BY arn", topic.arn) do
    if filtered(row, input) then
      delivered[#delivered + 1] = {
        subscriptionArn = row.arn, protocol = row.protocol, endpoint = row.endpoint,
        message = texts and (texts[row.protocol] or texts.default) or nil,
      }
    end
  end
  return delivered
end

-- The id of a message that a FIFO topic had within five minutes, and the key to find it by.
local function deduplicate(call, topic, input)
  if topic.attributes.FifoTopic ~= "true" then
    if input.MessageDeduplicationId then
      topics.invalid("MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid "
        .. "for this topic type")
    end
    return nil
  elseif not input.MessageGroupId then
    topics.invalid "The MessageGroupId parameter is required for FIFO topics"
  end
  local key = input.MessageDeduplicationId or topic.attributes.ContentBasedDeduplication == "true"
    and crypto.hex(crypto.sha256(input.Message))
    or topics.invalid("The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
      .. "explicitly")
  local row = call.world.db:first("SELECT id FROM sns_messages WHERE target = ? AND deduplication = ? AND at_us > ?", topic.arn,
    key, time.now_us() - DEDUPLICATION_US)
  return key, row and row.id
end

-- Attributes as JSON can hold them.
local function as_text(attributes)
  local out = {}
  for name, attribute in pairs(attributes or {}) do
    local binary = attribute.BinaryValue
    out[name] = { DataType = attribute.DataType, StringValue = attribute.StringValue,
      BinaryValue = binary and crypto.base64_encode(binary) }
  end
  return json.encode(json.object(out))
end

local function keep(call, target, input, delivered, deduplication)
  local id = uuid.v4()
  call.world.db:run([[INSERT INTO sns_messages (id, account, region, target, at_us, subject, body, attributes, delivered,
    deduplication) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]], id, call.account, call.region, target, time.now_us(), input.Subject,
    input.Message, as_text(input.MessageAttributes), json.encode(delivered), deduplication)
  return id
end

local function publish(call, input)
  check(input)
  local arn = input.TopicArn or input.TargetArn
  if not arn and not input.PhoneNumber then
    topics.invalid "TopicArn or TargetArn Reason: no value for required parameter"
  elseif not arn and not input.PhoneNumber:find("^%+[1-9]%d%d+$") then
    topics.invalid(("PhoneNumber Reason: %s is not valid to publish to"):format(input.PhoneNumber))
  elseif not arn then
    return keep(call, input.PhoneNumber, input, json.array {})
  end
  local topic = topics.get(call, arn)
  local key, known = deduplicate(call, topic, input)
  return known or keep(call, arn, input, deliver(call, topic, input), key), key
end

local operations = {}

function operations.Publish(call)
  local id, is_fifo = publish(call, call.input)
  return { MessageId = id, SequenceNumber = is_fifo and ("%020d"):format(call.world.clock.next "sns/sequence") or nil }
end

function operations.PublishBatch(call)
  local entries, seen = call.input.PublishBatchRequestEntries, {}
  local topic = topics.get(call, call.input.TopicArn)
  if #entries == 0 then
    fault.raise("EmptyBatchRequestException", "The batch request doesn't contain any entries.")
  elseif #entries > 10 then
    fault.raise("TooManyEntriesInBatchRequestException", "The batch request contains more entries than permissible.")
  end
  local successful, failed = json.array {}, json.array {}
  for _, entry in ipairs(entries) do
    if seen[entry.Id] then
      fault.raise("BatchEntryIdsNotDistinctException", "Two or more batch entries in the request have the same Id.")
    end
    seen[entry.Id], entry.TopicArn = true, call.input.TopicArn
    if topic.attributes.FifoTopic == "true" and not entry.MessageGroupId then
      topics.invalid "The MessageGroupId parameter is required for FIFO topics"
    end
    local ok, id = pcall(publish, call, entry)
    if ok then
      successful[#successful + 1] = { Id = entry.Id, MessageId = id }
    elseif fault.is(id) then
      failed[#failed + 1] = { Id = entry.Id, Code = "InvalidParameter", Message = id.message, SenderFault = true }
    else
      error(id, 0)
    end
  end
  return { Successful = successful, Failed = failed }
end

-- What was published, oldest first, for the control endpoint; and the subscriptions that wait for their confirmation.
function messages.list(world, target, limit)
  local list, pending = json.array {}, json.array {}
  for row in world.db:rows([[SELECT * FROM (SELECT * FROM sns_messages WHERE ? IS NULL OR target = ? ORDER BY number DESC
    LIMIT ?) ORDER BY number]], target, target, limit) do
    list[#list + 1] = {
      messageId = row.id, account = row.account, region = row.region, target = row.target,
      time = time.iso8601(row.at_us / 1e6, "us"),
      subject = row.subject, message = row.body, attributes = json.decode(row.attributes),
      delivered = json.decode(row.delivered),
    }
  end
  for row in world.db:rows("SELECT * FROM sns_subscriptions WHERE confirmed = 0 AND (? IS NULL OR topic = ?) ORDER BY arn",
    target, target) do
    pending[#pending + 1] = { topicArn = row.topic, protocol = row.protocol, endpoint = row.endpoint, token = row.token }
  end
  return { messages = list, pendingConfirmations = pending }
end

messages.operations = operations

return messages
