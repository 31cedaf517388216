local clock = require "clock"
local world = require "tests.scripts.local_aws.drs.world"

local drs, start = world.drs, world.start
local drill, events, job, recovery_instances = world.drill, world.events, world.job, world.recovery_instances
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
end)
