local clock = require "clock"
local http = require "http"
local server = require "server"
local task = require "task"

describe("a server", function()
  local listener

  local function serve(handler, more)
    local options = { handler = handler }
    for name, value in pairs(more or {}) do options[name] = value end
    listener = server.listen(options)
    return listener.url
  end

  local function get(url, more)
    local request = { url = url, timeout = 5 }
    for name, value in pairs(more or {}) do request[name] = value end
    return http.request(request)
  end

  local function code_of(fn, ...)
    local ok, err = pcall(fn, ...)
    assert.is_false(ok)
    return type(err) == "table" and err.code or err
  end

  after_each(function()
    if listener then listener.close() end
    listener = nil
  end)

  it("gives the handler the request as it came, and the client what it returns", function()
    local seen
    local url = serve(function(request)
      seen = request
      return 202, { ["X-A"] = "b", ["content-type"] = "text/plain" }, "body\0bytes"
    end)
    local answer = get(url .. "/a%2Fb//c?x=1&y=%20", { method = "PUT", body = "in\0out", headers = { ["X-Two"] = "2" } })
    assert.equal(202, answer.status)
    assert.equal("body\0bytes", answer.body)
    assert.equal("b", answer.headers["x-a"])
    assert.equal("text/plain", answer.headers["content-type"])
    assert.equal("PUT", seen.method)
    assert.equal("/a%2Fb//c?x=1&y=%20", seen.target)
    assert.equal("/a%2Fb//c", seen.path)
    assert.equal("x=1&y=%20", seen.query_string)
    assert.equal("in\0out", seen.body)
    assert.equal("2", seen.headers["x-two"])
    assert.equal("127.0.0.1", seen.remote)
    assert.matches("^%x+%-%x+%-4%x+%-[89ab]%x+%-%x+$", seen.id)
  end)

  it("keeps a sane request id and replaces any other", function()
    local url = serve(function(request) return 200, {}, request.id end)
    assert.equal("a.b:c_d-1", get(url, { headers = { ["x-request-id"] = "a.b:c_d-1" } }).body)
    for _, id in ipairs { "with space", ("x"):rep(200), "a\"b" } do
      assert.matches("^%x+%-%x+%-4", get(url, { headers = { ["x-request-id"] = id } }).body)
    end
  end)

  it("takes all methods", function()
    local url = serve(function(request) return 200, { ["x-method"] = request.method }, "body" end)
    for _, method in ipairs { "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "HEAD" } do
      local answer = get(url, { method = method })
      assert.equal(method, answer.headers["x-method"])
      assert.equal(method == "HEAD" and "" or "body", answer.body)
    end
  end)

  it("answers many requests side by side", function()
    local url = serve(function(request)
      task.sleep(0.05)
      return 200, {}, request.path
    end)
    local paths = {}
    for index = 1, 50 do paths[index] = "/" .. index end
    local answers = task.map(paths, function(path) return get(url .. path).body end)
    for index, path in ipairs(paths) do assert.equal(path, answers[index]) end
  end)

  it("answers 500 for a handler that fails or returns no answer", function()
    local returns = {
      ["/error"] = function() error "boo" end,
      ["/table"] = function() error { secret = 1 } end,
      ["/nothing"] = function() end,
      ["/status"] = function() return "x", {}, "" end,
      ["/range"] = function() return 1000, {}, "" end,
      ["/body"] = function() return 200, {}, {} end,
      ["/header"] = function() return 200, { ["x-a"] = "a\r\nset-cookie: b" }, "" end,
      ["/name"] = function() return 200, { ["x a"] = "a" }, "" end,
    }
    local url = serve(function(request) return returns[request.path]() end)
    for path in pairs(returns) do
      local answer = get(url .. path)
      assert.equal(500, answer.status, path)
      assert.matches('"error":"SCRIPT_ERROR"', answer.body)
      assert.is_nil(answer.headers["set-cookie"])
    end
  end)

  it("refuses a body beyond its limit with JSON", function()
    local url = serve(function(request) return 200, {}, tostring(#request.body) end, { body_limit = 1000 })
    assert.equal("1000", get(url, { method = "POST", body = ("x"):rep(1000) }).body)
    for _, size in ipairs { 1001, 1000000 } do
      local answer = get(url, { method = "POST", body = ("x"):rep(size) })
      assert.equal(413, answer.status)
      assert.matches('"error":"BODY_TOO_LARGE"', answer.body)
    end
  end)

  it("can drop a connection and cut an answer short, for tests of clients", function()
    local url = serve(function(request)
      if request.path == "/drop" then return 0 end
      return 200, { ["content-length"] = "1000" }, "short"
    end)
    assert.matches("^HTTP_", code_of(get, url .. "/drop"))
    assert.equal("HTTP_TRUNCATED", code_of(get, url .. "/cut"))
  end)

  it("cancels the task of a client that has gone", function()
    local closed = task.event()
    local went_on = false
    local url = serve(function()
      local _ <close> = setmetatable({}, { __close = function() closed:set() end })
      task.sleep(30)
      went_on = true
      return 200, {}, ""
    end)
    assert.equal("HTTP_TIMEOUT", code_of(get, url, { timeout = 0.1 }))
    assert.is_true(closed:wait(5))
    assert.is_false(went_on)
    assert.equal(0, listener:active())
  end)

  it("cancels what is under way when it is closed", function()
    local began, closed = task.event(), false
    local url = serve(function()
      local _ <close> = setmetatable({}, { __close = function() closed = true end })
      began:set()
      task.sleep(30)
    end)
    local client = task.spawn(get, url):observe()
    began:wait(5)
    assert.equal(1, listener:active())
    listener:close()
    assert.is_true(closed)
    assert.matches("^HTTP_", code_of(client.join, client))
    assert.matches("^HTTP_", code_of(get, url))
    listener:close()
  end)

  it("can be closed by its own handler", function()
    local url = serve(function()
      listener:close()
      task.sleep(1)
      return 200, {}, ""
    end)
    assert.matches("^HTTP_", code_of(get, url))
  end)

  it("answers what is under way while it drains, and takes nothing new", function()
    local began = task.event()
    local url = serve(function()
      began:set()
      task.sleep(0.1)
      return 200, {}, "done"
    end)
    local client = task.spawn(get, url)
    began:wait(5)
    listener:drain()
    local answer = client:join()
    assert.equal("done", answer.body)
    assert.equal("close", answer.headers.connection)
    assert.matches("^HTTP_", code_of(get, url))
  end)

  it("says why it cannot listen", function()
    serve(print)
    local _, err = pcall(server.listen, { handler = print, port = listener.port })
    assert.equal("LISTEN", err.code)
    assert.matches("in use", err.message)
    _, err = pcall(server.listen, { handler = print, address = "localhost" })
    assert.matches("no numeric", err.message)
    _, err = pcall(server.listen, { handler = print, port = 70000 })
    assert.matches("outside 0%-65535", err.message)
    assert.matches("handler is missing", code_of(server.listen, {}))
    assert.matches("unknown option 'prot'", code_of(server.listen, { handler = print, prot = 1 }))
    assert.matches("port should be a number", code_of(server.listen, { handler = print, port = "x" }))
  end)

  it("listens on IPv6", function()
    serve(function() return 200, {}, "six" end, { address = "::1" })
    assert.matches("^http://%[::1%]:%d+$", listener.url)
    assert.equal("six", get(listener.url).body)
  end)

  it("that waits on the world's clock does not keep it from being stepped", function()
    clock.freeze(1000)
    local url = serve(function()
      task.sleep(60)
      return 200, {}, "later"
    end)
    local client = task.spawn(get, url)
    clock.step(60)
    assert.equal("later", client:join().body)
    clock.speed(1)
  end)

  it("is closed with the block that holds it", function()
    local url
    do
      local short <close> = server.listen { handler = function() return 200, {}, "" end }
      url = short.url
      assert.equal(200, get(url).status)
    end
    assert.equal("HTTP_CONNECT", code_of(get, url))
  end)
end)
