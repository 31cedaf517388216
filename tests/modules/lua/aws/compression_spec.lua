-- Bodies that are packed where the model and their size say so, seen at a server.

local aws          = require "aws"
local aws_server   = require "tests.support.aws_server"
local config       = require "config"
local model_folder = require "tests.support.model_folder"

local SHAPES = { In = { type = "structure", payload = "body", members = { body = { shape = "Text" },
  encoding = { shape = "Text", location = "header", locationName = "Content-Encoding" } } }, Text = "string" }

local function sent(input, encodings)
  local operation = { input = { shape = "In" }, requestcompression = encodings and { encodings = encodings } }
  local listener, requests = aws_server.start { { 200, {}, "{}" } }
  local fine, problem
  model_folder.with({ ["parrot/1/service-2.json"] = model_folder.speak({ protocol = "rest-json" }, operation, SHAPES) }, function()
    local client = aws_server.client("parrot", listener, { max_attempts = 1 })
    fine, problem = pcall(client.speak, client, input)
  end)
  listener.close()
  if not fine then
    error(problem, 0)
  end
  return requests[1].body, requests[1].headers["content-encoding"]
end

local function with(name, value, fn)
  config.set(name, value)
  local fine, problem = pcall(fn)
  config.set(name, nil)
  if not fine then
    error(problem, 0)
  end
end

-- What is in gzip, by the system's own program.
local function unpacked(bytes)
  local path = os.tmpname()
  local file = assert(io.open(path, "wb"))
  file:write(bytes)
  file:close()
  local pipe = assert(io.popen("gzip -dc < " .. path))
  local text = pipe:read "a"
  pipe:close()
  os.remove(path)
  return text
end

describe("a body", function()
  local long = ("metric data "):rep(1000)

  it("is packed from 10 KiB on, where the service takes it packed", function()
    local body, encoding = sent({ body = long }, { "br", "gzip" })
    assert.are.equal("gzip", encoding)
    assert.is_true(#body < 1000)
    assert.are.equal(long, unpacked(body))
    body, encoding = sent({ body = long, encoding = "mine" }, { "gzip" })
    assert.are.same({ "mine,gzip", long }, { encoding, unpacked(body) })
    for _, case in ipairs { { long:sub(1, 10239), { "gzip" } }, { long, { "br" } }, { long } } do
      body, encoding = sent({ body = case[1] }, case[2])
      assert.are.same({ case[1] }, { body, encoding })
    end
  end)

  it("is packed as the settings say", function()
    with("AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES", "5", function()
      assert.are.equal("12345", unpacked((sent({ body = "12345" }, { "gzip" }))))
      assert.are.equal("1234", (sent({ body = "1234" }, { "gzip" })))
    end)
    with("AWS_DISABLE_REQUEST_COMPRESSION", "true", function()
      assert.are.equal(long, (sent({ body = long }, { "gzip" })))
    end)
    with("AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES", "10485761", function()
      local fine, problem = pcall(sent, { body = "x" }, { "gzip" })
      assert.is_false(fine)
      assert.is_true(aws.is_error(problem, "COMPRESSION_SETTING"))
    end)
  end)
end)
