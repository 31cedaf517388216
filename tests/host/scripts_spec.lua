local app = require "app"
local json = require "json"
local script_folder = require "tests.support.script_folder"
local task = require "task"

local function answering(word, route)
  return ("return { route = %q, handle = function() return 200, { word = %q } end }"):format(route or "GET /a", word)
end

describe("saved scripts", function()
  local folder, endpoints

  before_each(function()
    folder = script_folder.new { ["endpoints/a.lua"] = answering "one" }
    endpoints = app.open(folder.path)
  end)

  after_each(function() folder:close() end)

  local function get(path)
    local status, headers, body = endpoints:handle { method = "GET", path = path or "/a" }
    return json.decode(body).word or status, tonumber(headers["x-drsh-generation"])
  end

  local function faults()
    local _, _, body = endpoints:handle { method = "GET", path = "/health" }
    return json.decode(body).scriptFaults
  end

  it("are served by the next request, and only then is there a new generation", function()
    assert.same({ "one", 1 }, { get() })
    assert.same({ "one", 1 }, { get() })
    folder:write("endpoints/a.lua", answering "two")
    assert.same({ "two", 2 }, { get() })
    assert.same({ "two", 2 }, { get() })
  end)

  it("appear and vanish", function()
    assert.equal(404, (get "/b"))
    folder:write("endpoints/b.lua", answering("b", "GET /b"))
    assert.equal("b", (get "/b"))
    folder:remove "endpoints/b.lua"
    assert.equal(404, (get "/b"))
    assert.equal("one", (get()))
  end)

  it("that are broken leave the last good version in service, with file and line", function()
    get()
    folder:write("endpoints/a.lua", "return {\n  route = = 1")
    assert.equal("one", (get()))
    assert.matches("scripts/endpoints/a.lua:2:", faults()[1].message)
    assert.equal("the last good version", faults()[1].serving)
    folder:write("endpoints/a.lua", answering "three")
    assert.equal("three", (get()))
    assert.equal(0, #faults())
  end)

  it("that break the contract leave the last good version in service", function()
    for _, case in ipairs {
      { "return 1", "should return a table" },
      { "return { handle = function() end }", "route should be like" },
      { "return { route = 'FETCH /a', handle = function() end }", "route should be like" },
      { "return { route = 'GET a', handle = function() end }", "route should be like" },
      { "return { route = 'GET /{a}b', handle = function() end }", "segment {a}b" },
      { "return { route = 'GET /a' }", "handle is missing" },
      { "return { route = 'GET /a', handle = 1 }", "handle is missing" },
      { "return { route = 'GET /a', handel = print, handle = function() end }", "did you mean 'handle'" },
      { "return { route = 'GET /a', roles = 'admin', handle = function() end }", "roles should be a list" },
      { "return { route = 'GET /a', aws = { 'DescribeJobs' }, handle = function() end }", "aws should hold" },
      { "return { route = 'GET /a', summary = 1, handle = function() end }", "summary should be a string" },
      { "error 'at load'", "at load" },
      { "error { code = 'X', message = 'a table' }", "X: a table" },
      { "require 'lib.missing'", "module 'lib.missing' not found" },
    } do
      get()
      folder:write("endpoints/a.lua", case[1])
      assert.equal("one", (get()), case[1])
      assert.matches(case[2], faults()[1].message, 1, true)
    end
  end)

  it("that nothing good is known of are left out, and the rest is served", function()
    folder:write("endpoints/new.lua", "return { route = 'GET /new' }")
    assert.equal("one", (get()))
    assert.equal(404, (get "/new"))
    assert.equal("nothing", faults()[1].serving)
  end)

  it("that others require are taken back when they break them", function()
    folder:write("lib/word.lua", "return 'good'")
    folder:write("endpoints/a.lua", [[local word = require "lib.word"
      local shout = word:upper()
      return { route = "GET /a", handle = function() return 200, { word = shout } end }]])
    assert.equal("GOOD", (get()))
    folder:write("lib/word.lua", "return 1")
    assert.equal("GOOD", (get()))
    assert.equal("lib/word.lua", faults()[1].path)
    assert.matches("breaks others", faults()[1].message)
    folder:write("lib/word.lua", "return 'better'")
    assert.equal("BETTER", (get()))
    assert.equal(0, #faults())
  end)

  it("that were broken are tried again when another file changes", function()
    get()
    folder:write("endpoints/a.lua", [[local word = require "lib.later".word()
      return { route = "GET /a", handle = function() return 200, { word = word } end }]])
    assert.equal("one", (get()))
    folder:write("lib/later.lua", "return { word = function() return 'late' end }")
    assert.equal("late", (get()))
  end)

  it("with one route: the first by name has it", function()
    folder:write("endpoints/b.lua", answering("second", "GET /a"))
    assert.equal("one", (get()))
    assert.matches("the route GET /a is taken by endpoints.a", faults()[1].message)
  end)

  it("do not change under a request that is under way", function()
    folder:write("lib/word.lua", "return 'old'")
    folder:write("endpoints/a.lua", [[local task = require "task"
      return { route = "GET /a", handle = function(request)
        task.sleep(0.05)
        return 200, { word = require "lib.word" .. request.generation } end }]])
    local slow = task.spawn(get)
    task.sleep(0.02)
    folder:write("lib/word.lua", "return 'new'")
    local other = task.spawn(get)
    assert.same({ "old1", 1 }, { slow:join() })
    assert.same({ "new2", 2 }, { other:join() })
  end)

  it("are looked for in subfolders, but neither hidden ones nor other files", function()
    os.execute("mkdir -p " .. folder.path .. "/lib/deep")
    folder:write("lib/deep/word.lua", "return 'deep'")
    folder:write("lib/.hidden.lua", "= =")
    folder:write("lib/notes.txt", "= =")
    folder:write("endpoints/b.lua", [[return { route = "GET /b", handle = function()
      return 200, { word = require "lib.deep.word" } end }]])
    assert.equal("deep", (get "/b"))
    assert.equal(0, #faults())
  end)
end)

describe("background scripts", function()
  local background = require "runtime.background"
  local clock = require "clock"
  local scripts = require "runtime.scripts"
  local time = require "time"
  local folder, running, seen

  -- What background scripts do is seen by an HTTP server of the test's, for they share nothing else with it.
  local server = require "server"
  local listener

  before_each(function()
    seen = {}
    listener = server.listen { handler = function(request)
      seen[#seen + 1] = request.path .. "@" .. time.now()
      return 200, {}, "{}"
    end }
    clock.freeze(1000)
  end)

  after_each(function()
    if running then running:stop() end
    running = nil
    folder:close()
    listener.close()
    clock.speed(1)
  end)

  local function calling(path, every, more)
    return ([[return { every = %d, run = function() require "http".request { url = "%s%s" } %s end }]])
      :format(every, listener.url, path, more or "")
  end

  it("run again and again on the world's clock, and go on after a failure", function()
    folder = script_folder.new { ["background/a.lua"] = calling("/a", 60, "error 'once more'") }
    running = background.start(scripts.open(folder.path))
    clock.step(130)
    assert.same({ "/a@1000", "/a@1060", "/a@1120" }, seen)
  end)

  it("never run twice at once", function()
    folder = script_folder.new { ["orchestrator/sweep.lua"] = calling("/s", 10, "require 'task'.sleep(25)") }
    running = background.start(scripts.open(folder.path))
    clock.step(80)
    assert.same({ "/s@1000", "/s@1035", "/s@1070" }, seen)
  end)

  it("end when they vanish, and when they are stopped", function()
    folder = script_folder.new { ["background/a.lua"] = calling("/a", 10), ["background/b.lua"] = calling("/b", 10) }
    running = background.start(scripts.open(folder.path))
    clock.step(5)
    assert.equal(2, #seen)
    folder:remove "background/b.lua"
    clock.step(10)
    assert.equal(3, #seen)
    running:stop()
    clock.step(100)
    assert.equal(3, #seen)
  end)
end)
