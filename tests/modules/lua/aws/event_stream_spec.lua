-- The frames of event streams: good ones cut anywhere, and bytes that mean harm.

local crypto       = require "crypto"
local event_stream = require "aws.event_stream"
local messages     = require "tests.support.event_messages"

-- A function that gives `bytes` in pieces of `size`.
local function pieces(bytes, size)
  local at = 1
  return function()
    local piece = bytes:sub(at, at + size - 1)
    at = at + #piece
    return piece ~= "" and piece or nil
  end
end

local function read_all(bytes, size)
  local list = {}
  for message in event_stream.messages(pieces(bytes, size or #bytes)) do
    list[#list + 1] = message
  end
  return list
end

local function refusal(bytes)
  local fine, problem = pcall(read_all, bytes)
  assert.is_false(fine)
  assert.are.equal("EVENT_STREAM_BROKEN", problem.code)
  return problem.message
end

local function framed(total, headers_length, rest)
  local prelude = (">I4I4"):pack(total, headers_length)
  local whole = prelude .. (">I4"):pack(crypto.crc32(prelude)) .. rest
  return whole .. (">I4"):pack(crypto.crc32(whole))
end

local ONE = messages.message({ { ":event-type", "Tick" }, { "yes", true, 0 }, { "no", false, 1 }, { "byte", -1, 2, ">i1" },
  { "short", -2, 3, ">i2" }, { "integer", 70000, 4, ">i4" }, { "long", -1 << 40, 5, ">i8" }, { "bytes", "\0\1", 6, ">s2" },
  { "time", 1670440538500, 8, ">i8" }, { "id", ("u"):rep(16), 9, "c16" } }, '{"a":1}')

describe("an event stream", function()
  it("is read in whatever pieces it comes", function()
    for _, size in ipairs { 1, 2, 7, 16, 1000 } do
      local list = read_all(ONE .. messages.message({}, "") .. ONE, size)
      assert.are.equal(3, #list)
      assert.are.same({ [":event-type"] = "Tick", yes = true, no = false, byte = -1, short = -2, integer = 70000, long = -1 << 40,
        bytes = "\0\1", time = 1670440538.5, id = ("u"):rep(16) }, list[1].headers)
      assert.are.equal('{"a":1}', list[3].payload)
      assert.are.same({ headers = {}, payload = "" }, list[2])
    end
    assert.are.same({}, read_all "")
  end)

  it("that ends within a message is broken, wherever", function()
    for length = 1, #ONE - 1 do
      assert.are.equal("the stream of events ends within a message", refusal(ONE:sub(1, length)))
    end
  end)

  it("of which any byte was changed is broken", function()
    for place = 1, #ONE do
      refusal(ONE:sub(1, place - 1) .. string.char(ONE:byte(place) ~ 1) .. ONE:sub(place + 1))
    end
  end)

  it("whose lengths lie is refused before anything is waited for", function()
    for _, lengths in ipairs { { 15, 0 }, { 0, 0 }, { 0xFFFFFFFF, 0 }, { 200, 185 }, { 24 * 1024 * 1024 + 17, 0 }, { 0, 0xFFFFFFFF },
      { 131 * 1024 + 100, 131 * 1024 } } do
      local prelude = framed(lengths[1], lengths[2], ""):sub(1, 12)
      local asked = 0
      local fine, problem = pcall(event_stream.messages(function()
        asked = asked + 1
        return asked == 1 and prelude or nil
      end))
      assert.is_false(fine)
      assert.matches("there is no such message", problem.message)
      assert.are.equal(1, asked)
    end
  end)

  it("whose headers are nonsense is refused", function()
    for _, headers in ipairs { "\5ab", "\1a", "\1a\10", "\1a\7\0\9x", "\1a\4\0", "\1a\0\1a\0", "\0" } do
      assert.matches("headers cannot be read", refusal(framed(#headers + 16, #headers, headers)))
    end
  end)

  it("passes on what its reader raises", function()
    local fine, problem = pcall(event_stream.messages(function() error({ code = "HTTP_RESET" }, 0) end))
    assert.are.same({ false, "HTTP_RESET" }, { fine, problem.code })
  end)
end)
