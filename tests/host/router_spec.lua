local router = require "http.router"

local function routes(...)
  local scripts = {}
  for index, route in ipairs { ... } do
    local method, path = route:match "^(%u+) (.*)$"
    scripts["endpoints.e" .. index] = { kind = "endpoint", method = method, path = path }
  end
  return router.new(scripts)
end

describe("the router", function()
  it("finds routes by whole segments", function()
    local found = routes("GET /executions", "GET /executions/{id}", "POST /executions/{id}/cancel")
    assert.equal("/executions", found:find("GET", "/executions").script.path)
    local route, parameters = found:find("POST", "/executions/12/cancel")
    assert.equal("/executions/{id}/cancel", route.script.path)
    assert.same({ id = "12" }, parameters)
    for _, path in ipairs {
      "", "/", "executions", "/executions/12/cancel/", "/executions//cancel", "/Executions", "/executions/12/cance",
    } do
      assert.is_nil((found:find("POST", path)), path)
    end
  end)

  it("takes the root, and says that a trailing slash is another path", function()
    local found = routes("GET /", "GET /a")
    assert.equal("/", found:find("GET", "/").script.path)
    assert.equal("/a", found:find("GET", "/a").script.path)
    assert.is_nil((found:find("GET", "/a/")))
  end)

  it("decodes a parameter after it has cut the path, and never to a NUL", function()
    local found = routes "GET /a/{x}/b"
    local _, parameters = found:find("GET", "/a/1%2F2%20%C3%A4/b")
    assert.same({ x = "1/2 ä" }, parameters)
    for _, bad in ipairs { "%", "%1", "%zz", "%00", "" } do assert.is_nil((found:find("GET", "/a/" .. bad .. "/b")), bad) end
  end)

  it("goes by what is written out before what is a parameter", function()
    local found = routes("GET /a/{x}", "GET /a/b", "GET /{y}/b")
    assert.equal("/a/b", found:find("GET", "/a/b").script.path)
    assert.equal("/a/{x}", found:find("GET", "/a/c").script.path)
    assert.equal("/{y}/b", found:find("GET", "/c/b").script.path)
  end)

  it("names the methods of a path that is known with others", function()
    local found = routes("POST /a", "GET /a", "GET /b")
    local route, allowed = found:find("DELETE", "/a")
    assert.is_nil(route)
    assert.same({ "GET", "POST" }, allowed)
    assert.is_nil(select(2, found:find("DELETE", "/c")))
  end)

  it("reads queries as forms write them", function()
    assert.same({ a = "1", b = "x y", c = "", ["d="] = "=" }, router.query "a=1&b=x+y&c&d%3D==&&")
    assert.same({ a = "2" }, router.query "a=1&a=2")
    assert.same({}, router.query(nil))
    assert.is_nil(router.query "a=%")
    assert.is_nil(router.query "%zz=1")
  end)
end)
