-- SNS: topics, subscriptions with their confirmation and filters, messages, and the list of them at the control endpoint.

local clock = require "clock"
local json = require "json"
local support = require "tests.support.local_aws"

describe("SNS", function()
  local here, topic

  local function sns(operation, input)
    return here.call("sns", operation, input)
  end
  local function fault(operation, input)
    return here.fault("sns", operation, input)
  end
  local function messages(query)
    return support.control(here, "GET", "messages" .. (query or ""))
  end

  before_each(function()
    here = support.start()
    topic = sns("CreateTopic", { Name = "recovery" }).TopicArn
  end)
  after_each(function()
    here.close()
  end)

  it("makes a topic once for its name, lists it, and forgets it without a word", function()
    assert.equal("arn:aws:sns:us-east-1:123456789012:recovery", topic)
    assert.equal(topic, sns("CreateTopic", { Name = "recovery" }).TopicArn)
    assert.equal("InvalidParameterException", fault("CreateTopic", { Name = "recovery", Attributes = { DisplayName = "x" } }).code)
    assert.equal("Invalid parameter: Topic Name", fault("CreateTopic", { Name = "with blanks" }).message)
    assert.equal("InvalidParameterException", fault("CreateTopic", { Name = "a", Attributes = { Colour = "x" } }).code)
    assert.equal(1, #sns("ListTopics").Topics)
    sns("DeleteTopic", { TopicArn = topic })
    sns("DeleteTopic", { TopicArn = topic })
    local problem = fault("GetTopicAttributes", { TopicArn = topic })
    assert.same({ "NotFoundException", "Topic does not exist" }, { problem.code, problem.message })
    assert.equal("InvalidParameterException", fault("GetTopicAttributes", { TopicArn = "recovery" }).code)
    assert.equal("InvalidParameterException", here.fault("sns", "GetTopicAttributes", { TopicArn = topic }, "eu-west-1").code)
  end)

  it("lists topics in pages of 100", function()
    for number = 1, 120 do
      sns("CreateTopic", { Name = ("t%03d"):format(number) })
    end
    local page = sns("ListTopics")
    assert.equal(100, #page.Topics)
    assert.equal(21, #sns("ListTopics", { NextToken = page.NextToken }).Topics)
  end)

  it("confirms AWS's own at once, and people by their token", function()
    local queue = sns("Subscribe", { TopicArn = topic, Protocol = "sqs", Endpoint = "arn:aws:sqs:us-east-1:123456789012:q" })
    assert.equal(topic .. ":", queue.SubscriptionArn:sub(1, #topic + 1))
    assert.equal("pending confirmation", sns("Subscribe", { TopicArn = topic, Protocol = "email",
      Endpoint = "oncall@example.com" }).SubscriptionArn)
    local attributes = sns("GetTopicAttributes", { TopicArn = topic }).Attributes
    assert.same({ "1", "1" }, { attributes.SubscriptionsConfirmed, attributes.SubscriptionsPending })
    local token = messages().pendingConfirmations[1].token
    assert.equal("InvalidParameterException", fault("ConfirmSubscription", { TopicArn = topic, Token = "wrong" }).code)
    local arn = sns("ConfirmSubscription", { TopicArn = topic, Token = token }).SubscriptionArn
    assert.equal("false", sns("GetSubscriptionAttributes", { SubscriptionArn = arn }).Attributes.PendingConfirmation)
    assert.equal(2, #sns("ListSubscriptions").Subscriptions)
    sns("Unsubscribe", { SubscriptionArn = arn })
    assert.equal(1, #sns("ListSubscriptionsByTopic", { TopicArn = topic }).Subscriptions)
    assert.equal("NotFoundException", fault("GetSubscriptionAttributes", { SubscriptionArn = arn }).code)
    assert.equal("InvalidParameterException", fault("Unsubscribe", { SubscriptionArn = "x" }).code)
  end)

  it("refuses what cannot be reached", function()
    for _, case in ipairs { { "pigeon", "x" }, { "email", "nobody" }, { "sqs", "https://x" }, { "https", "http://x" } } do
      assert.equal("InvalidParameterException", fault("Subscribe", { TopicArn = topic, Protocol = case[1], Endpoint = case[2] }).code)
    end
    assert.equal("InvalidParameterException", fault("Subscribe", { TopicArn = topic, Protocol = "sms", Endpoint = "+123",
      Attributes = { FilterPolicy = "{" } }).code)
  end)

  it("keeps what was published, with who got it", function()
    sns("Subscribe", { TopicArn = topic, Protocol = "sms", Endpoint = "+15550100" })
    sns("Subscribe", { TopicArn = topic, Protocol = "lambda", Endpoint = "arn:aws:lambda:us-east-1:123456789012:function:x",
      Attributes = { FilterPolicy = '{"kind":["drill"],"wave":[{"numeric":[">",2]}]}' } })
    sns("Publish", { TopicArn = topic, Message = "one", Subject = "Drill" })
    sns("Publish", { TopicArn = topic, MessageStructure = "json", Message = '{"default":"two","sms":"2"}', MessageAttributes = {
      kind = { DataType = "String", StringValue = "drill" }, wave = { DataType = "Number", StringValue = "3" } } })
    local list = messages("?topic=" .. topic).messages
    assert.same({ "one", "Drill", 1 }, { list[1].message, list[1].subject, #list[1].delivered })
    assert.equal(2, #list[2].delivered)
    assert.same({ "2", "two" }, { list[2].delivered[1].protocol == "sms" and list[2].delivered[1].message
      or list[2].delivered[2].message, list[2].delivered[1].protocol == "sms" and list[2].delivered[2].message
      or list[2].delivered[1].message })
    assert.equal(1, #messages("?limit=1").messages)
  end)

  it("refuses messages as SNS does", function()
    for _, case in ipairs {
      { { Message = "" }, "Empty message" }, { { Message = ("x"):rep(262145) }, "Message too long" },
      { { Message = "x", Subject = "a\nb" }, "Subject" },
      { { Message = "x", MessageStructure = "json" }, "JSON message body failed to parse" },
      { { Message = "{}", MessageStructure = "json" }, "No default entry" },
      { { Message = "x", MessageDeduplicationId = "1" }, "MessageDeduplicationId" },
    } do
      case[1].TopicArn = topic
      local problem = fault("Publish", case[1])
      assert.equal("InvalidParameterException", problem.code)
      assert.matches(case[2], problem.message, 1, true)
    end
    assert.equal("InvalidParameterException", fault("Publish", { Message = "x" }).code)
    assert.equal("InvalidParameterValueException", fault("Publish", { TopicArn = topic, Message = "x",
      MessageAttributes = { a = { DataType = "Colour" } } }).code)
    assert.equal("NotFoundException", fault("Publish", { TopicArn = topic .. "x", Message = "x" }).code)
  end)

  it("tells a repeated message of a FIFO topic by its content or id, for five minutes", function()
    local fifo = sns("CreateTopic", { Name = "a.fifo", Attributes = { FifoTopic = "true", ContentBasedDeduplication = "true" } }).TopicArn
    local first = sns("Publish", { TopicArn = fifo, Message = "x", MessageGroupId = "g" })
    assert.equal(20, #first.SequenceNumber)
    assert.equal(first.MessageId, sns("Publish", { TopicArn = fifo, Message = "x", MessageGroupId = "g" }).MessageId)
    clock.step(301)
    assert.are_not.equal(first.MessageId, sns("Publish", { TopicArn = fifo, Message = "x", MessageGroupId = "g" }).MessageId)
    assert.matches("MessageGroupId", fault("Publish", { TopicArn = fifo, Message = "x" }).message)
    sns("SetTopicAttributes", { TopicArn = fifo, AttributeName = "ContentBasedDeduplication", AttributeValue = "false" })
    assert.matches("ContentBasedDeduplication", fault("Publish", { TopicArn = fifo, Message = "y", MessageGroupId = "g" }).message)
    assert.equal("InvalidParameterException",
      fault("SetTopicAttributes", { TopicArn = fifo, AttributeName = "FifoTopic", AttributeValue = "false" }).code)
  end)

  it("publishes batches, each entry for itself", function()
    local answer = sns("PublishBatch", { TopicArn = topic, PublishBatchRequestEntries = {
      { Id = "1", Message = "one" }, { Id = "2", Message = "x", Subject = "a\nb" } } })
    assert.same({ "1", "2", "InvalidParameter" }, { answer.Successful[1].Id, answer.Failed[1].Id, answer.Failed[1].Code })
    assert.equal("BatchEntryIdsNotDistinctException", fault("PublishBatch", { TopicArn = topic,
      PublishBatchRequestEntries = { { Id = "1", Message = "a" }, { Id = "1", Message = "b" } } }).code)
    assert.equal("EmptyBatchRequestException", fault("PublishBatch", { TopicArn = topic,
      PublishBatchRequestEntries = json.array {} }).code)
    local many = {}
    for number = 1, 11 do
      many[number] = { Id = tostring(number), Message = "x" }
    end
    assert.equal("TooManyEntriesInBatchRequestException", fault("PublishBatch", { TopicArn = topic,
      PublishBatchRequestEntries = many }).code)
  end)

  it("tags topics and changes subscriptions", function()
    sns("TagResource", { ResourceArn = topic, Tags = { { Key = "b", Value = "2" }, { Key = "a", Value = "1" } } })
    sns("UntagResource", { ResourceArn = topic, TagKeys = { "b" } })
    assert.equal("a", sns("ListTagsForResource", { ResourceArn = topic }).Tags[1].Key)
    assert.equal("ResourceNotFoundException", fault("ListTagsForResource", { ResourceArn = topic .. "x" }).code)
    local arn = sns("Subscribe", { TopicArn = topic, Protocol = "sms", Endpoint = "+15550100" }).SubscriptionArn
    sns("SetSubscriptionAttributes", { SubscriptionArn = arn, AttributeName = "FilterPolicyScope", AttributeValue = "MessageBody" })
    sns("SetSubscriptionAttributes", { SubscriptionArn = arn, AttributeName = "FilterPolicy", AttributeValue = '{"a":["x"]}' })
    sns("Publish", { TopicArn = topic, Message = '{"a":"y"}' })
    assert.equal(0, #messages().messages[1].delivered)
    assert.equal("InvalidParameterException",
      fault("SetSubscriptionAttributes", { SubscriptionArn = arn, AttributeName = "Colour", AttributeValue = "x" }).code)
  end)

  it("is published to by a state machine, whose message may be an object", function()
    local function run(resource, arn)
      local machine = here.call("states", "CreateStateMachine", { name = "m" .. #here.call("states", "ListStateMachines").stateMachines,
        roleArn = "arn:aws:iam::123456789012:role/any", definition = json.encode { StartAt = "P", States = { P = { Type = "Task",
          Resource = resource, Parameters = { TopicArn = arn, ["Message.$"] = "$" }, End = true } } } }).stateMachineArn
      local execution = here.call("states", "StartExecution", { stateMachineArn = machine, input = '{"wave":2}' }).executionArn
      clock.step(1)
      return here.call("states", "DescribeExecution", { executionArn = execution })
    end
    assert.equal("SUCCEEDED", run("arn:aws:states:::sns:publish", topic).status)
    assert.equal('{"wave":2}', messages().messages[1].message)
    assert.equal("SNS.NotFoundException", run("arn:aws:states:::sns:publish", topic .. "x").error)
  end)

  it("answers with its own codes on the wire", function()
    local answer = support.form(here, "sns", { Action = "GetTopicAttributes", Version = "2010-03-31", TopicArn = topic .. "x" })
    assert.same({ 404, "NotFound", "Sender" }, { answer.status, support.field(answer.body, "Code"), support.field(answer.body, "Type") })
    answer = support.form(here, "sns", { Action = "CreateTopic", Version = "2010-03-31", Name = "b",
      ["Attributes.entry.1.key"] = "DisplayName", ["Attributes.entry.1.value"] = "B & C" })
    assert.equal(200, answer.status)
    assert.equal("B & C", sns("GetTopicAttributes", { TopicArn = support.field(answer.body, "TopicArn") }).Attributes.DisplayName)
    assert.equal(400, select(2, support.control(here, "GET", "messages?limit=x")))
  end)
end)
