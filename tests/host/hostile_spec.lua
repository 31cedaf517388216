-- The gallery: scripts that mean harm, each contained while other requests are served on time. With two workers, as an operator
-- who fears for latency would serve; what one process does with each is in sandbox_spec.lua and app_spec.lua.
local http = require "http"
local json = require "json"
local program = require "tests.support.program"
local script_folder = require "tests.support.script_folder"
local task = require "task"
local time = require "time"

-- What each does in its handle. It must be answered with 500 and nothing of its making.
local FAULTS = {
  endless = "while true do end",
  pcall_loop = "while true do pcall(function() while true do end end) end",
  pattern = "return (('a'):rep(60)):find('.-.-.-.-.-.-.-.-.-b')",
  pattern_loop = "for i = 1, 1e9 do local _ = (('a'):rep(2000)):gsub('a-b', '') end",
  loop_in_c = "for i = 1, 1e9 do local _ = ('x'):rep(50 << 20) end",
  huge_string = "return ('x'):rep(8 << 30)",
  doubling = "local s = 'x' while true do s = s .. s end",
  table_bomb = "local t = {} for i = 1, 1e9 do t[i] = { {}, {} } end",
  recursion = "local function f() return 1 + f() end return f()",
  metatable_recursion = "local t = setmetatable({}, {}); getmetatable(t).__index = function(s, k) return s[k .. 'x'] end; return t.x",
  tasks = "local task = require 'task'; for i = 1, 1e7 do task.spawn(function() task.sleep(100) end) end",
  coroutines = "return coroutine.wrap(function() end)()",
  huge_error = "error(('x'):rep(64 << 20))",
  cyclic_error = "local t = {}; t.t = t; t[t] = t; error(t)",
  error_with_tostring = "error(setmetatable({}, { __tostring = function() while true do end end }))",
  cyclic_answer = "local t = {}; t.t = t; return 200, t",
  wild_answer = "return 200, setmetatable({}, { __index = function() while true do end end, __pairs = function() while true do end end })",
  global = "leak = 1",
  library = "string.rep = nil",
  through_view = "rawset(getmetatable('').__index, 'rep', nil)",
  string_metatable = "getmetatable('').__index = nil",
  shared_metatable = "getmetatable(require('json').array {}).__len = nil",
  finalizer = "setmetatable({}, { __gc = function() while true do end end })",
  undeclared = [[require("aws").client("drs", { region = "us-east-1", endpoint = "http://127.0.0.1:1",
    credentials = { access_key_id = "a", secret_access_key = "b" } }):describe_jobs {}]],
  yield_in_sort = "table.sort({ 3, 1, 2 }, function(a, b) require('task').sleep(0.01) return a < b end)",
  loop_in_close = "local c <close> = setmetatable({}, { __close = function() while true do end end }) error 'x'",
  hidden_socket = "require('http').over_socket('/tmp/x.sock', { url = 'http://localhost/' })",
}

-- What each does when it is loaded: it is not served, /health says why, and nothing else suffers.
local AT_LOAD = {
  loads_for_ever = { "while true do end", "BUDGET_EXCEEDED" },
  calls_at_load = { [[require("aws").client("drs", { region = "us-east-1", endpoint = "http://127.0.0.1:1", max_attempts = 1,
    credentials = { access_key_id = "a", secret_access_key = "b" } }):describe_jobs {}]], "cannot wait" },
  takes_all_at_load = { "local t = {} for i = 1, 1e9 do t[i] = {} end", "not enough memory" },
  bytecode = { string.dump(function() return {} end), "binary chunk" },
}

describe("a hostile script is contained while others are served on time:", function()
  local folder, running

  setup(function()
    folder = script_folder.new {
      ["endpoints/quick.lua"] = [[return { route = "GET /quick", handle = function()
        return 200, { rep = ("ab"):rep(2), n = #require("json").array { 1, 2 }, leak = rawget(_G, "leak") == nil }
      end }]],
    }
    for name, text in pairs(FAULTS) do
      folder:write("endpoints/" .. name .. ".lua", ("return { route = 'GET /%s', handle = function() do %s end\n return 200, { survived = true } end }")
        :format(name, text))
    end
    for name, case in pairs(AT_LOAD) do folder:write("endpoints/" .. name .. ".lua", case[1]) end
    running = program.start("serve --workers 2 --watchdog 60 --listen 127.0.0.1:0 --scripts " .. folder.path,
      "AWS_REGION=us-east-1 DRSH_RUNTIME_DIR=" .. folder.root .. "/run")
  end)

  teardown(function()
    running:__close()
    folder:close()
  end)

  local function get(path)
    local answer = http.request { url = running.url .. path, timeout = 30, headers = { connection = "close" } }
    return answer.status, json.decode(answer.body)
  end

  local names = {}
  for name in pairs(FAULTS) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    it(name, function()
      local under_way, slowest, count = true, 0, 0
      local others = task.spawn(function()
        repeat
          local began = time.monotonic()
          local status, body = get "/quick"
          slowest, count = math.max(slowest, time.monotonic() - began), count + 1
          assert.same({ 200, { rep = "abab", n = 2, leak = true } }, { status, body })
        until not under_way
      end)
      local status, body = get("/" .. name)
      under_way = false
      others:join()
      assert.equal(500, status)
      assert.equal("SCRIPT_ERROR", body.error)
      assert.is_nil(body.survived)
      -- A script may keep the program busy for five seconds, so who waits less has been let in between.
      assert.is_true(count > 0 and slowest < 4, ("the slowest of %d others took %.2f s"):format(count, slowest))
    end)
  end

  it("those that do it when they are loaded", function()
    local _, health = get "/health"
    local said = {}
    for _, fault in ipairs(health.scriptFaults) do said[fault.path] = fault end
    for name, case in pairs(AT_LOAD) do
      local fault = assert(said["endpoints/" .. name .. ".lua"], name)
      assert.matches(case[2], fault.message)
      assert.equal("nothing", fault.serving)
      assert.equal(404, (get("/" .. name)))
    end
  end)

  it("all of them together: no worker was lost", function()
    local text = http.request { url = running.url .. "/metrics" }.body
    assert.matches('drsh_worker_restarts_total{worker="1"} 0\n', text)
    assert.matches('drsh_worker_restarts_total{worker="2"} 0\n', text)
  end)
end)
