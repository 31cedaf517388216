-- Items as bytes for the database: exact, binary-safe, quick both ways. One byte for the type, lengths before contents.

local json  = require "json"
local value = require "local_aws.dynamodb.value"

local codec = {}

local pack, unpack = string.pack, string.unpack

local encode_map

local function encode_value(out, attribute)
  local kind, content = next(attribute)
  if kind == "S" or kind == "N" or kind == "B" then
    out[#out + 1] = pack("c1s4", kind, content)
  elseif kind == "BOOL" then
    out[#out + 1] = content and "T" or "F"
  elseif kind == "NULL" then
    out[#out + 1] = "0"
  elseif kind == "M" then
    out[#out + 1] = "M"
    encode_map(out, content)
  elseif kind == "L" then
    out[#out + 1] = pack("c1I4", "L", #content)
    for _, member in ipairs(content) do
      encode_value(out, member)
    end
  else
    out[#out + 1] = pack("c1I4", value.SET_OF[kind]:lower(), #content)
    for _, member in ipairs(content) do
      out[#out + 1] = pack("s4", member)
    end
  end
end

function encode_map(out, map)
  local place, count = #out + 1, 0
  out[place] = ""
  for name, member in pairs(map) do
    count = count + 1
    out[#out + 1] = pack("s4", name)
    encode_value(out, member)
  end
  out[place] = pack("I4", count)
end

local SCALARS = { S = true, N = true, B = true }
local SETS = { s = "SS", n = "NS", b = "BS" }

local decode_map, decode_value

local function decode_list(bytes, place, kind)
  local list = json.array {}
  local count, behind = unpack("I4", bytes, place)
  for index = 1, count do
    if kind == "L" then
      list[index], behind = decode_value(bytes, behind)
    else
      list[index], behind = unpack("s4", bytes, behind)
    end
  end
  return list, behind
end

-- -> the attribute value that begins at `place`, and the place behind it
function decode_value(bytes, place)
  local kind = bytes:sub(place, place)
  local content, behind
  if SCALARS[kind] then
    content, behind = unpack("s4", bytes, place + 1)
    return { [kind] = content }, behind
  elseif kind == "T" or kind == "F" then
    return { BOOL = kind == "T" }, place + 1
  elseif kind == "0" then
    return { NULL = true }, place + 1
  elseif kind == "M" then
    content, behind = decode_map(bytes, place + 1)
    return { M = content }, behind
  end
  content, behind = decode_list(bytes, place + 1, kind)
  return { [SETS[kind] or "L"] = content }, behind
end

function decode_map(bytes, place)
  local map = json.object {}
  local count, behind = unpack("I4", bytes, place)
  for _ = 1, count do
    local name
    name, behind = unpack("s4", bytes, behind)
    map[name], behind = decode_value(bytes, behind)
  end
  return map, behind
end

function codec.encode(item)
  local out = {}
  encode_map(out, item)
  return table.concat(out)
end

function codec.decode(bytes)
  return (decode_map(bytes, 1))
end

-- Do two items hold the same?
function codec.same(one, two)
  return one == two or value.equal({ M = one }, { M = two })
end

return codec
