local app = require "app"
local json = require "json"
local script_folder = require "tests.support.script_folder"

describe("a sandboxed script", function()
  local folder, endpoints

  local function with(files)
    folder = script_folder.new(files)
    endpoints = app.open(folder.path)
  end

  -- Runs a piece of script and gives what it returns, or the error that its pcall caught.
  local function run(text, files)
    files = files or {}
    files["endpoints/a.lua"] = ([[return { route = "GET /a", handle = function(request)
      local ok, value = pcall(function() %s end)
      if type(value) == "table" then value = value.code or "table" end
      return 200, { ok = ok, value = tostring(value) } end }]]):format(text)
    with(files)
    local status, _, body = endpoints:handle { method = "GET", path = "/a", deadline = 20 }
    folder:close()
    folder = nil
    return json.decode(body), status
  end

  local function value_of(text, files)
    local answer = run(text, files)
    assert.is_true(answer.ok, tostring(answer.value))
    return answer.value
  end

  local function fault_of(text, files)
    local answer = run(text, files)
    assert.is_false(answer.ok, text .. " gave " .. tostring(answer.value))
    return answer.value
  end

  after_each(function()
    if folder then folder:close() end
    folder = nil
  end)

  it("cannot set a global, and is told which", function()
    assert.matches("attempt to set the global 'x'", fault_of "x = 1")
    assert.matches("attempt to set the global 'print'", fault_of "print = 1")
    assert.matches("attempt to set the global 'f'", fault_of "function f() end")
    assert.matches("attempt to set the global 'x'", fault_of "_G.x = 1")
    assert.matches("read%-only", fault_of "rawset(_G, 'x', 1)")
  end)

  it("is told of an unknown global, with a way out", function()
    assert.matches("unknown global 'misspelt'", fault_of "return misspelt")
    assert.matches("unknown global 'coroutine'; use task.spawn", fault_of "return coroutine.create")
    for _, name in ipairs { "io", "os", "debug", "package", "load", "loadfile", "dofile", "collectgarbage", "loadstring" } do
      assert.matches("unknown global '" .. name .. "'", fault_of("return " .. name))
    end
  end)

  it("cannot change libraries or modules", function()
    assert.matches("attempt to change 'string.rep'", fault_of "string.rep = nil")
    assert.matches("attempt to change 'table.x'", fault_of "table.x = 1")
    assert.matches("attempt to change 'json.encode'", fault_of "require('json').encode = nil")
    assert.matches("read%-only", fault_of "rawset(string, 'rep', 1)")
    assert.matches("attempt to change", fault_of "table.insert(string, 1)")
    assert.matches("protected", fault_of "setmetatable(string, {})")
    assert.matches("protected", fault_of "setmetatable(_G, {})")
  end)

  it("sees libraries when it goes through them, and cannot get behind the view", function()
    assert.equal("function", value_of "for k, v in pairs(string) do if k == 'rep' then return type(v) end end")
    assert.equal("nil", value_of "local _, _, t = pairs(string); return type(t)")
    assert.equal("true", value_of "local f, s = pairs(string); return s == nil")
    assert.equal("nil", value_of "return string.dump")
    assert.equal("nil", value_of "return math.randomseed")
    assert.equal("nil", value_of "return require('task').context")
    assert.equal("nil", value_of "return require('task').background")
    assert.equal("nil", value_of "return require('config').set")
  end)

  it("cannot reach the metatables of others", function()
    assert.equal("false", value_of "return getmetatable('')")
    assert.equal("false", value_of "return getmetatable(string)")
    assert.equal("false", value_of "return getmetatable(_G)")
    assert.equal("true", value_of "local m = {}; return getmetatable(setmetatable({}, m)) == m")
    assert.equal("error", value_of "local _, e = pcall(require('json').decode, '{'); return getmetatable(e)")
    assert.equal("false", value_of "return type(getmetatable(require('json').array {})) == 'table'")
  end)

  it("cannot leave a finalizer behind", function()
    assert.matches("cannot have __gc", fault_of "setmetatable({}, { __gc = function() end })")
  end)

  it("keeps nothing from one request to the next", function()
    with {
      ["lib/counter.lua"] = "local n = 0; return { count = function() n = n + 1; return n end }",
      ["endpoints/a.lua"] = [[local counter = require "lib.counter"
        return { route = "GET /a", handle = function() counter.count(); counter.extra = (counter.extra or 0) + 1
          return 200, { n = counter.count(), extra = counter.extra } end }]],
    }
    for _ = 1, 3 do
      local _, _, body = endpoints:handle { method = "GET", path = "/a" }
      assert.same({ n = 2, extra = 1 }, json.decode(body))
    end
  end)

  it("may require what is allowed, and nothing else", function()
    for _, name in ipairs { "json", "crypto", "uuid", "time", "log", "task", "http", "config" } do
      assert.equal("table", value_of(("return type(require %q) == 'table' and 'table'"):format(name)))
    end
    for _, name in ipairs { "sqlite", "clock", "server", "functions", "app", "process", "runtime.sandbox" } do
      assert.matches("is for trusted code only", fault_of(("require %q"):format(name)), name)
    end
    for _, name in ipairs { "io", "os", "string", "nothing", "lib.nothing", "local_aws.main", "lib..x", "lib/x", "" } do
      assert.matches("not found", fault_of(("require %q"):format(name)), name)
    end
    assert.matches("string expected", fault_of "require(1)")
  end)

  it("sees that a policy file is missing", function()
    assert.matches("module 'policies.termination' not found", fault_of "require 'policies.termination'")
    local files = { ["policies/termination.lua"] = "return { n = 7 }" }
    assert.equal("7", value_of("return require 'policies.termination'.n", files))
  end)

  it("is told of modules that require each other", function()
    local message = fault_of("require 'lib.a'", {
      ["lib/a.lua"] = "local b = require 'lib.b'; return {}", ["lib/b.lua"] = "local a = require 'lib.a'; return {}",
    })
    assert.matches("module 'lib.a' requires itself: lib.a %-> lib.b %-> lib.a", message)
  end)

  it("gets its modules once per request, true for one that returns nothing", function()
    assert.equal("true", value_of("return require 'lib.a' == require 'lib.a'", { ["lib/a.lua"] = "return {}" }))
    assert.equal("true", value_of("return require 'lib.a'", { ["lib/a.lua"] = "local x = 1" }))
  end)

  it("cannot wait while it is loaded", function()
    local message = fault_of("require 'lib.a'", { ["lib/a.lua"] = "require 'task'.sleep(0.01); return {}" })
    assert.matches("attempt to wait inside a call that cannot wait", message)
  end)

  it("is not fooled by __len into endless loops in C", function()
    for _, text in ipairs {
      "table.insert(setmetatable({}, { __len = function() return 1 << 40 end }), 1, 1)",
      "table.remove(setmetatable({}, { __len = function() return 1 << 40 end }), 1)",
      "table.concat(setmetatable({}, { __len = function() return 1 << 40 end }))",
      "table.move({}, 1, 1 << 40, 2)",
    } do
      fault_of(text)
    end
  end)

  it("cannot be caught in a pattern that backtracks for ever", function()
    local text = "('a'):rep(30)"
    for _, call in ipairs {
      "string.find(%s, '.-.-.-.-.-.-.-.-b')", "(%s):match('^.-.-.-.-.-.-.-.-b')", "(%s):gsub('.-.-.-.-.-.-.-b', '')",
      "(%s):gmatch('.-.-.-.-.-.-.-b')()",
    } do
      assert.matches("could take too long on a text of 30 bytes", fault_of(call:format(text)))
    end
    assert.equal("nil", value_of "return (('a'):rep(3000)):find('.-.-.-.-b', 1, true)")
    assert.equal("b", value_of "return (('a'):rep(60000) .. ':b'):match '^[^:]*:(.*)$'")
    assert.equal("x y", value_of "return ('  x y '):match '^%s*(.-)%s*$'")
    assert.equal("2", value_of "return select(2, ('a.b.c'):gsub('%.', '/'))")
  end)

  it("can wait in pcall and iterators, and run things side by side", function()
    assert.equal("6", value_of [[
      local task = require "task"
      local sum = 0
      for _, n in ipairs(task.map({ 1, 2, 3 }, function(n) task.sleep(0.001) return n end, { limit = 2 })) do sum = sum + n end
      return sum]])
  end)
end)

