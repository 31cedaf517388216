local json = require "json"
local world = require "tests.scripts.local_aws.drs.world"

local drs, fault, start = world.drs, world.fault, world.start
local source_server = world.source_server

describe("tags", function()
  after_each(world.close)

  it("2 [M]: tags are put on, listed and taken off by ARN", function()
    start()
    local arn = source_server(1).arn
    drs("TagResource", { resourceArn = arn, tags = { Wave = "1" } })
    assert.equal("1", source_server(1).tags.Wave)
    drs("UntagResource", { resourceArn = arn, tagKeys = json.array { "Wave", "Tier" } })
    assert.same({ Name = "server-001" }, drs("ListTagsForResource", { resourceArn = arn }).tags)
    assert.equal("ResourceNotFoundException", fault("TagResource",
      { resourceArn = arn:gsub(".$", "9"), tags = { a = "b" } }).code)
    assert.equal("ValidationException", fault("TagResource", { resourceArn = arn, tags = { ["aws:x"] = "b" } }).code)
    local many = {}
    for number = 1, 51 do
      many["k" .. number] = "v"
    end
    assert.equal("ValidationException", fault("TagResource", { resourceArn = arn, tags = many }).code)
  end)
end)
