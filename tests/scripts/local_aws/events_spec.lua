-- EventBridge: patterns, rules, and events brought to the services of the local AWS.

local clock = require "clock"
local json = require "json"
local support = require "tests.support.local_aws"

describe("EventBridge", function()
  local here

  local function events(operation, input)
    return here.call("events", operation, input)
  end
  local function fault(operation, input)
    return here.fault("events", operation, input)
  end
  local function fits(pattern, event)
    local whole = { id = "1", account = "1", source = "s", time = "t", region = "r", resources = json.array {}, ["detail-type"] = "d" }
    for key, value in pairs(event) do
      whole[key] = value
    end
    return events("TestEventPattern", { EventPattern = json.encode(pattern), Event = json.encode(whole) }).Result
  end
  local function put(entry)
    local full = { Source = "drsh", DetailType = "Wave", Detail = '{"status":"FAILED","wave":2}' }
    for key, value in pairs(entry or {}) do
      full[key] = value
    end
    return events("PutEvents", { Entries = { full } })
  end
  local function messages()
    return support.control(here, "GET", "messages").messages
  end
  local function topic()
    return here.call("sns", "CreateTopic", { Name = "events" }).TopicArn
  end

  before_each(function()
    here = support.start()
  end)
  after_each(function()
    here.close()
  end)

  it("judges patterns", function()
    local event = { detail = { status = "FAILED", wave = 2, tags = json.array { "a", "b" }, name = "bill-db-01", empty = json.null } }
    for _, case in ipairs {
      { { status = { "FAILED", "PARTIAL" } }, true }, { { status = { "COMPLETED" } }, false }, { { tags = { "b" } }, true },
      { { name = { { prefix = "bill-" } } }, true }, { { name = { { suffix = "-02" } } }, false },
      { { name = { { wildcard = "bill-*-0*" } } }, true }, { { name = { { ["anything-but"] = { "x" } } } }, true },
      { { name = { { ["anything-but"] = { prefix = "bill" } } } }, false }, { { status = { { ["equals-ignore-case"] = "failed" } } }, true },
      { { wave = { { numeric = { ">", 1, "<=", 2 } } } }, true }, { { wave = { { numeric = { "<", 2 } } } }, false },
      { { name = { { prefix = { ["equals-ignore-case"] = "BILL" } } } }, true },
      { { other = { { exists = false } } }, true }, { { status = { { exists = false } } }, false }, { { empty = { json.null } }, true },
      { { ["$or"] = { { wave = { 9 } }, { status = { "FAILED" } } } }, true }, { { deep = { er = { "x" } } }, false },
    } do
      assert.equal(case[2], fits({ detail = case[1] }, event), json.encode(case[1]))
    end
    for _, text in ipairs { "{", "[]", "{}", '{"source":"x"}', '{"source":[{"like":"x"}]}' } do
      assert.equal("InvalidEventPatternException", fault("PutRule", { Name = "a", EventPattern = text }).code)
    end
    assert.equal("ValidationException", fault("TestEventPattern", { EventPattern = '{"source":["a"]}', Event = "{}" }).code)
  end)

  it("keeps rules and targets, in pages, and does not delete a rule with targets", function()
    assert.equal("ValidationException", fault("PutRule", { Name = "a" }).code)
    assert.equal("ValidationException", fault("PutRule", { Name = "a", ScheduleExpression = "rate(1 minutes)" }).code)
    local arn = events("PutRule", { Name = "a", ScheduleExpression = "rate(5 minutes)", Description = "d" }).RuleArn
    assert.equal("arn:aws:events:us-east-1:123456789012:rule/a", arn)
    events("PutRule", { Name = "b", EventPattern = '{"source":["drsh"]}' })
    local page = events("ListRules", { Limit = 1 })
    assert.equal("b", events("ListRules", { Limit = 1, NextToken = page.NextToken }).Rules[1].Name)
    events("DisableRule", { Name = "a" })
    assert.equal("DISABLED", events("DescribeRule", { Name = "a" }).State)
    events("EnableRule", { Name = "a" })
    assert.equal("ResourceNotFoundException", fault("DescribeRule", { Name = "c" }).code)
    assert.equal("Rule c does not exist on EventBus default.", fault("PutTargets", { Rule = "c",
      Targets = { { Id = "1", Arn = "arn:aws:sns:us-east-1:1:x" } } }).message)
    events("PutTargets", { Rule = "b", Targets = { { Id = "1", Arn = topic() } } })
    assert.equal("b", events("ListRuleNamesByTarget", { TargetArn = topic() }).RuleNames[1])
    assert.equal("ValidationException", fault("DeleteRule", { Name = "b" }).code)
    assert.equal(1, events("RemoveTargets", { Rule = "b", Ids = { "1", "2" } }).FailedEntryCount)
    assert.equal(0, #events("ListTargetsByRule", { Rule = "b" }).Targets)
    events("DeleteRule", { Name = "b" })
    for _, target in ipairs { { Id = "1", Arn = "x" }, { Id = "1", Arn = "arn:x", Input = "{" },
      { Id = "1", Arn = "arn:x", Input = "{}", InputPath = "$" } } do
      assert.equal("ValidationException", fault("PutTargets", { Rule = "a", Targets = { target } }).code)
    end
    local many = {}
    for number = 1, 6 do
      many[number] = { Id = tostring(number), Arn = "arn:aws:sns:us-east-1:123456789012:x" }
    end
    assert.equal("LimitExceededException", fault("PutTargets", { Rule = "a", Targets = many }).code)
  end)

  it("brings an event to the targets of the rules that it fits, each with its input", function()
    events("PutRule", { Name = "failed", EventPattern = '{"source":["drsh"],"detail":{"status":["FAILED"]}}' })
    events("PutTargets", { Rule = "failed", Targets = {
      { Id = "1", Arn = topic() }, { Id = "2", Arn = topic(), Input = '{"fixed":true}' },
      { Id = "3", Arn = topic(), InputPath = "$.detail.is_drill" },
      { Id = "4", Arn = topic(), InputTransformer = { InputPathsMap = { wave = "$.detail.wave", status = "$.detail.status" },
        InputTemplate = '"wave <wave> is <status>"' } },
      { Id = "5", Arn = topic() .. "-none" },
    } })
    local answer = put { Detail = '{"status":"FAILED","wave":2,"is_drill":false}' }
    assert.equal(0, answer.FailedEntryCount)
    put { Detail = '{"status":"COMPLETED"}' }
    local list = messages()
    assert.equal(4, #list)
    local event = json.decode(list[1].message)
    assert.same({ answer.Entries[1].EventId, "Wave", "2026-11-23T06:00:00Z" }, { event.id, event["detail-type"], event.time })
    assert.same({ '{"fixed":true}', "false", '"wave 2 is FAILED"' }, { list[2].message, list[3].message, list[4].message })
    events("DisableRule", { Name = "failed" })
    put()
    assert.equal(4, #messages())
  end)

  it("starts a state machine", function()
    local machine = here.call("states", "CreateStateMachine", { name = "m", roleArn = "arn:aws:iam::123456789012:role/any",
      definition = '{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}' }).stateMachineArn
    events("PutRule", { Name = "r", EventPattern = '{"source":["drsh"]}' })
    events("PutTargets", { Rule = "r", Targets = { { Id = "1", Arn = machine, InputPath = "$.detail" } } })
    put()
    clock.step(1)
    local started = here.call("states", "ListExecutions", { stateMachineArn = machine }).executions
    assert.same({ 1, "SUCCEEDED" }, { #started, started[1].status })
  end)

  it("invokes a function behind the event", function()
    local seen
    here.world.functions = { invoke = function(arn, text) seen = { arn, text } end }
    events("PutRule", { Name = "r", EventPattern = '{"source":["drsh"]}' })
    events("PutTargets", { Rule = "r", Targets = { { Id = "1", Arn = "arn:aws:lambda:us-east-1:123456789012:function:f",
      Input = "{}" } } })
    put()
    clock.step(1)
    assert.same({ "arn:aws:lambda:us-east-1:123456789012:function:f", "{}" }, seen)
  end)

  it("hands events on from bus to bus, but not for ever", function()
    local bus = events("CreateEventBus", { Name = "recovery" }).EventBusArn
    assert.equal("ResourceAlreadyExistsException", fault("CreateEventBus", { Name = "recovery" }).code)
    events("PutRule", { Name = "on", EventPattern = '{"source":["drsh"]}' })
    events("PutTargets", { Rule = "on", Targets = { { Id = "1", Arn = bus } } })
    events("PutRule", { Name = "back", EventBusName = bus, EventPattern = '{"source":["drsh"]}' })
    events("PutTargets", { Rule = "back", EventBusName = "recovery", Targets = { { Id = "1", Arn = topic() },
      { Id = "2", Arn = "arn:aws:events:us-east-1:123456789012:event-bus/default" } } })
    put()
    assert.equal(2, #messages())
    assert.equal(2, #events("ListEventBuses").EventBuses)
    assert.equal("recovery", events("DescribeEventBus", { Name = "recovery" }).Name)
    assert.equal("ValidationException", fault("DeleteEventBus", { Name = "recovery" }).code)
    assert.equal("ValidationException", fault("DeleteEventBus", { Name = "default" }).code)
    assert.equal("ResourceNotFoundException", fault("ListRules", { EventBusName = "none" }).code)
    assert.equal("ValidationException", fault("PutRule",
      { Name = "s", EventBusName = "recovery", ScheduleExpression = "rate(1 minute)" }).code)
  end)

  it("takes or refuses each entry for itself", function()
    local answer = events("PutEvents", { Entries = {
      { Source = "drsh", DetailType = "a", Detail = "{}" }, { Source = "aws.drs", DetailType = "a", Detail = "{}" },
      { Source = "drsh", DetailType = "a", Detail = "[" }, { Source = "drsh", Detail = "{}" },
      { Source = "drsh", DetailType = "a", Detail = "{}", EventBusName = "nowhere" },
    } })
    assert.equal(3, answer.FailedEntryCount)
    local codes = {}
    for index, entry in ipairs(answer.Entries) do
      codes[index] = entry.ErrorCode or "taken"
    end
    assert.same({ "taken", "NotAuthorizedForSourceException", "MalformedDetail", "InvalidArgument", "taken" }, codes)
    assert.equal("ValidationException", fault("PutEvents", { Entries = { { Source = "a", DetailType = "b",
      Detail = ("x"):rep(262145) } } }).code)
  end)

  it("tags", function()
    local arn = events("PutRule", { Name = "b", EventPattern = '{"source":["drsh"]}' }).RuleArn
    events("TagResource", { ResourceARN = arn, Tags = { { Key = "a", Value = "1" }, { Key = "b", Value = "2" } } })
    events("UntagResource", { ResourceARN = arn, TagKeys = { "a" } })
    assert.equal("b", events("ListTagsForResource", { ResourceARN = arn }).Tags[1].Key)
  end)
end)
