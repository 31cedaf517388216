-- Scripts that are saved while requests come in: no request fails that was not meant to, each is answered by a whole version.
local app = require "app"
local http = require "http"
local json = require "json"
local script_folder = require "tests.support.script_folder"
local task = require "task"

-- Version n of a library and of an endpoint that uses it. Two of three are sound; the broken ones are broken in several ways.
local BROKEN = {
  "return { number = %d, twice = = 2 }", "error 'version %d does not load'", "return { number = %d", "", "local number = nil + %d",
}
local ENDLESS = "local version = %d while true do end" -- takes its time, so only some are so

local function library(n)
  if n % 3 == 0 then return ((n % 99 == 0 and ENDLESS or BROKEN[n // 3 % #BROKEN + 1]):gsub("%%d", n)), true end
  return ("-- %s\nreturn { number = %d, twice = function() return %d * 2 end }"):format(("x"):rep(n % 50), n, n), false
end

local function endpoint(n)
  return ([[local version = require "lib.version"
    local task = require "task"
    return { route = "GET /version", handle = function()
      local number = version.number
      task.sleep(0.001)
      return 200, { endpoint = %d, number = number, twice = version.twice(), again = require "lib.version".number }
    end }]]):format(n)
end

describe("scripts that are saved while they serve", function()
  local folder, endpoints, listener

  local function open(files)
    folder = script_folder.new(files)
    endpoints = app.open(folder.path)
    listener = endpoints:listen { address = "127.0.0.1", port = 0 }
  end

  after_each(function()
    listener.close()
    folder:close()
  end)

  local function get(path)
    local answer = http.request { url = listener.url .. (path or "/version"), timeout = 10 }
    return answer.status, json.decode(answer.body), tonumber(answer.headers["x-drsh-generation"])
  end

  it("a thousand times, one in three broken: each answer comes from a whole version, the last good one", function()
    open { ["lib/version.lua"] = library(1), ["endpoints/version.lua"] = endpoint(1) }
    assert.equal(200, (get()))
    local saving, good, answers, strange = true, 1, 0, {}

    -- Requests side by side, all the while.
    local function load()
      local latest = 0
      while saving do
        local oldest = good -- what was good before the request was sent: the answer must be this or a later one
        local status, body, generation = get()
        answers = answers + 1
        if status ~= 200 or body.twice ~= 2 * body.number or body.again ~= body.number or body.number < oldest
          or body.number % 3 == 0 or generation < latest then
          strange[#strange + 1] = json.encode { status = status, body = body, generation = generation, oldest = oldest }
        end
        latest = generation
      end
    end
    local clients = {}
    for n = 1, 4 do clients[n] = task.spawn(load) end

    for n = 2, 1001 do
      local text, broken = library(n)
      if n % 2 == 0 then
        folder:write("lib/version.lua", text) -- as editors do that rename
      else
        local file = assert(io.open(folder.path .. "/lib/version.lua", "w")) -- as those do that write in place
        file:write(text)
        file:close()
      end
      if n % 10 == 0 then folder:write("endpoints/version.lua", endpoint(n)) end
      -- The next request after the save obeys.
      local status, body = get()
      if not broken then good = n end
      assert.equal(200, status)
      assert.equal(good, body.number, "after version " .. n)
      assert.equal(math.max(1, n // 10 * 10), body.endpoint)
    end
    saving = false
    for _, client in ipairs(clients) do client:join() end
    assert.same({}, strange)
    assert.is_true(answers > 100, "only " .. answers .. " requests came in meanwhile")
  end)

  it("by inotify and by stat alike, in place and by renaming, in new folders too", function()
    for _, how in ipairs { "inotify", "stat" } do
      require "config".set("DRSH_RELOAD", how)
      open { ["endpoints/a.lua"] = "return { route = 'GET /a', handle = function() return 200, { n = 1 } end }" }
      local text = "return { route = 'GET /a', handle = function() return 200, { n = %d } end }"
      assert.equal(1, select(2, get "/a").n)
      assert.equal(how, (endpoints.scripts.watch:mode()))
      folder:write("endpoints/a.lua", text:format(2))
      assert.equal(2, select(2, get "/a").n)
      local file = assert(io.open(folder.path .. "/endpoints/a.lua", "w"))
      file:write((text .. "\n"):format(3))
      file:close()
      assert.equal(3, select(2, get "/a").n)
      os.execute(("mkdir %s/endpoints/more && echo \"return { route = 'GET /b', handle = function() return 200, { n = 4 } end }\""
        .. " > %s/endpoints/more/b.lua"):format(folder.path, folder.path))
      assert.equal(4, select(2, get "/b").n)
      folder:remove "endpoints/more/b.lua"
      assert.equal(404, (get "/b"))
      -- A deployment that puts another folder in the place of the old one.
      os.execute(("cp -r %s %s/new && echo \"%s\" > %s/new/endpoints/a.lua && mv %s %s/old && mv %s/new %s"):format(folder.path,
        folder.root, text:format(5), folder.root, folder.path, folder.root, folder.root, folder.path))
      assert.equal(5, select(2, get "/a").n)
      folder:write("endpoints/a.lua", text:format(6))
      assert.equal(6, select(2, get "/a").n)
      if how == "inotify" then
        listener.close()
        folder:close()
      end
    end
    require "config".set("DRSH_RELOAD", nil)
  end)

  it("are looked at with stat where a symbolic link would hide a change", function()
    open { ["endpoints/a.lua"] = "return { route = 'GET /a', handle = function() return 200, { n = 1 } end }" }
    os.execute(("cd %s && mv endpoints/a.lua ../a1 && sed 's/1/2/' ../a1 > ../a2 && ln -s ../../a1 endpoints/a.lua"):format(folder.path))
    assert.equal(1, select(2, get "/a").n)
    assert.equal("stat", (endpoints.scripts.watch:mode()))
    os.execute(("cd %s && ln -sfn ../../a2 endpoints/a.lua"):format(folder.path))
    assert.equal(2, select(2, get "/a").n)
  end)

  it("are ignored while an editor's own files come and go", function()
    open { ["endpoints/a.lua"] = "return { route = 'GET /a', handle = function() return 200, { n = 1 } end }" }
    local _, _, generation = get "/a"
    os.execute(("cd %s/endpoints && touch 4913 .a.lua.swp a.lua~ && rm 4913 .a.lua.swp a.lua~"):format(folder.path))
    assert.equal(generation, select(3, get "/a"))
  end)

  it("and are broken: file, line, column, the line itself and what to do are in /health", function()
    open { ["endpoints/a.lua"] = "return {\n  route = 'GET /a',\n  handle = function( return 200, {} end,\n}\n" }
    local fault = select(2, get "/health").scriptFaults[1]
    assert.equal("endpoints/a.lua", fault.path)
    assert.equal(3, fault.line)
    assert.equal(22, fault.column)
    assert.equal("  handle = function( return 200, {} end,", fault.text)
    assert.is_string(fault.advice)
    assert.equal("nothing", fault.serving)
    folder:write("endpoints/a.lua", "return { route = 'GET /a', handle = function()\n")
    fault = select(2, get "/health").scriptFaults[1]
    assert.equal(2, fault.line)
    assert.matches("add 'end' for the 'function' of line 1", fault.advice, 1, true)
    folder:write("endpoints/a.lua", "return { route = 'GET /a', handle = function() retrun 204 end }\n")
    assert.matches("a word is misspelt", select(2, get "/health").scriptFaults[1].advice, 1, true)
    folder:write("endpoints/a.lua", "return { route = 'GET /a', handle = function() end }\nend\n")
    assert.matches("an `end` before it is one too many", select(2, get "/health").scriptFaults[1].advice, 1, true)
    folder:write("endpoints/a.lua", "local helper = require 'lib.helper'\nreturn {}")
    folder:write("lib/helper.lua", "local x = 1\nmisspelt()\nreturn {}")
    for _, found in ipairs(select(2, get "/health").scriptFaults) do
      if found.path == "lib/helper.lua" then fault = found end
    end
    assert.equal(2, fault.line)
    assert.equal("misspelt()", fault.text)
    assert.matches("declare misspelt with local", fault.advice, 1, true)
  end)
end)
