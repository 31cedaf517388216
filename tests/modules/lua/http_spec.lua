local http = require "http"
local server = require "server"
local task = require "task"

local function failed(code, options)
  local ok, problem = pcall(http.request, options)
  assert.is_false(ok)
  assert.equal(code, type(problem) == "table" and problem.code or problem)
  return problem
end

local function misused(pattern, options)
  local ok, problem = pcall(http.request, options)
  assert.is_false(ok)
  assert.equal("string", type(problem))
  assert.matches(pattern, problem)
end

describe("http.request", function()
  local listener, seen, answer

  before_each(function()
    seen, answer = {}, function() return 200, {}, "" end
    listener = server.listen {
      body_limit = 1 << 22,
      handler = function(request)
        seen[#seen + 1] = request
        return answer(request)
      end,
    }
  end)

  after_each(function() listener:close() end)

  it("sends method, target, headers and body as they are", function()
    local body = "a\0b\255" .. ("x"):rep(100000)
    http.request { method = "PUT", url = listener.url .. "/a%20b/../c?x=%2F&y", body = body,
      headers = { ["X-Text"] = "v", ["x-number"] = 5, ["Content-Type"] = "a/b" } }
    local request = seen[1]
    assert.equal("PUT", request.method)
    assert.equal("/a%20b/../c?x=%2F&y", request.target)
    assert.equal(body, request.body)
    assert.equal("v", request.headers["x-text"])
    assert.equal("5", request.headers["x-number"])
    assert.equal("a/b", request.headers["content-type"])
  end)

  it("is a GET without a body, if nothing else is said", function()
    http.request { url = listener.url }
    assert.equal("GET", seen[1].method)
    assert.equal("", seen[1].body)
  end)

  it("takes any status as an answer, and follows no redirect", function()
    answer = function() return 302, { Location = "/elsewhere" }, "moved" end
    local response = http.request { url = listener.url }
    assert.same({ 302, "/elsewhere", "moved" }, { response.status, response.headers.location, response.body })
    answer = function() return 500, {}, "" end
    assert.equal(500, http.request { url = listener.url }.status)
    assert.equal(2, #seen)
  end)

  it("gives headers in lower case and bodies of any bytes", function()
    answer = function() return 200, { ["X-Thing"] = " a b " }, "\0\255\n" end
    local response = http.request { method = "POST", url = listener.url }
    assert.equal("a b", response.headers["x-thing"])
    assert.equal("\0\255\n", response.body)
    assert.equal("3", response.headers["content-length"])
  end)

  it("gets no body for HEAD", function()
    answer = function() return 200, {}, "body" end
    assert.equal("", http.request { method = "HEAD", url = listener.url }.body)
  end)

  it("waits for many at the same time", function()
    local arrived, all = 0, task.event()
    answer = function(request)
      arrived = arrived + 1
      if arrived == 8 then all:set() end
      all:wait() -- nobody is answered before all are here
      return 200, {}, request.target
    end
    local results = task.map({ 1, 2, 3, 4, 5, 6, 7, 8 }, function(n)
      return http.request { url = listener.url .. "/" .. n }.body
    end)
    assert.equal("/1/2/3/4/5/6/7/8", table.concat(results))
  end)

  it("raises what the transport says, with a code", function()
    failed("HTTP_CONNECT", { url = "http://127.0.0.1:1/" })
    failed("HTTP_URL", { url = "ftp://127.0.0.1/" })
    failed("HTTP_URL", { url = "nonsense" })
    failed("HTTP_REQUEST", { url = listener.url, method = "get" })
    failed("HTTP_REQUEST", { url = listener.url, headers = { a = "x\r\nEvil: 1" } })
    failed("HTTP_REQUEST", { url = listener.url, headers = { ["a b"] = "x" } })
    assert.equal(0, #seen)
    answer = function() return 200, {}, ("x"):rep(1001) end
    failed("HTTP_RESPONSE_TOO_LARGE", { url = listener.url, limit = 1000 })
    assert.equal(1001, #http.request { url = listener.url, limit = 1001 }.body)
  end)

  it("gives up after its timeout", function()
    local never = task.event()
    answer = function()
      never:wait()
      return 200, {}, ""
    end
    assert.matches("^HTTP_TIMEOUT: ", tostring(failed("HTTP_TIMEOUT", { url = listener.url, timeout = 0.05 })))
  end)

  it("names no secret of the URL when it fails", function()
    local problem = failed("HTTP_CONNECT", { url = "http://127.0.0.1:1/path?X-Amz-Signature=secret" })
    assert.is_nil(problem.message:find "secret")
  end)

  it("is cancelled with its task", function()
    local arrived, never = task.event(), task.event()
    answer = function()
      arrived:set()
      never:wait()
      return 200, {}, ""
    end
    local child = task.spawn(function() http.request { url = listener.url } end)
    arrived:wait()
    child:cancel()
    collectgarbage()
    answer = function() return 200, {}, "next" end
    assert.equal("next", http.request { url = listener.url }.body)
  end)

  it("cannot wait in a coroutine of the script", function()
    local ok, problem = coroutine.resume(coroutine.create(function() http.request { url = listener.url } end))
    assert.is_false(ok)
    assert.matches("outside a task", problem)
  end)

  it("refuses misuse before anything is sent", function()
    misused("field 'url' is missing", {})
    misused("unknown field 'x'", { url = listener.url, x = 1 })
    misused("unknown field '1'", { url = listener.url, "x" })
    misused("field 'url' must be a string, not a number", { url = 5 })
    misused("field 'url' holds a zero byte", { url = listener.url .. "\0" })
    misused("field 'body' must be a string, not a table", { url = listener.url, body = {} })
    misused("field 'headers' must be a table, not a string", { url = listener.url, headers = "x" })
    misused("must hold names and strings", { url = listener.url, headers = { "x" } })
    misused("must hold names and strings", { url = listener.url, headers = { a = {} } })
    misused("header 'a' holds a zero byte", { url = listener.url, headers = { a = "\0" } })
    misused("field 'timeout' must be a number", { url = listener.url, timeout = 0 })
    misused("field 'timeout' must be a number", { url = listener.url, timeout = "1" })
    misused("field 'connect_timeout' must be a number", { url = listener.url, connect_timeout = -1 })
    misused("field 'limit' must be a number", { url = listener.url, limit = 0 })
    misused("table expected", nil)
    assert.equal(0, #seen)
  end)
end)

describe("http.open", function()
  local listener, answer

  before_each(function()
    answer = function() return 200, { ["X-A"] = "b" }, "hello" end
    listener = server.listen { body_limit = 1 << 22, handler = function(request) return answer(request) end }
  end)

  after_each(function() listener:close() end)

  it("gives an answer that is read to its end, and then gives nothing", function()
    local response = http.open { url = listener.url }
    assert.same({ 200, "b", "hello" }, { response.status, response.headers["x-a"], response.body:read() })
    assert.is_nil(response.body:read())
    assert.is_nil(response.body:read())
    answer = function() return 204, {}, "" end
    response = http.open { url = listener.url }
    assert.same({ 204 }, { response.status, response.body:read() })
  end)

  it("holds the other side up while nobody reads, and gives all of it in the end", function()
    local text = ("0123456789"):rep(800000)
    answer = function() return 200, {}, text end
    local response, parts = http.open { url = listener.url }, {}
    for _ = 1, 2000 do task.sleep(0) end -- all that may come has come
    for piece in function() return response.body:read() end do
      parts[#parts + 1] = piece
    end
    assert.is_true(#parts[1] > 900 * 1024 and #parts[1] <= 1024 * 1024, #parts[1])
    assert.is_true(text == table.concat(parts))
  end)

  it("can be closed by whoever reads, and by another task", function()
    local gate = task.spawn(function() task.sleep(3600) end)
    answer = function() gate:join() return 200, {}, "late" end
    local reader = task.spawn(function()
      local ok, problem = pcall(http.open, { url = listener.url, timeout = 30 })
      return ok, problem
    end)
    reader:cancel()
    gate:cancel()
    answer = function() return 200, {}, ("x"):rep(3000000) end
    local body = http.open({ url = listener.url }).body
    body:close()
    body:close()
    assert.is_nil(body:read())
    local left
    do
      local scoped <close> = http.open({ url = listener.url }).body
      left = scoped
    end
    assert.is_nil(left:read())
  end)

  it("raises what http.request raises, at the beginning", function()
    local ok, problem = pcall(http.open, { url = "http://127.0.0.1:1" })
    assert.same({ false, "HTTP_CONNECT" }, { ok, problem.code })
    ok, problem = pcall(http.open, { url = listener.url, nonsense = 1 })
    assert.is_false(ok)
    assert.matches("http.open: .*nonsense", problem)
  end)
end)
