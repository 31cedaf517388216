local app = require "app"
local json = require "json"
local script_folder = require "tests.support.script_folder"
local task = require "task"

-- An endpoint whose handle has this body.
local function endpoint(route, body, extra)
  return ("return { route = %q, %s handle = function(request)\n%s\nend }"):format(route, extra or "", body)
end

describe("the endpoints", function()
  local folder, endpoints

  local function with(files)
    folder = script_folder.new(files)
    endpoints = app.open(folder.path)
  end

  after_each(function()
    if folder then folder:close() end
    folder = nil
  end)

  local function call(method, path, body, more)
    local request = { method = method, path = path, body = body }
    for name, value in pairs(more or {}) do request[name] = value end
    local status, headers, text = endpoints:handle(request)
    return status, text ~= "" and json.decode(text) or nil, headers
  end

  it("answer what handle returns, with ids and the generation in headers", function()
    with { ["endpoints/a.lua"] = endpoint("GET /a", "return 201, { id = request.id }, { Location = '/b' }") }
    local status, body, headers = call("GET", "/a", nil, { headers = { ["X-Request-Id"] = "abc-1" } })
    assert.equal(201, status)
    assert.equal("abc-1", body.id)
    assert.equal("abc-1", headers["x-request-id"])
    assert.equal("1", headers["x-drsh-generation"])
    assert.equal("/b", headers.location)
    assert.equal("application/json", headers["content-type"])
    headers = select(3, call("GET", "/a", nil, { headers = { ["x-request-id"] = "not sane\n" } }))
    assert.matches("^%x+%-%x+%-4", headers["x-request-id"])
  end)

  it("give scripts the request as the contract says", function()
    with { ["endpoints/a.lua"] = endpoint("POST /a/{id}/{part}", [[
      return 200, { path = request.path, query = request.query, body = request.body, caller = request.caller,
        header = request.headers["x-some"], method = request.method, route = request.route, generation = request.generation }]]) }
    local status, body = call("POST", "/a/x%2Fy/z?q=1+2&e=%20&empty", '{"n":9007199254740993,"list":[]}',
      { headers = { ["X-Some"] = "v" }, caller = { name = "ann", roles = json.array { "admin" } } })
    assert.equal(200, status)
    assert.same({ id = "x/y", part = "z" }, { id = body.path.id, part = body.path.part })
    assert.equal("1 2", body.query.q)
    assert.equal(" ", body.query.e)
    assert.equal("", body.query.empty)
    assert.equal(9007199254740993, body.body.n)
    assert.is_true(json.is_array(body.body.list))
    assert.equal("ann", body.caller.name)
    assert.equal("v", body.header)
    assert.equal("POST", body.method)
    assert.equal("POST /a/{id}/{part}", body.route)
    assert.equal(1, body.generation)
  end)

  it("match routes by whole segments, written ones before parameters", function()
    with {
      ["endpoints/a.lua"] = endpoint("GET /e/{id}", "return 200, { who = 'id' }"),
      ["endpoints/b.lua"] = endpoint("GET /e/fixed", "return 200, { who = 'fixed' }"),
      ["endpoints/c.lua"] = endpoint("GET /e/{id}/status", "return 200, { who = 'status' }"),
      ["endpoints/d.lua"] = endpoint("POST /e/{id}", "return 200, { who = 'post' }"),
    }
    assert.equal("id", select(2, call("GET", "/e/1")).who)
    assert.equal("fixed", select(2, call("GET", "/e/fixed")).who)
    assert.equal("status", select(2, call("GET", "/e/1/status")).who)
    assert.equal("id", select(2, call("GET", "/e/status-of-1")).who)
    for _, path in ipairs { "/", "/e", "/e//status", "/e/1/status/more", "/E/1", "/e/%zz", "/e/%00" } do
      local status, body = call("GET", path)
      assert.equal(404, status, path)
      assert.equal("NOT_FOUND", body.error)
      assert.is_string(body.requestId)
    end
    local status, body, headers = call("DELETE", "/e/1")
    assert.equal(405, status)
    assert.equal("METHOD_NOT_ALLOWED", body.error)
    assert.equal("GET, POST", headers.allow)
  end)

  it("refuse bodies that are no JSON object, with the place", function()
    with { ["endpoints/a.lua"] = endpoint("POST /a", "return 200, { n = 1 }") }
    local status, body = call("POST", "/a", '{"a":1,\n "b":}')
    assert.equal(400, status)
    assert.equal("INVALID_JSON", body.error)
    assert.equal(2, body.line)
    assert.equal("integer", math.type(body.column))
    for _, text in ipairs { "[]", "1", '"x"', "null", "true" } do
      status, body = call("POST", "/a", text)
      assert.equal(400, status, text)
      assert.equal("INVALID_JSON", body.error)
    end
    assert.equal(200, (call("POST", "/a", "")))
    assert.equal(200, (call("POST", "/a", "{}")))
    status, body = call("POST", "/a", '{"a":"' .. ("x"):rep(70000) .. '"}')
    assert.equal(413, status)
    assert.equal("BODY_TOO_LARGE", body.error)
    status, body = call("POST", "/a?x=%zz")
    assert.equal(400, status)
    assert.equal("INVALID_QUERY", body.error)
  end)

  it("answer a raised table with a status as it says", function()
    with { ["endpoints/a.lua"] = endpoint("GET /a", [[
      error(setmetatable({ status = 409, error = "BUSY", message = "it is", conflicts = { 1, 2 } },
        { __tostring = function() return "x" end }))]]) }
    local status, body = call("GET", "/a")
    assert.equal(409, status)
    assert.equal("BUSY", body.error)
    assert.equal("it is", body.message)
    assert.same({ 1, 2 }, { table.unpack(body.conflicts) })
    assert.is_string(body.requestId)
    assert.is_nil(body.status)
  end)

  it("tell of a script's fault only the request id", function()
    local faults = {
      "local x = nil; return x.y", "error 'secret'", "error { secret = 1 }", "error(nil)", "error(true)",
      "local t = {}; t.t = t; error(t)", "error(('x'):rep(1000000))",
      "error(setmetatable({}, { __tostring = function() error 'in tostring' end }))",
      "error(setmetatable({}, { __index = function() while true do end end, __name = 'x' }))",
      "error { status = 409, error = 'X', message = function() end }",
      "error { status = 200.5, error = 'X' }", "error { status = 99, error = 'X' }",
      "return", "return 200", "return '200', {}", "return 99, {}", "return 200, 'text'", "return 200, { {} }",
      "return 200, { f = print }", "local t = {}; t.t = t; return 200, t", "return 200, { n = 0/0 }",
      "return 200, { n = 1 }, { ['x'] = {} }", "return 200, { n = 1 }, 'headers'",
    }
    local files = {}
    for index, text in ipairs(faults) do files["endpoints/f" .. index .. ".lua"] = endpoint("GET /" .. index, text) end
    with(files)
    for index, text in ipairs(faults) do
      local status, body = call("GET", "/" .. index)
      assert.equal(500, status, text)
      assert.equal("SCRIPT_ERROR", body.error, text)
      assert.is_nil(json.encode(body):find "secret", text)
      assert.is_string(body.requestId)
    end
  end)

  it("give way to other requests while a script computes, and let it end", function()
    with {
      ["endpoints/long.lua"] = endpoint("GET /long", "local n = 0; for i = 1, 2e7 do n = n + 1 end; return 200, { n = n }"),
      ["endpoints/short.lua"] = endpoint("GET /short", "return 204"),
    }
    local others, long = 0, task.spawn(function() return select(2, call("GET", "/long")) end)
    task.sleep(0) -- it has begun
    while not long:done() do
      assert.equal(204, (call("GET", "/short")))
      others = others + 1
    end
    assert.equal(20000000, long:join().n)
    assert.is_true(others > 3, others .. " others were answered meanwhile")
  end)

  it("count what a script takes on, although it gives way", function()
    with { ["endpoints/a.lua"] = endpoint("GET /a", "local t = {}; for i = 1, 1e9 do t[i] = {} end") }
    local gave_way = 0
    local a = task.spawn(function() return (call("GET", "/a")) end)
    while not a:done() do
      task.sleep(0)
      gave_way = gave_way + 1
    end
    assert.equal(500, a:join())
    assert.is_true(gave_way > 3)
    assert.is_true(collectgarbage "count" < 400 * 1024)
  end)

  it("stop a request at its deadline", function()
    with {
      ["endpoints/a.lua"] = endpoint("GET /waits", "require 'task'.sleep(60)"),
      ["endpoints/b.lua"] = endpoint("GET /spins", "while true do pcall(function() while true do end end) end"),
    }
    local status, body = call("GET", "/waits", nil, { deadline = 0.05 })
    assert.equal(504, status)
    assert.equal("DEADLINE_EXCEEDED", body.error)
    status, body = call("GET", "/spins", nil, { deadline = 0.05 })
    assert.equal(504, status)
    assert.equal("DEADLINE_EXCEEDED", body.error)
  end)

  it("ask for one of the script's roles where there is no access policy", function()
    with { ["endpoints/a.lua"] = endpoint("GET /a", "return 200, { n = 1 }", "roles = { 'operator', 'admin' },") }
    assert.equal(200, (call("GET", "/a", nil, { caller = { name = "a", roles = { "admin" } } })))
    local status, body = call("GET", "/a", nil, { caller = { name = "a", roles = { "viewer" } } })
    assert.equal(403, status)
    assert.equal("ACCESS_DENIED", body.error)
    assert.matches("operator, admin", body.message)
  end)

  it("ask the access policy, and take its failure as a no", function()
    with {
      ["endpoints/a.lua"] = endpoint("GET /a", "return 200, { n = 1 }", "roles = { 'operator' },"),
      ["policies/access.lua"] = [[return { may_call = function(caller, route, roles)
        if caller.name == "broken" then error "policy bug" end
        if caller.name == "silent" then return end
        if caller.name == "odd" then return "perhaps" end
        if caller.name == "ann" then return "allow" end
        return "deny", "not " .. caller.name .. " on " .. route .. " for " .. roles[1]
      end }]],
    }
    local function as(name) return call("GET", "/a", nil, { caller = { name = name, roles = {} } }) end
    assert.equal(200, (as "ann"))
    local status, body = as "bob"
    assert.equal(403, status)
    assert.equal("not bob on GET /a for operator", body.message)
    for _, name in ipairs { "broken", "silent", "odd" } do
      status, body = as(name)
      assert.equal(403, status, name)
      assert.equal("ACCESS_DENIED", body.error)
    end
    assert.matches("policy bug", select(2, as "broken").message)
  end)

  it("say no when the access policy cannot be loaded", function()
    with {
      ["endpoints/a.lua"] = endpoint("GET /a", "return 200, { n = 1 }"),
      ["policies/access.lua"] = "return {",
    }
    local status, body = call("GET", "/a")
    assert.equal(403, status)
    assert.matches("access.lua:1", body.message)
  end)

  it("know callers and roles by the headers of an authenticating proxy, where it is named", function()
    local config = require "config"
    finally(function()
      config.set("DRSH_CALLER_HEADER", nil)
      config.set("DRSH_ROLES_HEADER", nil)
    end)
    with { ["endpoints/a.lua"] = endpoint("GET /a", "return 200, { caller = request.caller }", "roles = { 'operator' },") }
    config.set("DRSH_CALLER_HEADER", "X-Forwarded-User")
    config.set("DRSH_ROLES_HEADER", "X-Forwarded-Groups")
    local status, body = call("GET", "/a", nil, { headers = { ["x-forwarded-user"] = "olga", ["X-Forwarded-Groups"] = "viewer, operator" } })
    assert.equal(200, status)
    assert.same({ name = "olga", roles = { "viewer", "operator" } }, body.caller)
    assert.equal(403, (call("GET", "/a")))
  end)

  it("report their health", function()
    with { ["endpoints/a.lua"] = endpoint("GET /a", "return 200, { n = 1 }"), ["lib/bad.lua"] = "local x = = 1" }
    local status, body = call("GET", "/health")
    assert.equal(200, status)
    assert.equal("degraded", body.status)
    assert.equal(1, body.generation)
    assert.equal("lib/bad.lua", body.scriptFaults[1].path)
    assert.matches("scripts/lib/bad.lua:1:", body.scriptFaults[1].message)
    assert.equal(405, (call("POST", "/health")))
    folder:remove "lib/bad.lua"
    assert.equal("ok", select(2, call("GET", "/health")).status)
  end)

  it("refuse AWS actions that a script has not declared, and in a dry run send none that writes", function()
    local try = [[
      local ok, err = pcall(function() return require "aws".client("drs", { region = "us-east-1", max_attempts = 1,
        endpoint = "http://127.0.0.1:1", credentials = { access_key_id = "a", secret_access_key = "b" } }):%s end)
      return 200, { code = type(err) == "table" and err.code or tostring(err) }]]
    with {
      ["endpoints/a.lua"] = endpoint("POST /a", try:format "describe_jobs {}"),
      ["endpoints/b.lua"] = endpoint("POST /b",
        try:format "terminate_recovery_instances { recoveryInstanceIDs = { 'i-0123456789abcdef0' } }", "aws = { 'drs:TerminateRecoveryInstances' },"),
    }
    assert.equal("ACTION_NOT_DECLARED", select(2, call("POST", "/a")).code)
    assert.not_equal("ACTION_NOT_DECLARED", select(2, call("POST", "/b")).code)
    for _, dry in ipairs { { "{}", { dry_run = true } }, { '{"dryRun":true}' } } do
      local status, body = call("POST", "/b", dry[1], dry[2])
      assert.equal(200, status)
      assert.is_true(body.dryRun)
      assert.same({ { service = "drs", operation = "TerminateRecoveryInstances", region = "us-east-1",
        parameters = { recoveryInstanceIDs = { "i-0123456789abcdef0" } } } }, body.writes)
    end
    assert.equal("ACTION_NOT_DECLARED", select(2, call("POST", "/a", '{"dryRun":true}')).code)
    assert.equal(400, (call("POST", "/b", '{"dryRun":"yes"}')))
  end)
end)
