local log     = require "log"
local refresh = require "aws.refresh"
local task    = require "task"
local time    = require "time"

-- The wall's clock of these tests stands still until it is stepped.
local now
local warnings

-- A source whose fetches follow the script: a life in seconds, or an error's text. The last step is repeated. -> the source, and
-- how often it fetched.
local function source_of(script, options)
  local fetched = 0
  return refresh.new("test", function()
    fetched = fetched + 1
    task.sleep(0.001)
    local step = script[math.min(fetched, #script)]
    if type(step) == "string" then
      error(step, 0)
    end
    return { expires_at = step and now + step or nil, number = fetched }
  end, options), function() return fetched end
end

local function landed(source)
  while source.flight do
    task.sleep(0.001)
  end
end

describe("keys that are got again", function()
  local warn = log.warn
  before_each(function()
    now, warnings = 1795413600, 0
    refresh.now = function() return now end
    log.warn = function() warnings = warnings + 1 end
  end)
  after_each(function()
    refresh.now, log.warn = time.wall, warn
  end)

  it("are got once for ever when they have no end", function()
    local source, fetched = source_of { false }
    for _ = 1, 3 do
      assert.are.equal(1, source:get().number)
      now = now + 1e9
    end
    assert.are.equal(1, fetched())
  end)

  it("serve until fifteen minutes before their end; then new ones are got behind the requests' back", function()
    local source, fetched = source_of { 3600, 3600 }
    assert.are.equal(1, source:get().number)
    now = now + 2699
    assert.are.equal(1, source:get().number)
    assert.are.equal(1, fetched())
    now = now + 1
    assert.are.equal(1, source:get().number) -- did not wait
    landed(source)
    assert.are.equal(2, source:get().number)
    assert.are.equal(2, fetched())
  end)

  it("are waited for from ten minutes before their end", function()
    local source = source_of { 3600, 3600 }
    source:get()
    now = now + 3001
    assert.are.equal(2, source:get().number)
  end)

  it("are renewed in the last third of a short life", function()
    local source, fetched = source_of { 900, 900 }
    source:get()
    now = now + 599
    source:get()
    assert.are.equal(1, fetched())
    now = now + 2
    assert.are.equal(1, source:get().number)
    landed(source)
    assert.are.equal(2, fetched())
  end)

  it("are got once for twenty requests, at the start and when they end", function()
    local source, fetched = source_of { 3600, 3600 }
    local requests = {}
    for index = 1, 20 do requests[index] = index end
    for expected = 1, 2 do
      local numbers = task.map(requests, function() return source:get().number end)
      for _, number in ipairs(numbers) do assert.are.equal(expected, number) end
      assert.are.equal(expected, fetched())
      now = now + 3100
    end
  end)

  it("serve on when a renewal fails, with a warning, and the next try is a minute later", function()
    local source, fetched = source_of { 3600, "no STS", "no STS", 3600 }
    source:get()
    now = now + 3100 -- all wait now
    assert.are.equal(1, source:get().number)
    assert.are.equal(1, source:get().number)
    assert.are.equal(2, fetched())
    assert.are.equal(1, warnings)
    now = now + 60
    assert.are.equal(1, source:get().number)
    assert.are.equal(3, fetched())
    now = now + 60
    assert.are.equal(4, source:get().number)
  end)

  it("raise when they have ended and none can be got", function()
    local source, fetched = source_of { 3600, "no STS", 3600 }
    source:get()
    now = now + 3600
    assert.are.equal("no STS", select(2, pcall(source.get, source)))
    assert.are.equal(3, source:get().number) -- nothing to go on with: no pause
    assert.are.equal(3, fetched())
  end)

  it("raise to all who wait when there is nothing to serve with", function()
    local source, fetched = source_of { "no STS" }
    local outcomes = task.map({ 1, 2, 3 }, function()
      return select(2, pcall(source.get, source))
    end)
    assert.are.same({ "no STS", "no STS", "no STS" }, { outcomes[1], outcomes[2], outcomes[3] })
    assert.are.equal(1, fetched())
  end)

  it("serve beyond their end where they are lasting", function()
    local source = source_of({ 3600, "no service" }, { lasting = true })
    source:get()
    now = now + 7200
    assert.are.equal(1, source:get().number)
  end)

  it("are asked of a person in the last minute only", function()
    local source, fetched = source_of({ 3600, 3600 }, { late = true })
    source:get()
    now = now + 3539
    assert.are.equal(1, source:get().number)
    assert.are.equal(1, fetched())
    now = now + 1
    assert.are.equal(2, source:get().number)
  end)

  it("are refused when they have ended already", function()
    local source = source_of { -5 }
    local _, problem = pcall(source.get, source)
    assert.are.equal("CREDENTIALS_EXPIRED", problem.code)
  end)

  it("are got to the end although the request that wanted them is cancelled", function()
    local hold = task.event()
    local fetched = 0
    local source = refresh.new("test", function()
      fetched = fetched + 1
      hold:wait()
      return { expires_at = now + 3600, number = fetched }
    end)
    local first = task.spawn(function() source:get() end):observe()
    local second = task.spawn(function() return source:get() end)
    while fetched == 0 do
      task.sleep(0.001)
    end
    first:cancel()
    hold:set()
    assert.are.equal(1, second:join().number)
    assert.are.equal(1, fetched)
  end)

  it("are shared by key, and dropped when they are dead and another one comes", function()
    refresh.forget()
    local function fetch() return { expires_at = now + 60 } end
    local one = refresh.shared("a", "a", fetch)
    assert.are.equal(one, refresh.shared("a", "a", fetch))
    one:get()
    now = now + 61
    refresh.shared("b", "b", fetch)
    assert.are_not.equal(one, refresh.shared("a", "a", fetch))
    refresh.forget()
  end)
end)
