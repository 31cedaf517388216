local clock = require "clock"
local task = require "task"
local time = require "time"

local function code_of(fn, ...)
  local ok, err = pcall(fn, ...)
  assert.is_false(ok)
  return type(err) == "table" and err.code or err
end

-- A value whose closing is seen.
local function closer(log, name)
  return setmetatable({}, { __close = function() log[#log + 1] = name end })
end

describe("a task", function()
  before_each(function() clock.freeze(1000) end)
  after_each(function() clock.speed(1) end)

  it("gives what its function returned, as often as it is joined", function()
    local handle = task.spawn(function(a, b) return a + b, nil, "x" end, 1, 2)
    assert.same({ n = 3, 3, nil, "x" }, table.pack(handle:join()))
    assert.same({ n = 3, 3, nil, "x" }, table.pack(handle:join()))
    assert.is_true(handle:done())
  end)

  it("raises its error where it is joined, whatever the error is", function()
    assert.matches("boom", code_of(function() task.spawn(function() error "boom" end):join() end))
    local value = { code = "X" }
    local _, err = pcall(function() task.spawn(function() error(value) end):join() end)
    assert.equal(value, err)
    local ok, none = pcall(function() task.spawn(function() error(nil) end):join() end)
    assert.is_false(ok)
    assert.is_nil(none)
    local cyclic = {}
    cyclic.self = cyclic
    _, err = pcall(function() task.spawn(function() error(cyclic) end):join() end)
    assert.equal(cyclic, err)
  end)

  it("waits through pcall, metamethods and iterators", function()
    local object = setmetatable({}, { __index = function(_, key)
      task.sleep(0)
      return key
    end })
    local seen = {}
    local handle = task.spawn(function()
      pcall(function() seen[1] = object.a end)
      for item in function(_, last)
        task.sleep(0)
        return not last and "b" or nil
      end do
        seen[2] = item
      end
    end)
    clock.step(0)
    handle:join()
    assert.same({ "a", "b" }, seen)
  end)

  it("cannot wait in a coroutine of its own, a sort or a gsub, and says so", function()
    assert.matches("outside a task", code_of(coroutine.wrap(function() task.sleep(1) end)))
    assert.matches("call that cannot wait", code_of(table.sort, { 3, 2, 1 }, function() task.sleep(1) end))
    assert.matches("call that cannot wait", code_of(string.gsub, "x", "x", function() task.sleep(1) end))
  end)

  it("may use coroutines that do not wait", function()
    local numbers = {}
    for n in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) do numbers[#numbers + 1] = n end
    assert.same({ 1, 2, 3 }, numbers)
  end)

  it("fails when it yields to nobody", function()
    assert.matches("attempt to yield from a task", code_of(function() task.spawn(coroutine.yield):join() end))
  end)

  it("closes what it holds and what it waits for when it is cancelled", function()
    local log = {}
    local handle = task.spawn(function()
      local _ <close> = closer(log, "outer")
      pcall(function()
        local _ <close> = closer(log, "inner")
        task.sleep(100)
      end)
      log[#log + 1] = "went on"
    end)
    clock.step(1)
    handle:cancel()
    assert.same({ "inner", "outer" }, log)
    assert.equal("CANCELLED", code_of(handle.join, handle))
    clock.step(200)
    assert.same({ "inner", "outer" }, log)
  end)

  it("can be cancelled before it began, after it ended, and twice", function()
    local ran = false
    local handle = task.spawn(function() ran = true end)
    handle:cancel()
    handle:cancel()
    clock.step(0)
    assert.is_false(ran)
    local ended = task.spawn(function() return 1 end)
    ended:join()
    ended:cancel()
    assert.equal(1, ended:join())
  end)

  it("can cancel itself, even inside pcall", function()
    local log = {}
    local handle
    handle = task.spawn(function()
      pcall(function()
        handle:cancel()
        log[#log + 1] = "after cancel"
        while true do log.spins = (log.spins or 0) + 1 end
      end)
      log[#log + 1] = "after pcall"
    end)
    clock.step(0)
    assert.is_true(handle:done())
    assert.is_nil(log[1])
  end)

  it("cannot wait in a __close that runs after its cancel", function()
    local message
    local handle = task.spawn(function()
      local _ <close> = setmetatable({}, { __close = function()
        local ok, err = pcall(task.sleep, 1)
        message = not ok and err
      end })
      task.sleep(100)
    end)
    clock.step(1)
    handle:cancel()
    assert.matches("outside a task", message)
  end)

  it("survives an error in a __close that runs after its cancel", function()
    local log = {}
    local handle = task.spawn(function()
      local _ <close> = closer(log, "outer")
      local _ <close> = setmetatable({}, { __close = function() error "in close" end })
      task.sleep(100)
    end)
    clock.step(1)
    handle:cancel()
    assert.same({ "outer" }, log)
  end)

  it("takes its children with it", function()
    local log = {}
    local parent = task.spawn(function()
      task.spawn(function()
        local _ <close> = closer(log, "child")
        task.spawn(function()
          local _ <close> = closer(log, "grandchild")
          task.sleep(100)
        end)
        task.sleep(100)
      end)
      task.sleep(10)
    end)
    clock.step(5)
    assert.same({}, log)
    clock.step(5)
    assert.is_true(parent:done())
    table.sort(log)
    assert.same({ "child", "grandchild" }, log)
  end)

  it("goes on without its parent when it was started in the background", function()
    local done = false
    task.spawn(function()
      task.background(function()
        task.sleep(10)
        done = true
      end)
    end):join()
    clock.step(10)
    assert.is_true(done)
  end)

  it("cannot wait for itself", function()
    local handle
    handle = task.spawn(function() handle:join() end)
    assert.matches("cannot wait for itself", code_of(function() handle:join() end))
  end)
end)

describe("an event", function()
  before_each(function() clock.freeze(1000) end)
  after_each(function() clock.speed(1) end)

  it("wakes all who wait, and stays set until it is reset", function()
    local event, woken = task.event(), 0
    for _ = 1, 3 do
      task.spawn(function() if event:wait() then woken = woken + 1 end end)
    end
    clock.step(0)
    assert.equal(0, woken)
    event:set()
    clock.step(0)
    assert.equal(3, woken)
    assert.is_true(event:wait(0))
    event:reset()
    local handle = task.spawn(function() return event:wait(5) end)
    clock.step(5)
    assert.is_false(handle:join())
  end)

  it("forgets who was cancelled, and lives while somebody waits", function()
    local event = task.event()
    local handle = task.spawn(function() event:wait() end)
    clock.step(0)
    handle:cancel()
    event:set()
    local waiting = task.spawn(function() return task.event():wait(3) end)
    clock.step(1)
    collectgarbage()
    collectgarbage()
    clock.step(2)
    assert.is_false(waiting:join())
  end)
end)

describe("side by side", function()
  before_each(function() clock.freeze(1000) end)
  after_each(function() clock.speed(1) end)

  it("map keeps the order, and its limit", function()
    local running, most = 0, 0
    local handle = task.spawn(function()
      return task.map({ 5, 4, 3, 2, 1 }, function(item, index)
        running = running + 1
        most = math.max(most, running)
        task.sleep(item)
        running = running - 1
        return item * 10 + index
      end, { limit = 2 })
    end)
    clock.step(20)
    assert.same({ 51, 42, 33, 24, 15 }, { table.unpack(handle:join()) })
    assert.equal(2, most)
    assert.is_true(require "json".is_array(task.map({}, print)))
  end)

  it("map raises the first error and cancels the rest", function()
    local finished = {}
    local handle = task.spawn(function()
      task.map({ 3, 1, 2 }, function(item)
        task.sleep(item)
        if item == 1 then error({ code = "FIRST" }) end
        finished[#finished + 1] = item
      end)
    end):observe()
    clock.step(10)
    assert.equal("FIRST", code_of(handle.join, handle))
    assert.same({}, finished)
  end)

  it("map and all check what they are given", function()
    assert.matches("table expected", code_of(task.map, nil, print))
    assert.matches("function expected", code_of(task.map, {}, 1))
    assert.matches("limit should be", code_of(task.map, { 1 }, print, { limit = 0 }))
  end)

  it("all waits for the slowest", function()
    local handle = task.spawn(function()
      return task.all { function() task.sleep(2) return "a" end, function() task.sleep(1) return "b" end }
    end)
    clock.step(2)
    assert.same({ "a", "b" }, { table.unpack(handle:join()) })
    assert.equal(1002, time.now())
  end)

  it("timeout gives the results in time, and TIMEOUT later; what ran is cancelled", function()
    local log = {}
    local quick = task.spawn(function() return task.timeout(5, function(...) task.sleep(1) return ... end, 1, 2) end)
    local slow = task.spawn(function()
      task.timeout(5, function()
        local _ <close> = closer(log, "closed")
        task.sleep(50)
      end)
    end):observe()
    local failing = task.spawn(function() task.timeout(5, function() error "its own" end) end):observe()
    clock.step(5)
    assert.same({ 1, 2 }, { quick:join() })
    assert.equal("TIMEOUT", code_of(slow.join, slow))
    assert.same({ "closed" }, log)
    assert.matches("its own", code_of(failing.join, failing))
  end)
end)
