-- The intrinsic functions of the Amazon States Language, by name. Each takes its evaluated arguments as a list and returns
-- a value, or raises a plain string that says what was wrong with them.
-- https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
local crypto = require "crypto"
local json   = require "json"
local uuid   = require "uuid"

local intrinsics = {}

local BASE64_LIMIT = 10000 -- characters
local RANGE_LIMIT = 1000   -- elements

local function refuse(text, ...)
  error(select("#", ...) > 0 and text:format(...) or text, 0)
end

local function count(arguments, least, most)
  if #arguments < least or #arguments > (most or least) then
    refuse("Invalid number of arguments: got %d, expected %s", #arguments,
      (most and most ~= least) and ("%d to %d"):format(least, most) or tostring(least))
  end
end

local function array(value)
  if type(value) ~= "table" or not json.is_array(value) then
    refuse "Expected an array"
  end
  return value
end

local function object(value)
  if type(value) ~= "table" or json.is_array(value) then
    refuse "Expected a JSON object"
  end
  return value
end

local function text(value)
  if type(value) ~= "string" then
    refuse "Expected a string"
  end
  return value
end

-- Numbers with a fraction are rounded, as AWS does.
local function integer(value)
  if type(value) ~= "number" then
    refuse "Expected an integer"
  end
  return math.type(value) == "integer" and value or math.tointeger(math.floor(value + 0.5)) or refuse "Expected an integer"
end

-- Equal as JSON: arrays and objects by content.
local function same(a, b)
  if type(a) == "table" and type(b) == "table" and a ~= json.null and b ~= json.null then
    return json.encode(a) == json.encode(b)
  end
  return a == b
end

intrinsics["States.Array"] = function(arguments)
  return json.array { table.unpack(arguments) }
end

