local world = require "tests.scripts.local_aws.drs.world"

local fault, start = world.fault, world.start
local drill = world.drill
local source_server = world.source_server

describe("the protocol", function()
  after_each(world.close)

  it("1 [R]: times have microseconds and an offset, durations are text", function()
    start()
    assert.truthy(drill(1).creationDateTime:find("^2026%-11%-23T06:00:00%.%d%d%d%d%d%d%+00:00$"))
    assert.equal("P0D", source_server(1).dataReplicationInfo.lagDuration)
    assert.truthy(source_server(1).lifeCycle.elapsedReplicationDuration:find("^P29DT23H56M$"))
  end)

  it("an operation that the model does not have is not known", function()
    start()
    assert.equal("UnknownOperationException", fault("Nonsense", {}).code)
  end)
end)
