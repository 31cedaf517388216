local clock = require "clock"
local json = require "json"
local models = require "models"
local support = require "tests.support.local_aws"
local world = require "tests.scripts.local_aws.drs.world"

local drs, start = world.drs, world.start
local drill, events, recovery_instances = world.drill, world.events, world.recovery_instances
local server_id = world.server_id

describe("the job log", function()
  after_each(world.close)

  it("5 [R]: items come oldest first, LAUNCH_END among them although no model has it, with the ids", function()
    start()
    local id = drill(1).jobID
    assert.same({}, events(id))
    clock.step(600)
    assert.same({
      "JOB_START", "SNAPSHOT_START", "SNAPSHOT_END", "CONVERSION_START", "CONVERSION_END", "LAUNCH_START", "LAUNCH_END",
      "JOB_END",
    }, events(id))
    local items = drs("DescribeJobLogItems", { jobID = id }).items
    assert.same({}, items[1].eventData)
    assert.truthy(items[5].eventData.conversionServerID:find("^i%-%x+$"))
    assert.equal(recovery_instances()[1].ec2InstanceID, items[7].eventData.targetInstanceID)
    for index = 2, #items do
      assert.truthy(items[index - 1].logDateTime <= items[index].logDateTime)
    end
  end)

  it("5 [R]: enums are open: an event that no model has can be switched on", function()
    start()
    world.settings().unknownEvents = true
    local id = drill(1).jobID
    clock.step(700)
    assert.truthy(table.concat(events(id), " "):find("LAUNCH_PREPARED", 1, true))
  end)

  it("4 [M]: recovery mode FAST skips the conversion", function()
    start()
    drs("UpdateLaunchConfiguration", { sourceServerID = server_id(1), recoveryMode = "FAST" })
    local id = drill(1).jobID
    clock.step(600)
    assert.same({ "JOB_START", "SNAPSHOT_START", "SNAPSHOT_END", "LAUNCH_START", "LAUNCH_END", "JOB_END" }, events(id))
  end)

  it("5 [M]: a conversion tells its properties: snapshots, sizes, root volume, the data's time", function()
    start()
    local id = drill(1).jobID
    clock.step(700)
    local properties
    for _, item in ipairs(world.log_items(id)) do
      properties = item.event == "CONVERSION_END" and item.eventData.conversionProperties or properties
    end
    assert.equal("/dev/nvme0n1", properties.rootVolumeName)
    assert.equal(8 * 1024 * 1024 * 1024, properties.volumeToVolumeSize["/dev/nvme0n1"])
    assert.is_false(properties.forceUefi)
    assert.equal("2026-11-23T06:00:00.000000+00:00", properties.dataTimestamp)
    local source, converted = next(properties.volumeToConversionMap["/dev/nvme0n1"])
    assert.truthy(source:find("^snap%-") and converted:find("^snap%-"))
  end)

  it("5 [M]: the time of an item is logDateTime, and the names of its data are the model's", function()
    start()
    local id = drill(1).jobID
    clock.step(700)
    local _, body = support.drs(world.here(), "DescribeJobLogItems", { jobID = id })
    assert.truthy(body.items[1].logDateTime:find("^2026%-11%-23T06:00:00%."))
    assert.is_nil(body.items[1].eventDateTime)
    assert.same({}, body.items[1].eventData)
    assert.equal(server_id(1), body.items[2].eventData.sourceServerID)
  end)

  it("5 [M]: every event of the model is sent by some job", function()
    local behaviours = {
      { snapshot = "PREVIOUS" }, { snapshot = "FAILED" }, { conversion = "FAILED" }, { launch = "FAILED" }, { skip = true },
      { cleanup = "FAILED" },
    }
    start(8, function(server, number)
      server.behaviour = behaviours[number]
      server.originRegion, server.vpcId = "us-west-2", "vpc-0123456789abcdef0"
    end)
    local seen = {}
    local function note(id)
      for _, name in ipairs(events(id)) do
        seen[name] = true
      end
    end
    drill(6, 7)
    clock.step(700)
    local first = drill(1, 7).jobID
    drs("TagResource", { resourceArn = world.source_server(8).arn, tags = { ["drsh:behaviour"] = "cancel=10" } })
    local second = drill(8).jobID
    clock.step(1000)
    note(first)
    note(second)
    local id = drs("CreateSourceNetwork",
      { vpcID = "vpc-0123456789abcdef0", originAccountID = world.ACCOUNT, originRegion = "us-west-2" }).sourceNetworkID
    drs("StartSourceNetworkReplication", { sourceNetworkID = id })
    clock.step(200)
    local arn = "arn:aws:drs:us-east-1:123456789012:source-network/" .. id
    for _, behaviour in ipairs { "deploy=FAILED", "templates=FAILED", "update=FAILED", "" } do
      drs("TagResource", { resourceArn = arn, tags = { ["drsh:behaviour"] = behaviour } })
      local networks = json.array { { sourceNetworkID = id } }
      local network_job = drs("StartSourceNetworkRecovery", { sourceNetworks = networks }).job.jobID
      clock.step(600)
      note(network_job)
    end
    for _, name in ipairs(models.load("drs").shapes.JobLogEvent.enum) do
      assert.is_true(seen[name], name)
    end
  end)
end)
