-- application/vnd.amazon.eventstream: messages in one long answer, each with headers, a payload and two checksums.
-- https://smithy.io/2.0/aws/amazon-eventstream.html
--
--   lengths of the whole and of the headers | CRC-32 of these | headers | payload | CRC-32 of all before

local crypto = require "crypto"

local event_stream = {}

local PRELUDE, CHECKSUM = 12, 4
local HEADERS_MAX, PAYLOAD_MAX = 128 * 1024, 24 * 1024 * 1024 -- AWS's own limits

-- By a header's type, from 2 on: how its value is packed. 0 and 1 are true and false.
local FORMATS = { [2] = ">i1", [3] = ">i2", [4] = ">i4", [5] = ">i8", [6] = ">s2", [7] = ">s2", [8] = ">i8", [9] = "c16" }
local TIMESTAMP = 8

local function broken(why)
  error({ code = "EVENT_STREAM_BROKEN", message = "the stream of events " .. why }, 0)
end

-- take(count) -> so many bytes; nil at the end. read() -> some bytes, or nil at the end.
local function taker(read)
  local buffer, at = "", 1
  return function(count)
    local have, parts = #buffer - at + 1, nil
    while have < count do
      parts = parts or { buffer:sub(at) }
      local piece = read()
      if not piece then
        break
      end
      parts[#parts + 1], have = piece, have + #piece
    end
    if parts then
      buffer, at = table.concat(parts), 1
    end
    if have == 0 then
      return nil
    elseif have < count then
      broken "ends within a message"
    end
    at = at + count
    return buffer:sub(at - count, at - 1)
  end
end

local function header_value(bytes, at)
  local kind = bytes:byte(at)
  if kind == 0 or kind == 1 then
    return kind == 0, at + 1
  end
  local value, behind = string.unpack(FORMATS[kind], bytes, at + 1)
  return kind == TIMESTAMP and value / 1000 or value, behind
end

local function headers_of(bytes)
  local headers, at = {}, 1
  while at <= #bytes do
    local name
    name, at = string.unpack(">s1", bytes, at)
    if headers[name] ~= nil then
      error "the same header twice"
    end
    headers[name], at = header_value(bytes, at)
  end
  return headers
end

local function check_sum(bytes, expected)
  if crypto.crc32(bytes) ~= string.unpack(">I4", expected) then
    broken "has a message without its checksum: it was changed on the way"
  end
end

-- An iterator over the messages, {headers = {name -> value}, payload =}; times in headers are seconds. Raises what `read`
-- raises, and {code="EVENT_STREAM_BROKEN", message=}.
function event_stream.messages(read)
  local take = taker(read)
  return function()
    local prelude = take(PRELUDE)
    if not prelude then
      return nil
    end
    check_sum(prelude:sub(1, 8), prelude:sub(9))
    local total, headers_length = string.unpack(">I4I4", prelude)
    local payload_length = total - headers_length - PRELUDE - CHECKSUM
    if headers_length > HEADERS_MAX or payload_length < 0 or payload_length > PAYLOAD_MAX then
      broken(("has a message of %d bytes with headers of %d: there is no such message"):format(total, headers_length))
    end
    local rest = take(headers_length + payload_length + CHECKSUM) or broken "ends within a message"
    check_sum(prelude .. rest:sub(1, -CHECKSUM - 1), rest:sub(-CHECKSUM))
    local fine, headers = pcall(headers_of, rest:sub(1, headers_length))
    if not fine then
      broken "has a message whose headers cannot be read"
    end
    return { headers = headers, payload = rest:sub(headers_length + 1, -CHECKSUM - 1) }
  end
end

return event_stream
