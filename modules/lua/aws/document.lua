-- DynamoDB's AttributeValue <-> plain Lua values: {S = "x"} <-> "x", {M = {...}} <-> a table, and so on, in the walk that reads
-- or writes the message anyway; no second copy is made of what was read.
--
--   string <-> S    number, dynamodb.number <-> N    boolean <-> BOOL    json.null <-> NULL    dynamodb.binary <-> B
--   list <-> L      table of names <-> M             dynamodb.set <-> SS, NS, BS

local crypto   = require "crypto"
local dynamodb = require "dynamodb"
local json     = require "json"

local document = {}

local OBJECT = getmetatable(json.object {})

-- One step of a path: Item.name, Item["a b"], Item[3].
function document.step(key)
  if math.type(key) == "integer" then
    return "[" .. key .. "]"
  end
  local text = tostring(key)
  return text:find("^[%a_][%w_]*$") and text or ("[%q]"):format(text)
end

local function prefixed(key, rest)
  local step = document.step(key)
  return (rest == "" or rest:sub(1, 1) == "[") and step .. rest or step .. "." .. rest
end

local write

local function write_list(value)
  local list = {}
  for index = 1, #value do
    list[index] = write(value[index])
  end
  return { L = json.array(list) }
end

local function write_map(value)
  local map = {}
  for key, element in pairs(value) do
    map[key] = write(element)
  end
  return { M = json.object(map) }
end

local WRITE_SET = { S = tostring, N = dynamodb.number_text, B = function(b) return crypto.base64_encode(b.bytes) end }

local function write_set(set)
  local kind, list = dynamodb.set_kind(set), {}
  for index = 1, #set do
    list[index] = WRITE_SET[kind](set[index])
  end
  return { [kind .. "S"] = json.array(list) }
end

-- A checked plain value as it goes onto the wire.
function write(value)
  local kind = type(value)
  if kind == "string" then
    return { S = value }
  elseif kind == "number" then
    return { N = dynamodb.number_text(value) }
  elseif kind == "boolean" then
    return { BOOL = value }
  elseif value == json.null then
    return { NULL = true }
  end
  local special = dynamodb.kind(value)
  if special == "number" then
    return { N = dynamodb.number_text(value) }
  elseif special == "binary" then
    return { B = crypto.base64_encode(value.bytes) }
  elseif special == "set" then
    return write_set(value)
  elseif json.is_array(value) then
    return write_list(value)
  end
  return write_map(value)
end
document.write = write

local check

local function check_table(value)
  local length = #value
  local count = 0
  local array = json.is_array(value)
  for key, element in pairs(value) do
    count = count + 1
    if array and (math.type(key) ~= "integer" or key < 1 or key > length) then
      return "is a list with the key " .. tostring(key) .. " beside its items", ""
    elseif not array and type(key) ~= "string" then
      return ("has a key that is no string but a %s"):format(type(key)), ""
    end
    local problem, path = check(element)
    if problem then
      return problem, prefixed(key, path)
    end
  end
  if array and count ~= length then
    return "is a list with holes", ""
  elseif count == 0 and not array and getmetatable(value) ~= OBJECT then
    return "is an empty table: say json.array {} or json.object {}", ""
  end
end

-- Nothing when DynamoDB can hold the value, else what is wrong with it and the path to it.
function check(value)
  local kind = type(value)
  if kind == "string" or kind == "boolean" or value == json.null then
    return nil
  elseif kind == "number" then
    return dynamodb.number_problem(value), ""
  elseif kind ~= "table" then
    return "is a " .. kind .. ", which DynamoDB cannot hold", ""
  elseif dynamodb.kind(value) then
    return nil -- checked when it was made
  end
  return check_table(value)
end
document.check = check

local read

local WIRE_TYPES = {
  S = "string", N = "string", B = "string", BOOL = "boolean", NULL = "boolean",
  M = "table", L = "table", SS = "table", NS = "table", BS = "table",
}

local READ = {
  S = function(value) return value end,
  BOOL = function(value) return value end,
  NULL = function() return json.null end,
  N = function(value) return dynamodb.read_number(value) end,
  B = function(value) return dynamodb.binary(crypto.base64_decode(value) or value) end,
  M = function(map)
    for key, element in pairs(map) do
      map[key] = read(element)
    end
    return map
  end,
  L = function(list)
    for index = 1, #list do
      list[index] = read(list[index])
    end
    return list
  end,
  SS = function(list) return dynamodb.read_set(list) end,
  NS = function(list)
    for index = 1, #list do
      list[index] = dynamodb.read_number(list[index])
    end
    return dynamodb.read_set(list)
  end,
  BS = function(list)
    for index = 1, #list do
      list[index] = dynamodb.binary(crypto.base64_decode(tostring(list[index])) or tostring(list[index]))
    end
    return dynamodb.read_set(list)
  end,
}

-- The plain value of what came from the wire. The tables of the message are used again.
-- A kind that DynamoDB may add one day, or what is no AttributeValue at all, stays as it came.
function read(attribute)
  if type(attribute) ~= "table" then
    return attribute
  end
  local kind, value = next(attribute)
  local reader = READ[kind]
  if reader and type(value) == WIRE_TYPES[kind] then
    return reader(value)
  end
  return attribute
end
document.read = read

return document
