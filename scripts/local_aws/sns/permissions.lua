-- AddPermission and RemovePermission: statements of a topic's policy, by label.

local fault = require "local_aws.fault"
local json = require "json"
local topics = require "local_aws.sns.topics"

local ACTIONS = { "GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic", "Subscribe",
  "ListSubscriptionsByTopic", "Publish", "Receive" }

local function policy_of(topic)
  return json.decode(topic.attributes.Policy or topics.default_policy(topic))
end

local function place_of(policy, label)
  for index, statement in ipairs(policy.Statement) do
    if statement.Sid == label then
      return index
    end
  end
end

local function check_actions(names)
  local known = {}
  for _, name in ipairs(ACTIONS) do
    known[name] = true
  end
  for _, name in ipairs(names) do
    if not known[name] then
      topics.invalid "Policy statement action out of service scope!"
    end
  end
end

-- One is alone, several are a list, as AWS writes policies.
local function one_or_list(list)
  return list[2] and json.array(list) or list[1]
end

local operations = {}

function operations.AddPermission(call)
  local input = call.input
  local topic = topics.get(call, input.TopicArn)
  local policy, actions, principals = policy_of(topic), {}, {}
  if place_of(policy, input.Label) then
    topics.invalid "Statement already exists"
  end
  check_actions(input.ActionName)
  for index, name in ipairs(input.ActionName) do
    actions[index] = "SNS:" .. name
  end
  for index, account in ipairs(input.AWSAccountId) do
    principals[index] = ("arn:aws:iam::%s:root"):format(account)
  end
  table.insert(policy.Statement, {
    Sid = input.Label, Effect = "Allow", Principal = { AWS = one_or_list(principals) }, Action = one_or_list(actions),
    Resource = topic.arn,
  })
  topic.attributes.Policy = json.encode(policy)
  topics.save(call, topic)
end

function operations.RemovePermission(call)
  local topic = topics.get(call, call.input.TopicArn)
  local policy = policy_of(topic)
  local index = place_of(policy, call.input.Label)
    or fault.raise("NotFoundException", "Statement not found")
  table.remove(policy.Statement, index)
  topic.attributes.Policy = json.encode(policy)
  topics.save(call, topic)
end

return { operations = operations }
