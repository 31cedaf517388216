-- SNS topics: their names, attributes, tags, pages.

local crypto = require "crypto"
local fault = require "local_aws.fault"
local json = require "json"

local topics = {}

topics.schema = [[
CREATE TABLE IF NOT EXISTS sns_topics (
  arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, attributes TEXT NOT NULL, tags TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sns_topics_of_place ON sns_topics (account, region, arn);
]]

local PAGE, MAX_TAGS = 100, 50

-- Attributes that a caller may set; the rest is computed.
local SETTABLE = {
  DisplayName = true, Policy = true, DeliveryPolicy = true, KmsMasterKeyId = true, FifoTopic = true,
  ContentBasedDeduplication = true, SignatureVersion = true, TracingConfig = true, ArchivePolicy = true,
  FifoThroughputScope = true, DataProtectionPolicy = true,
}

function topics.invalid(text)
  fault.raise("InvalidParameterException", "Invalid parameter: " .. text)
end

-- One page of the rows that `select(after, limit)` gives: list of show(row), token. Tokens are the last ARN seen.
function topics.page(token, select, key, show)
  local after = ""
  if token then
    after = crypto.base64url_decode(token) or topics.invalid "NextToken"
  end
  local rows, list = select(after, PAGE + 1), json.array {}
  for index = 1, math.min(PAGE, #rows) do
    list[index] = show(rows[index])
  end
  return list, #rows > PAGE and crypto.base64url_encode(rows[PAGE][key]) or nil
end

-- The topic of an ARN: {arn=, attributes=, tags=}; raises as SNS does.
function topics.get(call, arn)
  local region, account, name = (arn or ""):match("^arn:aws[%w-]*:sns:([%w-]+):(%d+):([%w_.-]+)$")
  if not name or #account ~= 12 then
    topics.invalid(("TopicArn Reason: An ARN must have at least 6 elements, not %d"):format(select(2, (arn or ""):gsub(":", ""))
      + 1))
  elseif region ~= call.region then
    topics.invalid "TopicArn"
  end
  local row = call.world.db:first("SELECT * FROM sns_topics WHERE arn = ?", arn)
    or fault.raise("NotFoundException", "Topic does not exist")
  return { arn = arn, attributes = json.decode(row.attributes), tags = json.decode(row.tags), account = account }
end

-- Keeps what was changed in it.
local function save(call, topic)
  call.world.db:run("INSERT OR REPLACE INTO sns_topics (arn, account, region, attributes, tags) VALUES (?, ?, ?, ?, ?)",
    topic.arn, call.account, call.region, json.encode(json.object(topic.attributes)), json.encode(json.object(topic.tags)))
end

topics.save = save

local function check_name(name, fifo)
  local bare = fifo and name:match("^(.*)%.fifo$") or name
  if not bare or not bare:find("^[%w_-]+$") or #name > 256 then
    topics.invalid "Topic Name"
  end
end

local function check_attributes(attributes)
  for name in pairs(attributes) do
    if not SETTABLE[name] then
      topics.invalid("Attributes Reason: Unknown attribute " .. name)
    end
  end
end

local function map_of(tags)
  local map = {}
  for _, tag in ipairs(tags or {}) do
    map[tag.Key] = tag.Value
  end
  return map
end

local operations = {}

-- The same name gives the same topic, unless its attributes or tags would differ.
function operations.CreateTopic(call)
  local input = call.input
  local attributes, tags = input.Attributes or {}, map_of(input.Tags)
  local fifo = attributes.FifoTopic == "true"
  check_name(input.Name, fifo)
  check_attributes(attributes)
  local arn = ("arn:aws:sns:%s:%s:%s"):format(call.region, call.account, input.Name)
  local known = call.world.db:first("SELECT attributes, tags FROM sns_topics WHERE arn = ?", arn)
  if known then
    local before, tagged = json.decode(known.attributes), json.decode(known.tags)
    for name, value in pairs(attributes) do
      if before[name] ~= value then
        topics.invalid "Attributes Reason: Topic already exists with different attributes"
      end
    end
    for name, value in pairs(tags) do
      if tagged[name] ~= value then
        topics.invalid "Tags Reason: Topic already exists with different tags"
      end
    end
    return { TopicArn = arn }
  end
  save(call, { arn = arn, attributes = attributes, tags = tags })
  return { TopicArn = arn }
end

function operations.DeleteTopic(call)
  local db, arn = call.world.db, call.input.TopicArn
  db:run("DELETE FROM sns_topics WHERE arn = ? AND account = ?", arn, call.account)
  db:run("DELETE FROM sns_subscriptions WHERE topic = ?", arn)
end

function operations.ListTopics(call)
  local list, token = topics.page(call.input.NextToken, function(after, limit)
    return call.world.db:all("SELECT arn FROM sns_topics WHERE account = ? AND region = ? AND arn > ? ORDER BY arn LIMIT ?",
      call.account, call.region, after, limit)
  end, "arn", function(row)
    return { TopicArn = row.arn }
  end)
  return { Topics = list, NextToken = token }
end

function topics.default_policy(topic)
  local actions = json.array {}
  for index, name in ipairs { "GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic",
    "Subscribe", "ListSubscriptionsByTopic", "Publish" } do
    actions[index] = "SNS:" .. name
  end
  return json.encode {
    Version = "2008-10-17", Id = "__default_policy_ID", Statement = json.array { {
      Sid = "__default_statement_ID", Effect = "Allow", Principal = { AWS = "*" }, Action = actions, Resource = topic.arn,
      Condition = { StringEquals = { ["AWS:SourceOwner"] = topic.account } },
    } },
  }
end

function operations.GetTopicAttributes(call)
  local topic = topics.get(call, call.input.TopicArn)
  local counts = call.world.db:first([[SELECT total(confirmed) AS confirmed, total(NOT confirmed) AS pending
    FROM sns_subscriptions WHERE topic = ?]], topic.arn)
  local attributes = {
    TopicArn = topic.arn, Owner = topic.account, DisplayName = "", Policy = topics.default_policy(topic),
    SubscriptionsConfirmed = ("%d"):format(counts.confirmed), SubscriptionsPending = ("%d"):format(counts.pending),
    SubscriptionsDeleted = "0",
    EffectiveDeliveryPolicy = '{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3}}}',
  }
  for name, value in pairs(topic.attributes) do
    attributes[name] = value
  end
  if attributes.FifoTopic == "true" then
    attributes.ContentBasedDeduplication = attributes.ContentBasedDeduplication or "false"
  else
    attributes.FifoTopic = nil
  end
  return { Attributes = attributes }
end

function operations.SetTopicAttributes(call)
  local topic, name = topics.get(call, call.input.TopicArn), call.input.AttributeName
  if not SETTABLE[name] or name == "FifoTopic" then
    topics.invalid "AttributeName"
  end
  topic.attributes[name] = call.input.AttributeValue or ""
  save(call, topic)
end

local function resource(call)
  local ok, topic = pcall(topics.get, call, call.input.ResourceArn)
  return ok and topic or fault.raise("ResourceNotFoundException", "Resource does not exist")
end

function operations.TagResource(call)
  local topic = resource(call)
  for key, value in pairs(map_of(call.input.Tags)) do
    topic.tags[key] = value
  end
  local count = 0
  for _ in pairs(topic.tags) do
    count = count + 1
  end
  if count > MAX_TAGS then
    fault.raise("TagLimitExceededException", "Could not complete request: tag quota of per resource exceeded")
  end
  save(call, topic)
end

function operations.UntagResource(call)
  local topic = resource(call)
  for _, key in ipairs(call.input.TagKeys) do
    topic.tags[key] = nil
  end
  save(call, topic)
end

function operations.ListTagsForResource(call)
  local topic, list = resource(call), json.array {}
  for key, value in pairs(topic.tags) do
    list[#list + 1] = { Key = key, Value = value }
  end
  table.sort(list, function(a, b)
    return a.Key < b.Key
  end)
  return { Tags = list }
end

topics.operations = operations

return topics
