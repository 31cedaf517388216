-- The traits of the REST protocols that our own models do not use: a made-up service that has them all.

local aws_server   = require "tests.support.aws_server"
local crypto       = require "crypto"
local json         = require "json"
local model_folder = require "tests.support.model_folder"

local SHAPES = {
  Text = "string", Count = "integer", Flag = "boolean", Bytes = "blob", Time = "timestamp", Real = "double",
  Texts = { type = "list", member = { shape = "Text" } },
  Flat = { type = "list", flattened = true, member = { shape = "Text", locationName = "Word" } },
  Named = { type = "list", member = { shape = "Text", locationName = "item" } },
  Map = { type = "map", key = { shape = "Text" }, value = { shape = "Text" } },
  FlatMap = { type = "map", flattened = true, key = { shape = "Text", locationName = "K" }, value = { shape = "Text", locationName = "V" } },
  ListMap = { type = "map", key = { shape = "Text" }, value = { shape = "Texts" } },
}

local function with(more)
  local shapes = {}
  for name, shape in pairs(SHAPES) do
    shapes[name] = shape
  end
  for name, shape in pairs(more) do
    shapes[name] = shape
  end
  return shapes
end

-- Makes one call of the operation and gives what was sent and what was made of the answer.
local function speak(protocol, operation, shapes, input, answer)
  local request, output
  operation.input, operation.output = { shape = "In", locationName = operation.root }, { shape = "Out" }
  operation.root = nil
  shapes.Out = shapes.Out or { type = "structure", members = json.object {} }
  local model = model_folder.speak({ protocol = protocol }, operation, with(shapes))
  model_folder.with({ ["parrot/2020-01-01/service-2.json"] = model }, function()
    local listener, requests = aws_server.start { answer or { 200, {}, protocol == "rest-xml" and "<Out/>" or "{}" } }
    local client = aws_server.client("parrot", listener, { max_attempts = 1 })
    output = client:speak(input)
    request = requests[1]
    listener.close()
  end)
  return request, output
end

local function get(uri)
  return { http = { method = "GET", requestUri = uri } }
end

describe("a REST request", function()
  it("has labels in the path: greedy ones keep their slashes", function()
    local request = speak("rest-json", get "/a/{Key+}/b/{Id}?fixed&also=1", { In = { type = "structure", members = {
      Key = { shape = "Text", location = "uri", locationName = "Key" }, Id = { shape = "Text", location = "uri", locationName = "Id" },
    } } }, { Key = "x/y z", Id = "1/2" })
    assert.are.equal("/a/x/y%20z/b/1%2F2?fixed&also=1", request.target)
    assert.are.equal("", request.body)
  end)

  it("has query parameters from scalars, lists, maps and maps of lists", function()
    local function at(name, shape) return { shape = shape, location = "querystring", locationName = name } end
    local request = speak("rest-json", get "/", { In = { type = "structure", members = {
      a = at("a", "Texts"), b = at("b", "Flag"), c = at("c", "Time"), m = at("m", "Map"), l = at("l", "ListMap"), r = at("r", "Real"),
    } } }, { a = { "1", "2" }, b = false, c = 1670440538, m = { k = "v w" }, l = { x = { "p", "q" } }, r = 1.5 })
    assert.are.equal("/?a=1&a=2&b=false&c=2022-12-07T19%3A15%3A38Z&k=v%20w&r=1.5&x=p&x=q", request.target)
  end)

  it("has headers: times, lists, JSON values, and a map under a prefix", function()
    local function at(name, shape, more)
      local reference = { shape = shape, location = "header", locationName = name }
      for key, value in pairs(more or {}) do reference[key] = value end
      return reference
    end
    local request = speak("rest-json", get "/", { In = { type = "structure", members = {
      time = at("X-Time", "Time"), stamp = at("X-Stamp", "Time", { timestampFormat = "unixTimestamp" }),
      list = at("X-List", "Texts"), value = at("X-Value", "Text", { jsonvalue = true }), bytes = at("X-Bytes", "Bytes"),
      meta = { shape = "Map", location = "headers", locationName = "X-Meta-" },
    } } }, { time = 1670440538, stamp = 1670440538, list = { "a", "b,c" }, value = { list = { 1, "x" } }, bytes = "\0\1",
      meta = { Color = "red" } })
    assert.are.equal("Wed, 07 Dec 2022 19:15:38 GMT", request.headers["x-time"])
    assert.are.equal("1670440538", request.headers["x-stamp"])
    assert.are.equal('a,"b,c"', request.headers["x-list"])
    assert.are.equal('{"list":[1,"x"]}', crypto.base64_decode(request.headers["x-value"]))
    assert.are.equal("AAE=", request.headers["x-bytes"])
    assert.are.equal("red", request.headers["x-meta-color"])
  end)

  it("has a payload of bytes, of a structure, or none", function()
    local post = { http = { method = "POST", requestUri = "/" } }
    local request = speak("rest-json", post, { In = { type = "structure", payload = "body", members = { body = { shape = "Bytes" } } } }, { body = "\0raw" })
    assert.are.equal("\0raw", request.body)
    assert.are.equal("application/octet-stream", request.headers["content-type"])
    post = { http = { method = "POST", requestUri = "/" } }
    request = speak("rest-json", post, { In = { type = "structure", payload = "body", members = { body = { shape = "Map" } } } }, { body = { a = "b" } })
    assert.are.equal('{"a":"b"}', request.body)
  end)

  it("in XML has attributes, namespaces, flattened lists and maps", function()
    local request = speak("rest-xml", { http = { method = "PUT", requestUri = "/" }, root = "Say" }, {
      In = { type = "structure", members = {
        Lang = { shape = "Text", xmlAttribute = true, locationName = "xml:lang" }, Words = { shape = "Flat" }, Names = { shape = "Named" },
        Plain = { shape = "Texts" }, Map = { shape = "Map" }, Flat = { shape = "FlatMap" }, At = { shape = "Time" }, Data = { shape = "Bytes" },
        Inner = { shape = "Inner", xmlNamespace = { uri = "http://i", prefix = "i" } },
      } },
      Inner = { type = "structure", members = { Ok = { shape = "Flag" } } },
    }, { Lang = "en", Words = { "a&b", "c" }, Names = { "n" }, Plain = { "p" }, Map = { k = "v" }, Flat = { x = "y" }, At = 0,
      Data = "hi", Inner = { Ok = true } })
    assert.are.equal('<Say xml:lang="en"><At>1970-01-01T00:00:00Z</At><Data>aGk=</Data><Flat><K>x</K><V>y</V></Flat>'
      .. '<Inner xmlns:i="http://i"><Ok>true</Ok></Inner><Map><entry><key>k</key><value>v</value></entry></Map>'
      .. '<Names><item>n</item></Names><Plain><member>p</member></Plain><Word>a&amp;b</Word><Word>c</Word></Say>', request.body)
    assert.are.equal("application/xml", request.headers["content-type"])
  end)
end)

