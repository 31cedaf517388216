-- EventBridge's archives and their replays, who may put events, tags and buses in pages.

local clock = require "clock"
local json = require "json"
local support = require "tests.support.local_aws"

local BUS = "arn:aws:events:us-east-1:123456789012:event-bus/b"
local ARCHIVE = "arn:aws:events:us-east-1:123456789012:archive/all"

describe("EventBridge", function()
  local here

  local function events(operation, input)
    return here.call("events", operation, input)
  end
  local function refusal(operation, input)
    local problem = here.fault("events", operation, input)
    return problem.code, problem.message
  end
  local function put(source)
    events("PutEvents", { Entries = { { EventBusName = "b", Source = source, DetailType = "d", Detail = '{"n":1}' } } })
  end
  local function received()
    local list = {}
    for index, message in ipairs(support.control(here, "GET", "messages").messages) do
      list[index] = message.message
    end
    return list
  end
  local function replay(more)
    local input = { ReplayName = "r", EventSourceArn = ARCHIVE, EventStartTime = support.START, EventEndTime = support.START + 100,
      Destination = { Arn = BUS } }
    for name, value in pairs(more or {}) do
      input[name] = value
    end
    return input
  end
  local function state()
    return events("DescribeReplay", { ReplayName = "r" }).State
  end

  before_each(function()
    here = support.start()
    events("CreateEventBus", { Name = "b" })
    local topic = here.call("sns", "CreateTopic", { Name = "t" }).TopicArn
    events("PutRule", { Name = "rule", EventBusName = "b", EventPattern = '{"source":["web","db"]}' })
    events("PutTargets", { Rule = "rule", EventBusName = "b", Targets = { { Id = "t", Arn = topic, InputPath = '$["replay-name"]' } } })
    events("CreateArchive", { ArchiveName = "all", EventSourceArn = BUS })
  end)
  after_each(function()
    here.close()
  end)

  it("keeps in an archive what fits it, until its days are over", function()
    events("CreateArchive", { ArchiveName = "web", EventSourceArn = BUS, EventPattern = '{"source":["web"]}', RetentionDays = 2 })
    put "web"
    put "db"
    local function counts()
      return { events("DescribeArchive", { ArchiveName = "all" }).EventCount, events("DescribeArchive", { ArchiveName = "web" }).EventCount }
    end
    assert.same({ 2, 1 }, counts())
    clock.step(3 * 86400)
    assert.same({ 2, 0 }, counts())
    assert.equal("ResourceAlreadyExistsException", (refusal("CreateArchive", { ArchiveName = "all", EventSourceArn = BUS })))
    local rule = events("DescribeRule", { Name = "Events-Archive-all", EventBusName = "b" })
    assert.equal("prod.vhs.events.aws.internal", rule.ManagedBy)
    assert.same({ { exists = false } }, json.decode(rule.EventPattern)["replay-name"])
    assert.equal("ManagedRuleException", (refusal("DeleteRule", { Name = "Events-Archive-all", EventBusName = "b" })))
    events("DeleteArchive", { ArchiveName = "all" })
    assert.equal("ResourceNotFoundException", (refusal("DescribeRule", { Name = "Events-Archive-all", EventBusName = "b" })))
  end)

  it("plays archived events again, with the replay's name in them, and archives none of them anew", function()
    put "web"
    put "other"
    clock.step(10)
    assert.same({ "null" }, received())
    assert.equal("STARTING", events("StartReplay", replay()).State)
    clock.step(5)
    assert.equal("COMPLETED", state())
    assert.same({ "null", '"r"' }, received())
    assert.equal(2, events("DescribeArchive", { ArchiveName = "all" }).EventCount)
    assert.equal("ResourceAlreadyExistsException", (refusal("StartReplay", replay())))
    assert.equal("IllegalStatusException", (refusal("CancelReplay", { ReplayName = "r" })))
  end)

  it("plays nothing of a replay that was cancelled, or for rules that it does not name", function()
    put "web"
    events("StartReplay", replay())
    assert.equal("CANCELLING", events("CancelReplay", { ReplayName = "r" }).State)
    clock.step(5)
    assert.equal("CANCELLED", state())
    events("StartReplay", replay { ReplayName = "s", Destination = { Arn = BUS,
      FilterArns = { "arn:aws:events:us-east-1:123456789012:rule/b/another" } } })
    clock.step(5)
    assert.same({ "null" }, received())
  end)

  it("refuses replays that cannot be, in the service's words", function()
    for says, more in pairs {
      ["Reason: Archive none does not exist."] = { EventSourceArn = ARCHIVE:gsub("all$", "none") },
      ["Reason: Must contain an event bus ARN."] = { Destination = { Arn = "arn:aws:sns:x" } },
      ["Reason: Cross event bus replay is not permitted."] = { Destination = { Arn = BUS:gsub("b$", "default") } },
      ["Reason: EventStartTime must be before EventEndTime."] = { EventEndTime = support.START },
    } do
      local code, message = refusal("StartReplay", replay(more))
      assert.equal("ValidationException", code)
      assert.truthy(message:find(says, 1, true), message)
    end
  end)

  it("keeps a bus's policy statement by statement", function()
    local statement = { EventBusName = "b", StatementId = "s", Principal = "210987654321", Action = "events:PutEvents" }
    events("PutPermission", statement)
    statement.StatementId, statement.Principal = "all", "*"
    events("PutPermission", statement)
    local policy = json.decode(events("DescribeEventBus", { Name = "b" }).Policy)
    assert.same({ "arn:aws:iam::210987654321:root", "*" }, { policy.Statement[1].Principal.AWS, policy.Statement[2].Principal })
    events("RemovePermission", { EventBusName = "b", StatementId = "s" })
    assert.equal("ResourceNotFoundException", (refusal("RemovePermission", { EventBusName = "b", StatementId = "s" })))
    events("RemovePermission", { EventBusName = "b", RemoveAllPermissions = true })
    assert.is_nil(events("DescribeEventBus", { Name = "b" }).Policy)
  end)

  it("tags rules and buses that are there, lists buses in pages, and takes an empty pattern for none", function()
    events("PutRule", { Name = "timer", ScheduleExpression = "rate(5 minutes)", EventPattern = "", Tags = { { Key = "k", Value = "v" } } })
    local arn = "arn:aws:events:us-east-1:123456789012:rule/timer"
    assert.same({ { Key = "k", Value = "v" } }, events("ListTagsForResource", { ResourceARN = arn }).Tags)
    assert.equal("ResourceNotFoundException", (refusal("TagResource", { ResourceARN = arn .. "x", Tags = { { Key = "k", Value = "v" } } })))
    local first = events("ListEventBuses", { Limit = 1 })
    local second = events("ListEventBuses", { Limit = 1, NextToken = first.NextToken })
    assert.same({ "default", "b" }, { first.EventBuses[1].Name, second.EventBuses[1].Name })
    assert.is_nil(second.NextToken)
  end)
end)
