-- Who listens to a topic. What AWS's own services receive is confirmed at once; a person or a web server confirms with the
-- token
-- that was sent to them (here: that GET /_drsh/messages shows).

local crypto = require "crypto"
local fault = require "local_aws.fault"
local filter_policy = require "local_aws.sns.filter_policy"
local json = require "json"
local topics = require "local_aws.sns.topics"
local uuid = require "uuid"

local subscriptions = {}

subscriptions.schema = [[
CREATE TABLE IF NOT EXISTS sns_subscriptions (
  arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, topic TEXT NOT NULL, protocol TEXT NOT NULL,
  endpoint TEXT NOT NULL, confirmed INTEGER NOT NULL, token TEXT, attributes TEXT NOT NULL, UNIQUE (topic, protocol, endpoint)
) WITHOUT ROWID;
]]

-- Protocol -> {pattern that its endpoint must fit, must it be confirmed}.
local PROTOCOLS = {
  email = { "^[^%s@]+@[^%s@]+$", true }, ["email-json"] = { "^[^%s@]+@[^%s@]+$", true }, http = { "^http://", true },
  https = { "^https://", true }, sqs = { "^arn:aws[%w-]*:sqs:" }, lambda = { "^arn:aws[%w-]*:lambda:" },
  firehose = { "^arn:aws[%w-]*:firehose:" }, application = { "^arn:aws[%w-]*:sns:" }, sms = { "^%+?%d[%d/-]*%d$" },
}

local SETTABLE = {
  DeliveryPolicy = true, FilterPolicy = true, FilterPolicyScope = true, RawMessageDelivery = true, RedrivePolicy = true,
  SubscriptionRoleArn = true, ReplayPolicy = true,
}

local PENDING = "PendingConfirmation"

local function shown(row)
  return {
    SubscriptionArn = row.confirmed == 1 and row.arn or PENDING, Owner = row.account, Protocol = row.protocol,
    Endpoint = row.endpoint, TopicArn = row.topic,
  }
end

local function check(input)
  local protocol = PROTOCOLS[input.Protocol]
  if not protocol then
    topics.invalid("Amazon SNS does not support this protocol string: " .. tostring(input.Protocol))
  elseif not (input.Endpoint or ""):find(protocol[1]) or input.Protocol == "sms" and input.Endpoint:find("[/-][/-]") then
    topics.invalid(input.Protocol == "sms" and "Invalid SMS endpoint: " .. tostring(input.Endpoint)
      or input.Protocol:find("^email") and "Email address" or ("%s endpoint ARN"):format(input.Protocol:upper()))
  end
  for name, value in pairs(input.Attributes or {}) do
    if not SETTABLE[name] then
      topics.invalid "AttributeName"
    elseif name == "FilterPolicy" then
      filter_policy.check(value, input.Attributes.FilterPolicyScope)
    elseif name:find("Policy$") and not pcall(json.decode, value) then
      topics.invalid(name .. ": failed to parse JSON.")
    end
  end
  return protocol[2]
end

local operations = {}

function operations.Subscribe(call)
  local input, db = call.input, call.world.db
  local topic = topics.get(call, input.TopicArn)
  local needs_confirmation = check(input)
  local row = db:first("SELECT * FROM sns_subscriptions WHERE topic = ? AND protocol = ? AND endpoint = ?", topic.arn,
    input.Protocol, input.Endpoint)
  if not row then
    row = {
      arn = topic.arn .. ":" .. uuid.v4(), confirmed = needs_confirmation and 0 or 1,
      token = needs_confirmation and crypto.hex(crypto.random_bytes(96)) or nil,
    }
    db:run([[INSERT INTO sns_subscriptions (arn, account, region, topic, protocol, endpoint, confirmed, token, attributes)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)]], row.arn, call.account, call.region, topic.arn, input.Protocol, input.Endpoint,
      row.confirmed, row.token, json.encode(json.object(input.Attributes or {})))
  end
  local told = row.confirmed == 1 or input.ReturnSubscriptionArn
  return { SubscriptionArn = told and row.arn or "pending confirmation" }
end

function operations.ConfirmSubscription(call)
  local topic = topics.get(call, call.input.TopicArn)
  local row = call.world.db:first("SELECT arn FROM sns_subscriptions WHERE topic = ? AND token = ?", topic.arn,
    call.input.Token)
  if not row then
    topics.invalid "Token"
  end
  call.world.db:run("UPDATE sns_subscriptions SET confirmed = 1 WHERE arn = ?", row.arn)
  return { SubscriptionArn = row.arn }
end

function operations.Unsubscribe(call)
  if not call.input.SubscriptionArn:find("^arn:aws[%w-]*:sns:[^:]+:%d+:[^:]+:[%x-]+$") then
    topics.invalid("SubscriptionArn Reason: An ARN must have at least 6 elements, not 1")
  end
  call.world.db:run("DELETE FROM sns_subscriptions WHERE arn = ? AND account = ?", call.input.SubscriptionArn, call.account)
end

function operations.ListSubscriptions(call)
  local list, token = topics.page(call.input.NextToken, function(after, limit)
    return call.world.db:all([[SELECT * FROM sns_subscriptions WHERE account = ? AND region = ? AND arn > ? ORDER BY arn
      LIMIT ?]], call.account, call.region, after, limit)
  end, "arn", shown)
  return { Subscriptions = list, NextToken = token }
end

function operations.ListSubscriptionsByTopic(call)
  local topic = topics.get(call, call.input.TopicArn)
  local list, token = topics.page(call.input.NextToken, function(after, limit)
    return call.world.db:all("SELECT * FROM sns_subscriptions WHERE topic = ? AND arn > ? ORDER BY arn LIMIT ?", topic.arn,
      after,
      limit)
  end, "arn", shown)
  return { Subscriptions = list, NextToken = token }
end

local function get(call)
  return call.world.db:first("SELECT * FROM sns_subscriptions WHERE arn = ? AND account = ?", call.input.SubscriptionArn,
    call.account) or fault.raise("NotFoundException", "Subscription does not exist")
end

function operations.GetSubscriptionAttributes(call)
  local row = get(call)
  local attributes = {
    SubscriptionArn = row.arn, TopicArn = row.topic, Owner = row.account, Protocol = row.protocol, Endpoint = row.endpoint,
    PendingConfirmation = tostring(row.confirmed == 0), ConfirmationWasAuthenticated = "true", RawMessageDelivery = "false",
    SubscriptionPrincipal = call.principal.arn,
  }
  for name, value in pairs(json.decode(row.attributes)) do
    attributes[name] = value
  end
  return { Attributes = attributes }
end

function operations.SetSubscriptionAttributes(call)
  local row, input = get(call), call.input
  local attributes = json.decode(row.attributes)
  check { Protocol = row.protocol, Endpoint = row.endpoint, Attributes = {
    [input.AttributeName] = input.AttributeValue or "{}", FilterPolicyScope = attributes.FilterPolicyScope,
  } }
  attributes[input.AttributeName] = input.AttributeValue
  call.world.db:run("UPDATE sns_subscriptions SET attributes = ? WHERE arn = ?", json.encode(json.object(attributes)), row.arn)
end

subscriptions.operations = operations

return subscriptions
