-- CBOR (RFC 8949), as far as Smithy's RPC v2 uses it: numbers, texts, bytes, lists, maps, booleans, null, tags (whose value
-- stands for itself: the shape says what it means), of definite and indefinite length.

local json = require "json"

local cbor = {}

local DEEPEST = 64

local FORMATS = { [24] = ">I1", [25] = ">I2", [26] = ">I4", [27] = ">I8" }

local function malformed()
  error("malformed CBOR", 0)
end

-- The argument of a head: its value and the position behind it; nil for an indefinite length.
local function argument(bytes, at, info)
  if info < 24 then
    return info, at
  elseif info == 31 then
    return nil, at
  end
  local format = FORMATS[info] or malformed()
  if #bytes < at + (1 << (info - 24)) - 1 then
    malformed()
  end
  return string.unpack(format, bytes, at)
end

local function half(bits)
  local sign, exponent, fraction = bits >> 15, (bits >> 10) & 31, bits & 1023
  local value
  if exponent == 31 then
    value = fraction == 0 and math.huge or 0 / 0
  else
    value = exponent == 0 and fraction * 2.0 ^ -24 or (1 + fraction / 1024) * 2.0 ^ (exponent - 15)
  end
  return sign == 1 and -value or value
end

local read

local BREAK = {}

-- Reads items until `count` of them, or a break, are there: take(value, position) -> position.
local function each(bytes, at, count, depth, take)
  local seen = 0
  while not count or seen < count do
    local value
    value, at = read(bytes, at, depth + 1)
    if value == BREAK then
      return count and malformed() or at
    end
    at = take(value, at)
    seen = seen + 1
  end
  return at
end

local function read_string(bytes, at, length, depth)
  if length then
    if length < 0 or at + length - 1 > #bytes then
      malformed()
    end
    return bytes:sub(at, at + length - 1), at + length
  end
  local parts = {}
  at = each(bytes, at, nil, depth, function(part, position)
    parts[#parts + 1] = type(part) == "string" and part or malformed()
    return position
  end)
  return table.concat(parts), at
end

local function read_list(bytes, at, count, depth)
  local list = json.array {}
  at = each(bytes, at, count, depth, function(value, position)
    list[#list + 1] = value
    return position
  end)
  return list, at
end

local function read_map(bytes, at, count, depth)
  local map = json.object {}
  at = each(bytes, at, count, depth, function(key, position)
    local value
    value, position = read(bytes, position, depth + 1)
    if type(key) ~= "string" or value == BREAK then
      malformed()
    end
    map[key] = value
    return position
  end)
  return map, at
end

local function read_simple(bytes, at, info)
  if info == 20 or info == 21 then
    return info == 21, at
  elseif info == 22 or info == 23 then
    return json.null, at
  elseif info == 31 then
    return BREAK, at
  end
  local bits, behind = argument(bytes, at, info)
  if info == 25 then
    return half(bits), behind
  elseif info == 26 then
    return string.unpack(">f", bytes, at), behind
  end
  return info == 27 and string.unpack(">d", bytes, at) or malformed(), behind
end

function read(bytes, at, depth)
  local head = bytes:byte(at)
  if not head or depth > DEEPEST then
    malformed()
  end
  local major, info = head >> 5, head & 31
  if major == 7 then
    return read_simple(bytes, at + 1, info)
  end
  local value, behind = argument(bytes, at + 1, info)
  if not value and (major < 2 or major == 6) then
    malformed()
  elseif major == 0 then
    return value, behind
  elseif major == 1 then
    return -1 - value, behind
  elseif major < 4 then
    return read_string(bytes, behind, value, depth)
  elseif major == 4 then
    return read_list(bytes, behind, value, depth)
  elseif major == 5 then
    return read_map(bytes, behind, value, depth)
  end
  return read(bytes, behind, depth + 1)
end

-- The value of one item; raises a plain string when there is anything else. Lists and maps are marked, null is json.null.
function cbor.decode(bytes)
  local value, behind = read(bytes, 1, 0)
  if value == BREAK or behind <= #bytes then
    malformed()
  end
  return value
end

local function head(major, number)
  if number < 24 then
    return string.char(major << 5 | number)
  elseif number < 256 then
    return string.pack(">BI1", major << 5 | 24, number)
  elseif number < 65536 then
    return string.pack(">BI2", major << 5 | 25, number)
  elseif number < 4294967296 then
    return string.pack(">BI4", major << 5 | 26, number)
  end
  return string.pack(">Bi8", major << 5 | 27, number)
end

-- Writers of one item each.

function cbor.number(value)
  if math.type(value) == "float" then
    return string.pack(">Bd", 0xfb, value)
  end
  return value >= 0 and head(0, value) or head(1, -1 - value)
end

function cbor.text(value)
  return head(3, #value) .. value
end

function cbor.bytes(value)
  return head(2, #value) .. value
end

function cbor.boolean(value)
  return value and "\xf5" or "\xf4"
end

-- Seconds since 1970.
function cbor.time(value)
  return "\xc1" .. cbor.number(value + 0.0)
end

-- items: a list of written ones.
function cbor.list(items)
  return head(4, #items) .. table.concat(items)
end

-- items: written key, written value, written key ...
function cbor.map(items)
  return head(5, #items // 2) .. table.concat(items)
end

return cbor
