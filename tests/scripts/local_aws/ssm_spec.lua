-- Systems Manager: automations on the local EC2 with a stepped clock, commands, parameters, documents.

local clock = require "clock"
local json = require "json"
local support = require "tests.support.local_aws"

local RUNNING, STOPPED = "i-00000000000000001", "i-00000000000000002"
local UNKNOWN = "i-0123456789abcdef0"

local ESTATE = { places = { { account = support.ACCOUNT, region = support.REGION, instances = {
  { id = RUNNING, name = "web-1", tags = { Tier = "web" } },
  { id = STOPPED, name = "batch-1", state = "stopped", tags = { Tier = "batch" } },
} } } }

describe("SSM", function()
  local here

  local function ssm(operation, input)
    return here.call("ssm", operation, input)
  end
  local function fault(operation, input)
    return here.fault("ssm", operation, input)
  end
  local function start(document, ids, more)
    local input = { DocumentName = document, Parameters = ids and { InstanceId = json.array(ids) } }
    for name, value in pairs(more or {}) do
      input[name] = value
    end
    return ssm("StartAutomationExecution", input).AutomationExecutionId
  end
  local function automation(id)
    return ssm("GetAutomationExecution", { AutomationExecutionId = id }).AutomationExecution
  end
  local function statuses(execution)
    local list = {}
    for index, step in ipairs(execution.StepExecutions) do
      list[index] = step.StepName .. " " .. step.StepStatus
    end
    return list
  end
  local function instance_state(id)
    return here.call("ec2", "DescribeInstances", { InstanceIds = { id } }).Reservations[1].Instances[1].State.Name
  end
  -- Makes a document of these steps and starts it.
  local function run(steps, parameters)
    local name = "Own" .. #ssm("ListDocuments").DocumentIdentifiers
    ssm("CreateDocument", { Name = name, DocumentType = "Automation", Content = json.encode {
      schemaVersion = "0.3", mainSteps = json.array(steps),
    } })
    return start(name, nil, { Parameters = parameters })
  end

  before_each(function()
    here = support.start { estate = ESTATE }
  end)
  after_each(function()
    here.close()
  end)

  describe("AWS-RestartEC2Instance", function()
    it("stops and starts the instance, step by step on the clock", function()
      local id = start("AWS-RestartEC2Instance", { RUNNING })
      local begun = automation(id)
      assert.equal("Pending", begun.AutomationExecutionStatus)
      assert.same({ "stopInstances Pending", "startInstances Pending" }, statuses(begun))
      clock.step(10)
      local now = automation(id)
      assert.same({ "InProgress", "stopInstances", "aws:changeInstanceState" },
        { now.AutomationExecutionStatus, now.CurrentStepName, now.CurrentAction })
      assert.equal("stopping", instance_state(RUNNING))
      clock.step(30)
      assert.same({ "stopInstances Success", "startInstances InProgress" }, statuses(automation(id)))
      clock.step(30)
      local ended = automation(id)
      assert.equal("Success", ended.AutomationExecutionStatus)
      assert.same({ "stopInstances Success", "startInstances Success" }, statuses(ended))
      assert.same({ "running" }, { table.unpack(ended.Outputs["startInstances.InstanceStates"]) })
      assert.equal("running", instance_state(RUNNING))
      assert.is_true(ended.ExecutionEndTime > ended.ExecutionStartTime)
      assert.is_nil(ended.CurrentStepName)
    end)

    it("fails with EC2's own words when there is no such instance", function()
      local id = start("AWS-RestartEC2Instance", { UNKNOWN })
      clock.step(1)
      local ended = automation(id)
      assert.equal("Failed", ended.AutomationExecutionStatus)
      assert.matches("The instance ID '" .. UNKNOWN .. "' does not exist", ended.FailureMessage, 1, true)
      assert.same({ "stopInstances Failed", "startInstances Pending" }, statuses(ended))
      assert.equal("Execution", ended.StepExecutions[1].FailureDetails.FailureStage)
    end)

    it("is cancelled in the middle, and not a second time", function()
      local id = start("AWS-RestartEC2Instance", { RUNNING })
      clock.step(10)
      ssm("StopAutomationExecution", { AutomationExecutionId = id })
      assert.equal("Cancelling", automation(id).AutomationExecutionStatus)
      clock.step(1)
      assert.equal("Cancelled", automation(id).AutomationExecutionStatus)
      assert.same({ "stopInstances Cancelled", "startInstances Pending" }, statuses(automation(id)))
      assert.equal("InvalidAutomationStatusUpdateException", fault("StopAutomationExecution", { AutomationExecutionId = id }).code)
    end)

    it("ends with the step that runs when it is stopped as complete", function()
      local id = start("AWS-RestartEC2Instance", { RUNNING })
      clock.step(10)
      ssm("StopAutomationExecution", { AutomationExecutionId = id, Type = "Complete" })
      clock.step(60)
      assert.same({ "stopInstances Success", "startInstances Pending" }, statuses(automation(id)))
      assert.equal("Success", automation(id).AutomationExecutionStatus)
    end)
  end)

  it("starts and stops instances, several at once", function()
    local started = start("AWS-StartEC2Instance", { RUNNING, STOPPED })
    clock.step(30)
    assert.equal("Success", automation(started).AutomationExecutionStatus)
    local stopped = start("AWS-StopEC2Instance", { RUNNING, STOPPED })
    clock.step(60)
    assert.same({ "Success", "stopped", "stopped" },
      { automation(stopped).AutomationExecutionStatus, instance_state(RUNNING), instance_state(STOPPED) })
    start("AWS-TerminateEC2Instance", { STOPPED })
    clock.step(60)
    assert.equal("terminated", instance_state(STOPPED))
  end)

  describe("starting an automation", function()
    it("is refused without its document, version or parameters", function()
      assert.equal("AutomationDefinitionNotFoundException", fault("StartAutomationExecution", { DocumentName = "AWS-Nothing" }).code)
      assert.equal("AutomationDefinitionNotFoundException",
        fault("StartAutomationExecution", { DocumentName = "AWS-RunShellScript" }).code)
      assert.equal("AutomationDefinitionVersionNotFoundException",
        fault("StartAutomationExecution", { DocumentName = "AWS-StopEC2Instance", DocumentVersion = "9" }).code)
      local missing = fault("StartAutomationExecution", { DocumentName = "AWS-StopEC2Instance" })
      assert.equal("InvalidAutomationExecutionParametersException", missing.code)
      assert.matches("InstanceId", missing.message)
      assert.equal("InvalidAutomationExecutionParametersException", fault("StartAutomationExecution",
        { DocumentName = "AWS-StopEC2Instance", Parameters = { Instance = { RUNNING } } }).code)
      assert.equal("InvalidTarget", fault("StartAutomationExecution", { DocumentName = "AWS-StopEC2Instance",
        TargetParameterName = "InstanceId", Targets = { { Key = "tag:Tier", Values = { "web" } } } }).code)
      assert.equal("AutomationExecutionNotFoundException", fault("GetAutomationExecution",
        { AutomationExecutionId = "00000000-0000-4000-8000-000000000000" }).code)
    end)

    it("happens once for a client's token", function()
      local token = { ClientToken = "5b0e7a52-8f0c-4a7e-9d53-2f4f3c1e6a01" }
      local id = start("AWS-StopEC2Instance", { RUNNING }, token)
      assert.equal(id, start("AWS-StopEC2Instance", { RUNNING }, token))
      token.DocumentName, token.Parameters = "AWS-StopEC2Instance", { InstanceId = { STOPPED } }
      assert.equal("IdempotentParameterMismatch", fault("StartAutomationExecution", token).code)
    end)
  end)

  describe("a document of one's own", function()
    it("sleeps, calls an API, uses its output, and branches", function()
      local id = run {
        { name = "rest", action = "aws:sleep", inputs = { Duration = "PT1M30S" } },
        { name = "look", action = "aws:executeAwsApi", inputs = { Service = "ec2", Api = "DescribeInstances",
          InstanceIds = { STOPPED } }, outputs = { { Name = "State", Type = "String",
          Selector = "$.Reservations[0].Instances[0].State.Name" } } },
        { name = "choose", action = "aws:branch", inputs = { Choices = {
          { NextStep = "begin", Variable = "{{ look.State }}", StringEquals = "stopped" } }, Default = "never" } },
        { name = "never", action = "aws:sleep", inputs = { Duration = "PT1H" }, isEnd = true },
        { name = "begin", action = "aws:changeInstanceState", inputs = { InstanceIds = { STOPPED }, DesiredState = "running" },
          nextStep = "check" },
        { name = "check", action = "aws:assertAwsResourceProperty", inputs = { Service = "ec2", Api = "DescribeInstances",
          InstanceIds = { STOPPED }, PropertySelector = "$.Reservations[0].Instances[0].State.Name",
          DesiredValues = { "running" } }, isEnd = true },
      }
      clock.step(89)
      assert.equal("rest", automation(id).CurrentStepName)
      clock.step(60)
      local ended = automation(id)
      assert.same({ "rest Success", "look Success", "choose Success", "never Pending", "begin Success", "check Success" },
        statuses(ended))
      assert.equal("Success", ended.AutomationExecutionStatus)
      assert.equal("stopped", ended.Outputs["look.State"][1])
    end)

    it("waits for approvals and signals, and is rejected", function()
      local gate = { name = "gate", action = "aws:approve", inputs = { Approvers = { "arn:aws:iam::123456789012:root" } } }
      local id = run { gate, { name = "hold", action = "aws:pause" } }
      assert.equal("InvalidAutomationSignalException", fault("SendAutomationSignal",
        { AutomationExecutionId = id, SignalType = "Approve" }).code)
      clock.step(1)
      assert.same({ "Waiting", "gate Waiting" }, { automation(id).AutomationExecutionStatus, statuses(automation(id))[1] })
      assert.equal("InvalidAutomationSignalException", fault("SendAutomationSignal",
        { AutomationExecutionId = id, SignalType = "Resume" }).code)
      ssm("SendAutomationSignal", { AutomationExecutionId = id, SignalType = "Approve" })
      clock.step(1)
      assert.same({ "gate Success", "hold Waiting" }, statuses(automation(id)))
      ssm("SendAutomationSignal", { AutomationExecutionId = id, SignalType = "Resume" })
      clock.step(1)
      assert.equal("Success", automation(id).AutomationExecutionStatus)

      local other = run { gate }
      clock.step(1)
      ssm("SendAutomationSignal", { AutomationExecutionId = other, SignalType = "Reject" })
      clock.step(1)
      assert.equal("Rejected", automation(other).AutomationExecutionStatus)
    end)

    it("tries again, times out, goes on or elsewhere as its steps say", function()
      local wrong = { Service = "ec2", Api = "DescribeInstances", InstanceIds = { UNKNOWN } }
      local id = run {
        { name = "again", action = "aws:executeAwsApi", inputs = wrong, maxAttempts = 3, onFailure = "Continue", isCritical = false },
        { name = "late", action = "aws:waitForAwsResourceProperty", timeoutSeconds = 20, onFailure = "step:last",
          isCritical = false, inputs = { Service = "ec2", Api = "DescribeInstances", InstanceIds = { RUNNING },
            PropertySelector = "$.Reservations[0].Instances[0].State.Name", DesiredValues = { "stopped" } } },
        { name = "skipped", action = "aws:sleep", inputs = { Duration = "PT1H" } },
        { name = "last", action = "aws:sleep", inputs = { Duration = "PT1S" } },
      }
      clock.step(60)
      assert.same({ "again Failed", "late TimedOut", "skipped Pending", "last Success" }, statuses(automation(id)))
      assert.equal("Success", automation(id).AutomationExecutionStatus)
    end)

    it("says what it cannot do", function()
      for _, step in ipairs {
        { name = "a", action = "aws:executeScript", inputs = { Runtime = "python3.11" } },
        { name = "a", action = "aws:executeAwsApi", inputs = { Service = "rds", Api = "RebootDBInstance" } },
        { name = "a", action = "aws:changeInstanceState", inputs = { InstanceIds = { RUNNING }, DesiredState = "asleep" } },
        { name = "a", action = "aws:sleep", inputs = { Duration = "{{ nothing }}" } },
      } do
        local id = run { step }
        clock.step(1)
        assert.equal("Failed", automation(id).AutomationExecutionStatus)
        assert.is_string(automation(id).FailureMessage)
      end
    end)

    it("has versions and a default one, and is refused when it is none", function()
      local content = json.encode { schemaVersion = "0.3", mainSteps = { { name = "a", action = "aws:pause" } } }
      assert.equal("1", ssm("CreateDocument", { Name = "Mine", DocumentType = "Automation", Content = content })
        .DocumentDescription.DefaultVersion)
      assert.equal("DocumentAlreadyExists", fault("CreateDocument", { Name = "Mine", Content = content }).code)
      assert.equal("2", ssm("UpdateDocument", { Name = "Mine", Content = content }).DocumentDescription.LatestVersion)
      assert.equal("1", ssm("DescribeDocument", { Name = "Mine" }).Document.DocumentVersion)
      ssm("UpdateDocumentDefaultVersion", { Name = "Mine", DocumentVersion = "2" })
      assert.equal("2", ssm("GetDocument", { Name = "Mine" }).DocumentVersion)
      assert.equal("InvalidDocumentVersion", fault("GetDocument", { Name = "Mine", DocumentVersion = "7" }).code)
      assert.equal(1, #ssm("ListDocuments", { Filters = { { Key = "Owner", Values = { "Self" } } } }).DocumentIdentifiers)
      ssm("DeleteDocument", { Name = "Mine" })
      assert.equal("InvalidDocument", fault("GetDocument", { Name = "Mine" }).code)
      assert.equal("InvalidDocument", fault("DeleteDocument", { Name = "AWS-StopEC2Instance" }).code)
      for _, text in ipairs { "schemaVersion: '0.3'", '{"schemaVersion":"0.3"}', '{"a":1}',
        '{"schemaVersion":"0.3","mainSteps":[{"name":"x"}]}' } do
        assert.equal("InvalidDocumentContent", fault("CreateDocument", { Name = "Bad", Content = text }).code)
      end
    end)
  end)

  it("lists automations newest first, filtered and in pages, and their steps", function()
    local ids = {}
    for number = 1, 3 do
      ids[number] = start("AWS-StopEC2Instance", { RUNNING })
    end
    start("AWS-StartEC2Instance", { STOPPED })
    clock.step(60)
    local filters = { { Key = "DocumentNamePrefix", Values = { "AWS-Stop" } }, { Key = "ExecutionStatus", Values = { "Success" } } }
    local page = ssm("DescribeAutomationExecutions", { Filters = filters, MaxResults = 2 })
    assert.equal(ids[3], page.AutomationExecutionMetadataList[1].AutomationExecutionId)
    local rest = ssm("DescribeAutomationExecutions", { Filters = filters, MaxResults = 2, NextToken = page.NextToken })
    assert.equal(ids[1], rest.AutomationExecutionMetadataList[1].AutomationExecutionId)
    assert.is_nil(rest.NextToken)
    assert.equal("stopInstances", ssm("DescribeAutomationStepExecutions", { AutomationExecutionId = ids[1],
      Filters = { { Key = "StepExecutionStatus", Values = { "Success" } } } }).StepExecutions[1].StepName)
    assert.equal("InvalidNextToken", fault("DescribeAutomationExecutions", { NextToken = "!" }).code)
  end)

  it("goes on with an automation after the world was closed and opened again", function()
    here.close()
    local path = os.tmpname()
    here = support.start { estate = ESTATE, data = path }
    local id = start("AWS-RestartEC2Instance", { RUNNING })
    clock.step(35)
    local began = require("time").now()
    here.close()
    here = support.start { data = path }
    clock.set(began)
    clock.step(60)
    assert.equal("Success", automation(id).AutomationExecutionStatus)
    os.remove(path)
  end)

  describe("commands", function()
    it("succeed a few seconds later", function()
      local command = ssm("SendCommand", { DocumentName = "AWS-RunShellScript", InstanceIds = { RUNNING },
        Parameters = { commands = { "uptime" } } }).Command
      local function invocation()
        return ssm("GetCommandInvocation", { CommandId = command.CommandId, InstanceId = RUNNING })
      end
      assert.equal("Pending", invocation().Status)
      clock.step(2)
      assert.equal("InProgress", invocation().Status)
      clock.step(2)
      assert.same({ "Success", 0, "aws:runShellScript" },
        { invocation().Status, invocation().ResponseCode, invocation().PluginName })
      assert.equal(1, ssm("ListCommands", { CommandId = command.CommandId }).Commands[1].CompletedCount)
      local listed = ssm("ListCommandInvocations", { InstanceId = RUNNING, Details = true }).CommandInvocations
      assert.equal("Success", listed[1].CommandPlugins[1].Status)
    end)

    it("reach instances by tags, are cancelled, and are refused where nothing runs", function()
      local command = ssm("SendCommand", { DocumentName = "AWS-RunShellScript", Parameters = { commands = { "a" } },
        Targets = { { Key = "tag:Tier", Values = { "web", "batch" } } } }).Command
      assert.equal(1, command.TargetCount)
      ssm("CancelCommand", { CommandId = command.CommandId })
      clock.step(10)
      assert.equal("Cancelled", ssm("ListCommands").Commands[1].Status)
      local function refused(input)
        input.Parameters = input.Parameters or { commands = { "a" } }
        return fault("SendCommand", input)
      end
      local problem = refused { DocumentName = "AWS-RunShellScript", InstanceIds = { STOPPED } }
      assert.same({ "InvalidInstanceId", "Instances [[" .. STOPPED .. "]] not in a valid state for account 123456789012" },
        { problem.code, problem.message })
      assert.equal("InvalidDocument", refused { DocumentName = "Nothing", InstanceIds = { RUNNING } }.code)
      assert.equal("InvalidParameters",
        refused { DocumentName = "AWS-RunShellScript", InstanceIds = { RUNNING }, Parameters = { wrong = { "a" } } }.code)
      assert.equal("InvalidParameters",
        refused { DocumentName = "AWS-RunShellScript", InstanceIds = { RUNNING }, Parameters = json.object {} }.code)
      assert.equal("InvocationDoesNotExist", fault("GetCommandInvocation",
        { CommandId = command.CommandId, InstanceId = STOPPED }).code)
      assert.equal("InvalidCommandId", fault("CancelCommand", { CommandId = "00000000-0000-4000-8000-000000000000" }).code)
    end)

    it("know the instances that run", function()
      local list = ssm("DescribeInstanceInformation").InstanceInformationList
      assert.same({ RUNNING, "Online", 1 }, { list[1].InstanceId, list[1].PingStatus, #list })
      assert.equal(0, #ssm("DescribeInstanceInformation", { Filters = { { Key = "InstanceIds", Values = { STOPPED } } } })
        .InstanceInformationList)
      assert.equal("InvalidFilterKey",
        fault("DescribeInstanceInformation", { Filters = { { Key = "Colour", Values = { "red" } } } }).code)
    end)
  end)

  describe("parameters", function()
    local function put(name, value, more)
      local input = { Name = name, Value = value, Type = "String" }
      for key, item in pairs(more or {}) do
        input[key] = item
      end
      return ssm("PutParameter", input)
    end
    local function value(name, decrypt)
      return ssm("GetParameter", { Name = name, WithDecryption = decrypt }).Parameter.Value
    end

    it("have versions, and are overwritten only on purpose", function()
      assert.equal(1, put("/app/site", "primary").Version)
      assert.equal("ParameterAlreadyExists", fault("PutParameter", { Name = "/app/site", Value = "x", Type = "String" }).code)
      assert.equal(2, put("/app/site", "recovery", { Overwrite = true }).Version)
      assert.same({ "recovery", "primary" }, { value "/app/site", value "/app/site:1" })
      assert.equal("ParameterVersionNotFound", fault("GetParameter", { Name = "/app/site:7" }).code)
      assert.equal("ParameterNotFound", fault("GetParameter", { Name = "/app/none" }).code)
      assert.equal(2, #ssm("GetParameterHistory", { Name = "/app/site" }).Parameters)
      local arn = ssm("GetParameter", { Name = "/app/site" }).Parameter.ARN
      assert.equal("arn:aws:ssm:us-east-1:123456789012:parameter/app/site", arn)
      assert.equal("recovery", value(arn))
    end)

    it("keep a secret to those who ask for it", function()
      put("secret", "hunter2", { Type = "SecureString" })
      assert.is_nil(value("secret"):find("hunter2", 1, true))
      assert.equal("hunter2", value("secret", true))
    end)

    it("are found by path, with or without what is deeper, in pages", function()
      for _, name in ipairs { "/dr/a", "/dr/b", "/dr/deep/c", "/drx/d" } do
        put(name, name)
      end
      assert.equal(2, #ssm("GetParametersByPath", { Path = "/dr" }).Parameters)
      local page = ssm("GetParametersByPath", { Path = "/dr/", Recursive = true, MaxResults = 2 })
      local rest = ssm("GetParametersByPath", { Path = "/dr/", Recursive = true, MaxResults = 2, NextToken = page.NextToken })
      assert.equal("/dr/deep/c", rest.Parameters[1].Name)
      assert.equal("ValidationException", fault("GetParametersByPath", { Path = "dr" }).code)
      local described = ssm("DescribeParameters", { ParameterFilters = {
        { Key = "Name", Option = "BeginsWith", Values = { "/dr/" } }, { Key = "Type", Values = { "String" } } } }).Parameters
      assert.equal(3, #described)
      assert.equal(2, #ssm("DescribeParameters", { ParameterFilters = { { Key = "Path", Values = { "/dr" } } } }).Parameters)
      assert.equal("InvalidFilterKey", fault("DescribeParameters", { ParameterFilters = { { Key = "Label", Values = { "x" } } } }).code)
      local several = ssm("GetParameters", { Names = { "/dr/a", "/none" } })
      assert.same({ 1, "/none" }, { #several.Parameters, several.InvalidParameters[1] })
    end)

    it("are checked and deleted", function()
      assert.equal("ValidationException", fault("PutParameter", { Name = "x", Value = "v" }).code)
      assert.equal("ValidationException", fault("PutParameter", { Name = "a b", Value = "v", Type = "String" }).code)
      assert.equal("ValidationException", fault("PutParameter", { Name = "a/b", Value = "v", Type = "String" }).code)
      assert.equal("ValidationException", fault("PutParameter", { Name = "x", Value = ("v"):rep(5000), Type = "String" }).code)
      assert.equal("ValidationException", fault("PutParameter", { Name = "x", Value = "a,,b", Type = "StringList" }).code)
      assert.equal("AccessDeniedException", fault("PutParameter", { Name = "/aws/x", Value = "v", Type = "String" }).code)
      assert.equal("HierarchyLevelLimitExceededException",
        fault("PutParameter", { Name = ("/a"):rep(16), Value = "v", Type = "String" }).code)
      assert.equal("ParameterPatternMismatchException",
        fault("PutParameter", { Name = "x", Value = "v", Type = "String", AllowedPattern = "^\\d+$" }).code)
      put("x", "1", { Tags = { { Key = "a", Value = "b" } } })
      assert.equal("a", ssm("ListTagsForResource", { ResourceType = "Parameter", ResourceId = "x" }).TagList[1].Key)
      ssm("AddTagsToResource", { ResourceType = "Parameter", ResourceId = "x", Tags = { { Key = "c", Value = "d" } } })
      ssm("RemoveTagsFromResource", { ResourceType = "Parameter", ResourceId = "x", TagKeys = { "a" } })
      assert.equal("c", ssm("ListTagsForResource", { ResourceType = "Parameter", ResourceId = "x" }).TagList[1].Key)
      assert.equal("InvalidResourceId", fault("ListTagsForResource", { ResourceType = "Parameter", ResourceId = "y" }).code)
      ssm("DeleteParameter", { Name = "x" })
      assert.equal("ParameterNotFound", fault("DeleteParameter", { Name = "x" }).code)
      assert.equal("x", ssm("DeleteParameters", { Names = { "x" } }).InvalidParameters[1])
    end)
  end)
end)
