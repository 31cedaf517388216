local clock = require "clock"
local task = require "task"
local time = require "time"

describe("the world's clock", function()
  before_each(function() clock.freeze(1000) end)
  after_each(function() clock.speed(1) end)

  it("stands still when frozen", function()
    assert.equal(1000, time.now())
    assert.equal(1000, time.now())
  end)

  it("fires timers at their own times, in order, while it is stepped", function()
    local seen = {}
    for _, seconds in ipairs { 30, 10, 20 } do
      task.spawn(function()
        task.sleep(seconds)
        seen[#seen + 1] = seconds .. "@" .. time.now()
      end)
    end
    clock.step(25)
    assert.same({ "10@1010", "20@1020" }, seen)
    assert.equal(1025, time.now())
    clock.step(5)
    assert.equal("30@1030", seen[3])
  end)

  it("lets all tasks come to rest before it moves on", function()
    local log = {}
    task.spawn(function()
      for _ = 1, 5 do
        task.sleep(1)
        local child = task.spawn(function()
          local inner = task.spawn(function() log[#log + 1] = time.now() end)
          inner:join()
        end)
        child:join()
      end
    end)
    clock.step(10)
    assert.same({ 1001, 1002, 1003, 1004, 1005 }, log)
    assert.equal(1010, time.now())
  end)

  it("fires what becomes due only while it is stepped", function()
    local count = 0
    local ticker = task.spawn(function()
      while true do
        task.sleep(60)
        count = count + 1
      end
    end)
    clock.step(3600)
    assert.equal(60, count)
    ticker:cancel()
  end)

  it("refuses to be stepped while it runs", function()
    clock.speed(1)
    assert.has_error(function() clock.step(1) end,
      "the clock can be stepped only when it is frozen: call clock.freeze() first")
  end)

  it("refuses two steps at once, and a cancelled step leaves it free", function()
    local other = task.spawn(function()
      local ok, message = pcall(clock.step, 1)
      return ok, message
    end)
    clock.step(1)
    local ok, message = other:join()
    assert.is_false(ok)
    assert.matches("another task is stepping", message)

    local stepping = task.spawn(function() clock.step(5) end)
    task.spawn(function() stepping:cancel() end):join()
    clock.step(1)
    assert.is_true(stepping:done())
  end)

  it("fires what is due when it is set", function()
    local done
    task.spawn(function()
      task.sleep(100)
      done = time.now()
    end)
    clock.step(0)
    clock.set(5000)
    clock.step(0)
    assert.equal(5000, done)
  end)

  it("runs as fast as it is told", function()
    local began = time.monotonic()
    clock.speed(10000)
    task.sleep(100)
    assert.is_true(time.monotonic() - began < 1)
  end)

  it("refuses times that are none", function()
    for _, call in ipairs { clock.step, clock.speed, clock.set, clock.freeze } do
      assert.is_false(pcall(call, -1))
      assert.is_false(pcall(call, 0 / 0))
    end
  end)
end)