intrinsics["States.ArrayPartition"] = function(arguments)
  count(arguments, 2)
  local list, size = array(arguments[1]), integer(arguments[2])
  if size <= 0 then
    refuse "The chunk size must be positive"
  end
  local parts = json.array {}
  for start = 1, #list, size do
    parts[#parts + 1] = json.array { table.unpack(list, start, math.min(start + size - 1, #list)) }
  end
  return parts
end

intrinsics["States.ArrayContains"] = function(arguments)
  count(arguments, 2)
  for _, item in ipairs(array(arguments[1])) do
    if same(item, arguments[2]) then
      return true
    end
  end
  return false
end

intrinsics["States.ArrayRange"] = function(arguments)
  count(arguments, 3)
  local first, last, step = integer(arguments[1]), integer(arguments[2]), integer(arguments[3])
  if step == 0 then
    refuse "The step must not be zero"
  end
  local range = json.array {}
  for value = first, last, step do
    if #range == RANGE_LIMIT then
      refuse("The array can have at most %d elements", RANGE_LIMIT)
    end
    range[#range + 1] = value
  end
  return range
end

intrinsics["States.ArrayGetItem"] = function(arguments)
  count(arguments, 2)
  local item = array(arguments[1])[integer(arguments[2]) + 1]
  if item == nil then
    refuse("The index %s is out of bounds", tostring(arguments[2]))
  end
  return item
end

intrinsics["States.ArrayLength"] = function(arguments)
  count(arguments, 1)
  return #array(arguments[1])
end

intrinsics["States.ArrayUnique"] = function(arguments)
  count(arguments, 1)
  local unique, seen = json.array {}, {}
  for _, item in ipairs(array(arguments[1])) do
    local key = json.encode(item)
    if not seen[key] then
      seen[key] = true
      unique[#unique + 1] = item
    end
  end
  return unique
end

intrinsics["States.Base64Encode"] = function(arguments)
  count(arguments, 1)
  if #text(arguments[1]) > BASE64_LIMIT then
    refuse("The input must not be longer than %d characters", BASE64_LIMIT)
  end
  return crypto.base64_encode(arguments[1])
end

intrinsics["States.Base64Decode"] = function(arguments)
  count(arguments, 1)
  if #text(arguments[1]) > BASE64_LIMIT then
    refuse("The input must not be longer than %d characters", BASE64_LIMIT)
  end
  return crypto.base64_decode(arguments[1]) or refuse "The input is not valid Base64"
end

local digests = { ["MD5"] = "md5", ["SHA-1"] = "sha1", ["SHA-256"] = "sha256", ["SHA-384"] = "sha384", ["SHA-512"] = "sha512" }

intrinsics["States.Hash"] = function(arguments)
  count(arguments, 2)
  local data, name = arguments[1], digests[text(arguments[2])]
  if not name then
    refuse "The algorithm must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512"
  end
  if type(data) ~= "string" then
    data = json.encode(data)
  end
  if #data > BASE64_LIMIT then
    refuse("The input must not be longer than %d characters", BASE64_LIMIT)
  end
  return crypto.hex(crypto[name](data))
end

intrinsics["States.JsonMerge"] = function(arguments)
  count(arguments, 3)
  if arguments[3] ~= false then
    refuse "Only the shallow merging mode is supported: the third argument must be false"
  end
  local merged = json.object {}
  for _, source in ipairs { object(arguments[1]), object(arguments[2]) } do
    for key, value in pairs(source) do
      merged[key] = value
    end
  end
  return merged
end

intrinsics["States.StringToJson"] = function(arguments)
  count(arguments, 1)
  if text(arguments[1]):match "^%s*$" then
    return json.null
  end
  local fine, value = pcall(json.decode, arguments[1])
  return fine and value or not fine and refuse "The string is not valid JSON" or value
end

intrinsics["States.JsonToString"] = function(arguments)
  count(arguments, 1)
  return json.encode(arguments[1])
end

-- A whole number in [start, end). The same seed gives the same number.
intrinsics["States.MathRandom"] = function(arguments)
  count(arguments, 2, 3)
  local first, last = integer(arguments[1]), integer(arguments[2])
  if last <= first then
    refuse "The end must be greater than the start"
  end
  local bytes = arguments[3] and crypto.sha256("MathRandom " .. integer(arguments[3])) or crypto.random_bytes(8)
  return first + (string.unpack("<I8", bytes:sub(1, 8)) >> 1) % (last - first)
end

intrinsics["States.MathAdd"] = function(arguments)
  count(arguments, 2)
  return integer(arguments[1]) + integer(arguments[2])
end

-- Every character of the second argument separates.
intrinsics["States.StringSplit"] = function(arguments)
  count(arguments, 2)
  local source, separators = text(arguments[1]), text(arguments[2])
  local parts = json.array {}
  local set = {}
  for character in separators:gmatch(utf8.charpattern) do
    set[character] = true
  end
  local part = {}
  for character in source:gmatch(utf8.charpattern) do
    if set[character] then
      if #part > 0 then
        parts[#parts + 1] = table.concat(part)
      end
      part = {}
    else
      part[#part + 1] = character
    end
  end
  if #part > 0 then
    parts[#parts + 1] = table.concat(part)
  end
  return parts
end

intrinsics["States.UUID"] = function(arguments)
  count(arguments, 0)
  return uuid.v4()
end

-- How a value is written into a text: arrays and objects as Java prints them, {a=1, b=[2]}.
local function shown(value)
  if type(value) ~= "table" or value == json.null then
    return type(value) == "string" and value or json.encode(value)
  end
  local parts = {}
  if json.is_array(value) then
    for index, item in ipairs(value) do
      parts[index] = shown(item)
    end
    return "[" .. table.concat(parts, ", ") .. "]"
  end
  for key, item in pairs(value) do
    parts[#parts + 1] = key .. "=" .. shown(item)
  end
  table.sort(parts)
  return "{" .. table.concat(parts, ", ") .. "}"
end

-- "{}" takes the next argument; "\{" and "\}" are the braces themselves.
intrinsics["States.Format"] = function(arguments)
  local template, used, parts, position = text(arguments[1]), 1, {}, 1
  while position <= #template do
    local two = template:sub(position, position + 1)
    if two == "{}" then
      used = used + 1
      if arguments[used] == nil then
        refuse "The number of arguments does not match the number of {} in the template"
      end
      parts[#parts + 1] = shown(arguments[used])
      position = position + 2
    elseif two:match "^\\[{}]$" then
      parts[#parts + 1] = two:sub(2)
      position = position + 2
    else
      parts[#parts + 1] = two:sub(1, 1)
      position = position + 1
    end
  end
  if used ~= #arguments then
    refuse "The number of arguments does not match the number of {} in the template"
  end
  return table.concat(parts)
end

return intrinsics