describe("a script that runs wild", function()
  local folder

  local function answer_of(text, files, deadline)
    files = files or {}
    files["endpoints/a.lua"] = ([[return { route = "GET /a", handle = function(request) do %s end
      return 200, { survived = true } end }]]):format(text)
    folder = script_folder.new(files)
    local status, _, body = app.open(folder.path, { instructions = 5000000, memory = 64 << 20 })
      :handle { method = "GET", path = "/a", deadline = deadline or 30 }
    folder:close()
    return status, json.decode(body)
  end

  local function assert_stopped(text)
    local status, body = answer_of(text)
    assert.equal(500, status, text)
    assert.equal("SCRIPT_ERROR", body.error)
  end

  it("is stopped, whatever it catches", function()
    assert_stopped "while true do end"
    assert_stopped "while true do pcall(function() while true do end end) end"
    assert_stopped "pcall(pcall, pcall, function() while true do end end) while true do end"
    assert_stopped "while true do xpcall(function() while true do end end, function(e) while true do end end) end"
    assert_stopped "local t <close> = setmetatable({}, { __close = function() while true do end end }) while true do end"
    assert_stopped "while true do pcall(table.sort, { 3, 2, 1 }, function() while true do end end) end"
    assert_stopped "pcall(string.gsub, 'x', 'x', function() while true do end end) while true do end"
    assert_stopped [[local m = setmetatable({}, { __index = function(t, k) return t[k + 1] end })
      while true do pcall(function() return m[1] end) end]]
  end)

  it("is stopped in its children, too", function()
    assert_stopped "require 'task'.map({ 1, 2 }, function() while true do end end)"
    assert_stopped "local task = require 'task'; task.spawn(function() while true do end end); task.sleep(60)"
  end)

  it("may recurse only so deep", function()
    local _, body = answer_of "local function f() return 1 + f() end local ok, m = pcall(f) return 200, { ok = ok, m = m }"
    assert.is_false(body.ok)
    assert.is_true(body.m:find "stack overflow" ~= nil or body.m:find "not enough memory" ~= nil)
  end)

  it("may take only so much memory", function()
    for _, text in ipairs {
      "return ('x'):rep(1 << 40)",
      "local s = 'x' while true do s = s .. s end",
      "local t = {} for i = 1, 1e9 do t[i] = {} end",
      "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1 << 20) .. i end",
    } do
      local guarded = "local ok, m = pcall(function() %s end) return 200, { ok = ok, m = tostring(m) }"
      local status, body = answer_of(guarded:format(text))
      assert.is_true(status == 500 or body.ok == false, text)
      assert.is_true(status == 500 or body.m:find "not enough memory" ~= nil or body.m:find "too large" ~= nil, text)
    end
    collectgarbage()
    collectgarbage()
    assert.is_true(collectgarbage "count" < 200 * 1024)
  end)

  it("at its loading is stopped and reported", function()
    folder = script_folder.new {
      ["endpoints/a.lua"] = "while true do pcall(function() while true do end end) end",
      ["endpoints/b.lua"] = "return { route = 'GET /b', handle = function() return 200, { n = 1 } end }",
    }
    local endpoints = app.open(folder.path)
    assert.equal(200, (endpoints:handle { method = "GET", path = "/b" }))
    local _, _, body = endpoints:handle { method = "GET", path = "/health" }
    assert.matches("BUDGET_EXCEEDED", json.decode(body).scriptFaults[1].message)
    folder:close()
  end)

  it("does not load bytecode", function()
    folder = script_folder.new { ["endpoints/a.lua"] = string.dump(function() return {} end) }
    local _, _, body = app.open(folder.path):handle { method = "GET", path = "/health" }
    assert.matches("attempt to load a binary chunk", json.decode(body).scriptFaults[1].message)
    folder:close()
  end)
end)
