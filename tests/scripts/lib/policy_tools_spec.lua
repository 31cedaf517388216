-- What policies can ask: windows of the week, counters, health checks, snapshots.

local counters = require "lib.counters"
local estate   = require "tests.support.estate"
local health   = require "lib.health"
local server   = require "server"
local task     = require "task"
local time     = require "time"
local windows  = require "lib.windows"

local function at(text) return assert(time.parse(text)) end

describe("lib.windows", function()
  local function check(window, moment, opens)
    local open, next_time = windows.is_open(window, at(moment))
    if not opens then return assert.is_true(open, moment) end
    assert.is_false(open, moment)
    assert.equal(opens, time.iso8601(next_time))
  end

  it("over midnight belongs to the day on which it begins", function()
    local night = { days = { "Mon", "Fri" }, from = "20:00", to = "06:00" }
    check(night, "2026-11-23T20:00:00Z")                               -- a Monday
    check(night, "2026-11-24T05:59:59Z")
    check(night, "2026-11-24T06:00:00Z", "2026-11-27T20:00:00Z")
    check(night, "2026-11-28T01:00:00Z")                               -- Saturday, in Friday's night
    check(night, "2026-11-23T19:59:59Z", "2026-11-23T20:00:00Z")
    check(night, "2026-11-23T01:00:00Z", "2026-11-23T20:00:00Z")       -- Sunday's night is closed
  end)

  it("is meant in its own hours, every day where no days are named", function()
    local day = { from = "9:00", to = "17:00", utc_offset_hours = 5.5 }
    check(day, "2026-11-23T03:30:00Z")
    check(day, "2026-11-23T11:29:59Z")
    check(day, "2026-11-23T11:30:00Z", "2026-11-24T03:30:00Z")
    check({ from = "00:00", to = "24:00" }, "2026-11-23T23:59:59Z")
  end)

  it("refuses what is no time or day", function()
    assert.has_error(function() windows.is_open { from = "8pm", to = "06:00" } end)
    assert.has_error(function() windows.is_open { from = "20:00", to = "25:00" } end)
    assert.has_error(function() windows.is_open { from = "20:00", to = "21:00", days = { "Monday" } } end)
    assert.has_error(function() windows.is_open { from = "20:00", to = "21:00", days = {} } end)
  end)
end)

describe("With the local AWS,", function()
  local here

  before_each(function() here = estate.open() end)
  after_each(function() here.close() end)

  it("lib.counters gives each of the places once, to many at one moment", function()
    local calls = {}
    for number = 1, 6 do calls[number] = function() return { counters.take("t", 4, 3600, "i-" .. number) } end end
    local taken = 0
    for _, result in ipairs(task.all(calls)) do taken = taken + (result[1] and 1 or 0) end
    assert.equal(4, taken)
  end)

  it("lib.counters counts any hour, not the clock's, and an id once", function()
    assert.is_true(counters.take("t", 2, 3600, "a"))
    here.advance(1800)
    assert.is_true(counters.take("t", 2, 3600, "b"))
    assert.is_true(counters.take("t", 2, 3600, "a"))
    local free, from = counters.take("t", 2, 3600, "c")
    assert.is_false(free)
    assert.equal(time.now() + 1800, from)
    here.advance(1800)
    assert.is_true(counters.take("t", 2, 3600, "c"))
    assert.is_false((counters.take("t", 2, 3600, "d")))
  end)

  it("lib.health tells 2xx from all else, and from no answer", function()
    local status = 204
    local listener = server.listen { handler = function() return status, {}, "" end }
    assert.same({ true, "HTTP 204" }, { health.is_good(listener.url .. "/a") })
    status = 301
    assert.same({ false, "HTTP 301" }, { health.is_good(listener.url .. "/b") })
    listener.close()
    local good, why = health.is_good(listener.url .. "/c")
    assert.is_false(good)
    assert.is_string(why)
  end)

  it("the local EC2 makes snapshots of an instance's volumes, in EC2's words", function()
    local ec2 = here.client("ec2")
    here.finished("one")
    local instance = ec2:describe_instances({}).Reservations[1].Instances[1]
    local made = ec2:create_snapshots { InstanceSpecification = { InstanceId = instance.InstanceId }, Description = "d",
      TagSpecifications = { { ResourceType = "snapshot", Tags = { { Key = "a", Value = "b" } } } } }.Snapshots
    assert.equal(#instance.BlockDeviceMappings, #made)
    assert.equal("pending", made[1].State)
    here.advance(90)
    local found = ec2:describe_snapshots({ Filters = { { Name = "tag:a", Values = { "b" } } } }).Snapshots
    assert.equal("completed", found[1].State)
    assert.equal(instance.BlockDeviceMappings[1].Ebs.VolumeId, found[1].VolumeId)
    local function code(fn) return select(2, pcall(fn)).code end
    assert.equal("InvalidSnapshot.NotFound", code(function() ec2:describe_snapshots { SnapshotIds = { "snap-00000000000000000" } } end))
    assert.equal("InvalidInstanceID.NotFound", code(function()
      ec2:create_snapshots { InstanceSpecification = { InstanceId = "i-00000000000000000" } }
    end))
    assert.equal("DryRunOperation", code(function()
      ec2:create_snapshots { DryRun = true, InstanceSpecification = { InstanceId = instance.InstanceId } }
    end))
  end)
end)
