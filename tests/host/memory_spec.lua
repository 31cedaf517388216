-- Memory: a script that wants more than it may have is named, however it asks and whatever it catches.
local http = require "http"
local program = require "tests.support.program"
local script_folder = require "tests.support.script_folder"

-- What each does in its handle.
local WAYS = {
  one_string = "return 200, { s = ('x'):rep(1 << 30) }",
  doubling = "local s = 'x' while true do s = s .. s end",
  many_tables = "local t = {} for i = 1, 1e9 do t[i] = { {} } end",
  one_array = "local t = {} for i = 1, 1e9 do t[i] = i end",
  caught = "local ok = pcall(function() local s = 'x' while true do s = s .. s end end) return 200, { ok = ok }",
  concat = "local t = {} for i = 1, 200 do t[i] = ('x'):rep(1 << 20) end return 200, { n = #table.concat(t) }",
  gsub = "return 200, { n = #(('x'):rep(10000):gsub('x', ('y'):rep(100000))) }",
  in_a_task = "require('task').map({ 1, 2 }, function() local s = 'x' while true do s = s .. s end end)",
  giving_way = "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1000) .. i end",
  json = "return 200, { n = #require('json').encode { ('\\\\1'):rep(60 << 20) } }",
}

describe("who wants more memory than there is, is named in log and metrics:", function()
  local folder, running

  setup(function()
    folder = script_folder.new { ["lib/hungry.lua"] = "local s = 'x' while true do s = s .. s end" }
    for name, text in pairs(WAYS) do
      folder:write("endpoints/" .. name .. ".lua", ("return { route = 'GET /%s', handle = function() %s end }"):format(name, text))
    end
    folder:write("background/greedy.lua", "return { every = 3600, run = function() local s = 'x' while true do s = s .. s end end }")
    running = program.start("serve --memory 256 --listen 127.0.0.1:0 --scripts " .. folder.path)
  end)

  teardown(function()
    running:__close()
    folder:close()
  end)

  local function is_named(script, id)
    local line = program.wait_for("the log names " .. script, function()
      for found in running:log():gmatch '[^\n]*a script wanted more memory than it may have[^\n]*' do
        if found:find(('"script":"%s"'):format(script), 1, true) and (not id or found:find(('"requestId":"%s"'):format(id), 1, true)) then
          return found
        end
      end
    end, 10)
    assert.matches('"wantedBytes":"%d+"', line)
    local metrics = http.request { url = running.url .. "/metrics" }.body
    assert.matches(('drsh_memory_refused_total{script="%s"} [1-9]'):format(script), metrics)
  end

  local names = {}
  for name in pairs(WAYS) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    it(name, function()
      local answer = http.request { url = running.url .. "/" .. name, headers = { ["x-request-id"] = "hungry-" .. name }, timeout = 60 }
      assert.equal(name == "caught" and 200 or 500, answer.status)
      is_named("endpoints." .. name, "hungry-" .. name)
    end)
  end

  it("a background script", function() is_named "background.greedy" end)

  it("a script that is loaded", function() is_named "lib.hungry" end)
end)