describe("a REST answer", function()
  local function at(location, name, shape, more)
    local reference = { shape = shape, location = location, locationName = name }
    for key, value in pairs(more or {}) do reference[key] = value end
    return reference
  end

  it("has members in its headers and its status", function()
    local _, output = speak("rest-json", get "/", {
      In = { type = "structure", members = json.object {} },
      Out = { type = "structure", members = {
        status = at("statusCode", nil, "Count"), time = at("header", "X-Time", "Time"), count = at("header", "X-Count", "Count"),
        flag = at("header", "X-Flag", "Flag"), meta = at("headers", "x-meta-", "Map"), value = at("header", "X-Value", "Text", { jsonvalue = true }),
        word = { shape = "Text" },
      } },
    }, {}, { 206, { ["X-Time"] = "Wed, 07 Dec 2022 19:15:38 GMT", ["X-Count"] = "7", ["X-Flag"] = "true", ["X-Meta-a"] = "b",
      ["X-Value"] = crypto.base64_encode '{"x":[1]}' }, '{"word":"w","more":{"kept":1}}' })
    assert.are.equal(206, output.status)
    assert.are.equal(1670440538, output.time)
    assert.are.equal(7, output.count)
    assert.is_true(output.flag)
    assert.are.equal("b", output.meta.a)
    assert.are.equal('{"x":[1]}', json.encode(output.value))
    assert.are.equal("w", output.word)
    assert.are.equal(1, output.more.kept) -- what no model knows stays
  end)

  it("has a payload: bytes as they are, a structure that may be empty", function()
    local input = { type = "structure", members = json.object {} }
    local _, output = speak("rest-xml", get "/", { In = input,
      Out = { type = "structure", payload = "body", members = { body = { shape = "Bytes", streaming = true } } } }, {}, { 200, {}, "\0<raw" })
    assert.are.equal("\0<raw", output.body)
    _, output = speak("rest-xml", get "/", { In = input, Inner = { type = "structure", members = { Words = { shape = "Flat" } } },
      Out = { type = "structure", payload = "body", members = { body = { shape = "Inner" } } } }, {},
      { 200, {}, "<Inner><Word>a</Word><Word>b</Word></Inner>" })
    assert.are.same({ "a", "b" }, { table.unpack(output.body.Words) })
    _, output = speak("rest-xml", get "/", { In = input, Inner = { type = "structure", members = { Words = { shape = "Flat" } } },
      Out = { type = "structure", payload = "body", members = { body = { shape = "Inner" } } } }, {}, { 200, {}, "" })
    assert.are.same({}, output.body)
  end)
end)
