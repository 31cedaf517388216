-- EC2 to the depth of recovery: the life of instances on the world's clock, filters, tags, launch templates, and EC2's own
-- words.

local clock = require "clock"
local json = require "json"
local support = require "tests.support.local_aws"

local RUNNING, STOPPED = "i-00000000000000001", "i-00000000000000002"
local UNKNOWN = "i-0123456789abcdef0"

describe("EC2", function()
  local here

  before_each(function()
    here = support.start { estate = { places = { { account = support.ACCOUNT, region = support.REGION, instances = {
      { id = RUNNING, name = "web-1", privateIp = "10.0.0.1", tags = { Tier = "web" } },
      { id = STOPPED, name = "batch-1", privateIp = "10.0.0.2", state = "stopped", instanceType = "m6i.large" },
    } } } } }
  end)
  after_each(function()
    here.close()
  end)

  local function ec2(operation, input)
    return here.call("ec2", operation, input)
  end
  local function fault(operation, input)
    return here.fault("ec2", operation, input)
  end
  local function ids(answer)
    local list = {}
    for _, reservation in ipairs(answer.Reservations) do
      for _, instance in ipairs(reservation.Instances) do
        list[#list + 1] = instance.InstanceId
      end
    end
    return list
  end
  local function by(name, ...)
    return ids(ec2("DescribeInstances", { Filters = { { Name = name, Values = { ... } } } }))
  end
  local function state(id)
    return ec2("DescribeInstances", { InstanceIds = { id } }).Reservations[1].Instances[1].State
  end

  describe("the life of an instance", function()
    it("goes from stopped over pending to running, with a new launch time", function()
      local change = ec2("StartInstances", { InstanceIds = { STOPPED } }).StartingInstances[1]
      assert.same({ Code = 80, Name = "stopped" }, change.PreviousState)
      assert.same({ Code = 0, Name = "pending" }, change.CurrentState)
      clock.step(30)
      assert.equal("running", state(STOPPED).Name)
      assert.equal(support.START, ec2("DescribeInstances",
        { InstanceIds = { STOPPED } }).Reservations[1].Instances[1].LaunchTime)
    end)

    it("goes from running over stopping to stopped, over shutting-down to terminated, and is forgotten after an hour",
      function()
      assert.equal("stopping", ec2("StopInstances", { InstanceIds = { RUNNING } }).StoppingInstances[1].CurrentState.Name)
      clock.step(60)
      assert.same({ Code = 80, Name = "stopped" }, state(RUNNING))
      ec2("StartInstances", { InstanceIds = { RUNNING } })
      clock.step(60)
      local change = ec2("TerminateInstances", { InstanceIds = { RUNNING } }).TerminatingInstances[1]
      assert.same({ Code = 32, Name = "shutting-down" }, change.CurrentState)
      clock.step(60)
      assert.same({ Code = 48, Name = "terminated" }, state(RUNNING))
      assert.equal("terminated", ec2("TerminateInstances",
        { InstanceIds = { RUNNING } }).TerminatingInstances[1].CurrentState.Name)
      clock.step(3700)
      assert.equal("InvalidInstanceID.NotFound", fault("DescribeInstances", { InstanceIds = { RUNNING } }).code)
    end)

    it("is terminated at once when it was stopped", function()
      ec2("TerminateInstances", { InstanceIds = { STOPPED } })
      assert.equal("terminated", state(STOPPED).Name)
    end)

    it("refuses what its state does not allow", function()
      ec2("TerminateInstances", { InstanceIds = { RUNNING } })
      local refused = fault("StartInstances", { InstanceIds = { RUNNING } })
      assert.equal("IncorrectInstanceState", refused.code)
      assert.equal("The instance '" .. RUNNING .. "' is not in a state from which it can be started.", refused.message)
      assert.equal("IncorrectInstanceState", fault("StopInstances", { InstanceIds = { RUNNING } }).code)
    end)

    it("does nothing where nothing is to be done", function()
      local change = ec2("StartInstances", { InstanceIds = { RUNNING } }).StartingInstances[1]
      assert.same(change.PreviousState, change.CurrentState)
      ec2("RebootInstances", { InstanceIds = { RUNNING } })
      assert.equal("running", state(RUNNING).Name)
    end)

    it("is not touched by a dry run", function()
      assert.equal("DryRunOperation", fault("TerminateInstances", { InstanceIds = { RUNNING }, DryRun = true }).code)
      assert.equal("running", state(RUNNING).Name)
    end)
  end)

  describe("DescribeInstances", function()
    it("names what is not there", function()
      local refused = fault("DescribeInstances", { InstanceIds = { UNKNOWN } })
      assert.equal("InvalidInstanceID.NotFound", refused.code)
      assert.equal("The instance ID '" .. UNKNOWN .. "' does not exist", refused.message)
      refused = fault("DescribeInstances", { InstanceIds = { UNKNOWN, RUNNING, "i-0123456789abcdef1" } })
      assert.equal("The instance IDs 'i-0123456789abcdef0, i-0123456789abcdef1' do not exist", refused.message)
      refused = fault("DescribeInstances", { InstanceIds = { "web-1" } })
      assert.equal("InvalidInstanceID.Malformed", refused.code)
      assert.equal('Invalid id: "web-1"', refused.message)
    end)

    it("filters by state, tag, address and type, with wildcards", function()
      assert.same({ STOPPED }, by("instance-state-name", "stopped"))
      assert.same({ RUNNING }, by("instance-state-code", "16"))
      assert.same({ RUNNING }, by("tag:Tier", "web", "app"))
      assert.same({ RUNNING }, by("tag:Name", "web-*"))
      assert.same({ RUNNING, STOPPED }, by("tag:Name", "*-?"))
      assert.same({ RUNNING }, by("tag-key", "Tier"))
      assert.same({ STOPPED }, by("private-ip-address", "10.0.0.2"))
      assert.same({ STOPPED }, by("instance-type", "m6i.*"))
      assert.same({}, by("tag:Name", "web-\\*"))
      assert.same({}, by("vpc-id", "vpc-0"))
      assert.equal("InvalidParameterValue", fault("DescribeInstances",
        { Filters = { { Name = "nonsense", Values = { "x" } } } }).code)
    end)

    it("comes in pages of at least five", function()
      assert.equal("InvalidParameterValue", fault("DescribeInstances", { MaxResults = 4 }).code)
      assert.equal("InvalidParameterCombination", fault("DescribeInstances",
        { MaxResults = 5, InstanceIds = { RUNNING } }).code)
      local instances = {}
      for number = 1, 11 do
        instances[number] = { name = "n" .. number }
      end
      require("local_aws.estate").seed(here.world, { places = { { account = support.ACCOUNT, region = "eu-west-1",
        instances = instances } } })
      local token, seen, page_count = nil, 0, 0
      repeat
        local page = here.call("ec2", "DescribeInstances", { MaxResults = 5, NextToken = token }, "eu-west-1")
        seen, token, page_count = seen + #ids(page), page.NextToken, page_count + 1
      until not token
      assert.same({ 11, 3 }, { seen, page_count })
      assert.equal("InvalidNextToken", fault("DescribeInstances", { NextToken = "nonsense!" }).code)
    end)

    it("belongs to an account and a region", function()
      assert.same({}, ids(here.call("ec2", "DescribeInstances", {}, "eu-west-1")))
      assert.same({}, ids(here.call("ec2", "DescribeInstances", {}, support.REGION, "999999999999")))
    end)
  end)

  it("tells the health of instances", function()
    local list = ec2("DescribeInstanceStatus").InstanceStatuses
    assert.equal(1, #list)
    assert.equal("ok", list[1].InstanceStatus.Status)
    assert.equal(2, #ec2("DescribeInstanceStatus", { IncludeAllInstances = true }).InstanceStatuses)
    ec2("StartInstances", { InstanceIds = { STOPPED } })
    clock.step(25)
    local filters = { { Name = "system-status.status", Values = { "initializing" } } }
    assert.equal(STOPPED, ec2("DescribeInstanceStatus", { Filters = filters }).InstanceStatuses[1].InstanceId)
    assert.equal("InvalidParameterCombination", fault("DescribeInstanceStatus",
      { MaxResults = 5, InstanceIds = { RUNNING } }).code)
  end)

  describe("tags", function()
    it("are created, changed, described and deleted", function()
      ec2("CreateTags", { Resources = { RUNNING, STOPPED },
        Tags = { { Key = "Wave", Value = "1" }, { Key = "Tier", Value = "db" } } })
      local found = ec2("DescribeTags", { Filters = { { Name = "key", Values = { "Wave" } } } }).Tags
      assert.equal(2, #found)
      assert.same({ Key = "Wave", Value = "1", ResourceId = RUNNING, ResourceType = "instance" }, found[1])
      assert.same({ RUNNING, STOPPED }, by("tag:Tier", "db"))
      ec2("DeleteTags", { Resources = { RUNNING }, Tags = { { Key = "Wave" }, { Key = "Tier", Value = "other" } } })
      assert.same({ STOPPED }, by("tag-key", "Wave"))
      assert.same({ RUNNING, STOPPED }, by("tag:Tier", "db"))
      ec2("DeleteTags", { Resources = { STOPPED } })
      assert.same({}, ec2("DescribeTags", { Filters = { { Name = "resource-id", Values = { STOPPED } } } }).Tags)
    end)

    it("are refused where they cannot be", function()
      assert.equal("InvalidInstanceID.NotFound", fault("CreateTags",
        { Resources = { UNKNOWN }, Tags = { { Key = "a" } } }).code)
      assert.equal("InvalidID", fault("CreateTags", { Resources = { "nonsense" }, Tags = { { Key = "a" } } }).code)
      assert.equal("InvalidParameterValue", fault("CreateTags", { Resources = { RUNNING }, Tags = { { Key = "aws:a" } } }).code)
      assert.equal("MissingParameter", fault("CreateTags", { Resources = { RUNNING }, Tags = { { Value = "a" } } }).code)
      local many = {}
      for number = 1, 51 do
        many[number] = { Key = "k" .. number, Value = "v" }
      end
      assert.equal("TagLimitExceeded", fault("CreateTags", { Resources = { RUNNING }, Tags = many }).code)
    end)
  end)

  describe("launch templates", function()
    it("6: have versions, of which one is the default", function()
      local made = ec2("CreateLaunchTemplate", {
        LaunchTemplateName = "app", LaunchTemplateData = { InstanceType = "t3.small", SecurityGroupIds = { "sg-1" } },
        TagSpecifications = { { ResourceType = "launch-template", Tags = { { Key = "a", Value = "b" } } } },
      }).LaunchTemplate
      assert.equal(1, made.DefaultVersionNumber)
      assert.same({ { Key = "a", Value = "b" } }, made.Tags)
      local version = ec2("CreateLaunchTemplateVersion", {
        LaunchTemplateId = made.LaunchTemplateId, SourceVersion = "1", VersionDescription = "bigger",
        LaunchTemplateData = { InstanceType = "m6i.large" },
      }).LaunchTemplateVersion
      assert.equal(2, version.VersionNumber)
      assert.is_false(version.DefaultVersion)
      assert.same({ InstanceType = "m6i.large", SecurityGroupIds = { "sg-1" } }, version.LaunchTemplateData)
      local modified = ec2("ModifyLaunchTemplate", { LaunchTemplateName = "app", DefaultVersion = "2" }).LaunchTemplate
      assert.same({ 2, 2 }, { modified.DefaultVersionNumber, modified.LatestVersionNumber })
      local function versions(given)
        given.LaunchTemplateName = "app"
        local list = {}
        for index, item in ipairs(ec2("DescribeLaunchTemplateVersions", given).LaunchTemplateVersions) do
          list[index] = item.VersionNumber
        end
        return list
      end
      assert.same({ 2, 1 }, versions {})
      assert.same({ 2 }, versions { Versions = { "$Latest" } })
      assert.same({ 2 }, versions { Versions = { "$Default" } })
      assert.same({ 1 }, versions { MaxVersion = "1" })
      ec2("DeleteLaunchTemplate", { LaunchTemplateId = made.LaunchTemplateId })
      assert.equal("InvalidLaunchTemplateId.NotFound", fault("DescribeLaunchTemplates",
        { LaunchTemplateIds = { made.LaunchTemplateId } }).code)
    end)

    it("are found by id, name and tag", function()
      for number = 1, 3 do
        ec2("CreateLaunchTemplate", { LaunchTemplateName = "app-" .. number, LaunchTemplateData = json.object {} })
      end
      assert.equal(3, #ec2("DescribeLaunchTemplates").LaunchTemplates)
      assert.equal("app-2", ec2("DescribeLaunchTemplates",
        { LaunchTemplateNames = { "app-2" } }).LaunchTemplates[1].LaunchTemplateName)
      assert.equal(1, #ec2("DescribeLaunchTemplates", { Filters = { { Name = "launch-template-name",
        Values = { "app-3" } } } }).LaunchTemplates)
      local page = ec2("DescribeLaunchTemplates", { MaxResults = 2 })
      assert.equal(1, #ec2("DescribeLaunchTemplates", { MaxResults = 2, NextToken = page.NextToken }).LaunchTemplates)
    end)

    it("are refused in EC2's words", function()
      ec2("CreateLaunchTemplate", { LaunchTemplateName = "app", LaunchTemplateData = json.object {} })
      for code, call in pairs {
        ["InvalidLaunchTemplateName.AlreadyExistsException"] = { "CreateLaunchTemplate",
          { LaunchTemplateName = "app", LaunchTemplateData = {} } },
        ["InvalidLaunchTemplateName.NotFoundException"] = { "ModifyLaunchTemplate", { LaunchTemplateName = "nowhere" } },
        ["InvalidLaunchTemplateId.Malformed"] = { "ModifyLaunchTemplate", { LaunchTemplateId = "nowhere" } },
        ["InvalidLaunchTemplateId.NotFound"] = { "ModifyLaunchTemplate", { LaunchTemplateId = "lt-00000000000000000" } },
        ["InvalidLaunchTemplateId.VersionNotFound"] = { "ModifyLaunchTemplate",
          { LaunchTemplateName = "app", DefaultVersion = "7" } },
        ["MissingParameter"] = { "ModifyLaunchTemplate", {} },
      } do
        assert.equal(code, fault(call[1], call[2]).code)
      end
    end)
  end)

  it("knows its regions and zones", function()
    assert.equal("us-west-2", ec2("DescribeRegions", { RegionNames = { "us-west-2" } }).Regions[1].RegionName)
    assert.truthy(#ec2("DescribeRegions", { AllRegions = true }).Regions > #ec2("DescribeRegions").Regions)
    assert.equal("InvalidParameterValue", fault("DescribeRegions", { RegionNames = { "moon-1" } }).code)
    assert.equal("us-east-1a", ec2("DescribeAvailabilityZones").AvailabilityZones[1].ZoneName)
  end)
end)
