-- JSON documents that keep their spelling. AWS passes on what no filter touches as the text that it was, spaces and the look
-- of numbers included, and what a template makes has its fields in the template's order. Lua's tables know neither; so a
-- document that was read here knows its text, and its objects the order of their fields, as long as they are the same
-- tables. Nobody changes a table that was read; what is changed is a copy.
local json = require "json"
local lpeg = require "lpeg"

local document = {}

local texts = setmetatable({}, { __mode = "k" })  -- table -> the text it was read from
local orders = setmetatable({}, { __mode = "k" }) -- object -> list of its keys

local P, R, S, V, C, Ct, Cc = lpeg.P, lpeg.R, lpeg.S, lpeg.V, lpeg.C, lpeg.Ct, lpeg.Cc

-- Only objects matter: an object is {key, child, key, child ...}, an array {"[", child, child ...}, anything else false.
local space = S " \t\r\n" ^ 0
local quoted = P '"' * (P "\\" * 1 + (1 - S '"\\')) ^ 0 * P '"'
local scalar = (quoted + (R("az", "09") + S "+-.E") ^ 1) * Cc(false)
local member = C(quoted) * space * P ":" * space * V "value" * space
local shape = P {
  space * V "value" * space * -1,
  value = Ct(P "{" * space * (member * (P "," * space * member) ^ 0) ^ -1 * P "}")
    + Ct(P "[" * Cc "[" * space * (V "value" * space * (P "," * space * V "value" * space) ^ 0) ^ -1 * P "]") + scalar,
}

local function is_table(value)
  return type(value) == "table" and value ~= json.null
end

local function unquoted(text)
  return text:find("\\", 1, true) and json.decode(text) or text:sub(2, -2)
end

local function note(node, value)
  if node[1] == "[" then
    for index = 2, #node do
      if node[index] and is_table(value[index - 1]) then
        note(node[index], value[index - 1])
      end
    end
    return
  end
  local keys, seen = {}, {}
  for index = 1, #node, 2 do
    local key = unquoted(node[index])
    if not seen[key] then
      keys[#keys + 1], seen[key] = key, true
    end
    if node[index + 1] and is_table(value[key]) then
      note(node[index + 1], value[key])
    end
  end
  orders[value] = keys
end

function document.read(text)
  local value = json.decode(text)
  if is_table(value) then
    texts[value] = text
  end
  return value
end

-- Something inside the document is wanted for itself: from now on its objects know their fields' order.
function document.open(value)
  if is_table(value) and texts[value] and not orders[value] then
    note(lpeg.match(shape, texts[value]), value)
    orders[value] = orders[value] or {} -- an array's is asked for once
  end
  return value
end

local function is_whole(order, object)
  local left = #order
  for _ in pairs(object) do
    left = left - 1
  end
  for index = 1, left == 0 and #order or 0 do
    if object[order[index]] == nil then
      return false
    end
  end
  return left == 0
end

-- The fields of an object in their order, what has none behind. Not to be changed.
function document.keys(object)
  local order = orders[object] or {}
  if is_whole(order, object) then
    return order
  end
  local keys, seen, rest = {}, {}, {}
  for _, key in ipairs(order) do
    if object[key] ~= nil then
      keys[#keys + 1], seen[key] = key, true
    end
  end
  for key in pairs(object) do
    rest[#rest + 1] = not seen[key] and key or nil
  end
  table.sort(rest)
  return table.move(rest, 1, #rest, #keys + 1, keys)
end

-- `object` is new and has its fields in this order.
function document.arrange(object, keys)
  orders[object] = keys
  return object
end

-- A copy that may be changed, with the same order.
function document.copy(value)
  if not is_table(value) then
    return value
  end
  local copy = {}
  for key, child in pairs(value) do
    copy[key] = document.copy(child)
  end
  if json.is_array(value) then
    return json.array(copy)
  end
  orders[copy] = orders[value]
  return json.object(copy)
end

local function scalar_text(value)
  if type(value) == "string" and not value:find "[%c\"\\\127-\255]" then
    return '"' .. value .. '"'
  end
  return json.encode(value)
end

local compact

local function compact_array(list)
  local parts = {}
  for index, item in ipairs(list) do
    parts[index] = compact(item)
  end
  return "[" .. table.concat(parts, ",") .. "]"
end

-- Without spaces, with the order of fields.
function compact(value)
  if not is_table(value) then
    return scalar_text(value)
  elseif json.is_array(value) then
    return compact_array(value)
  elseif not orders[document.open(value)] then
    return json.encode(value)
  end
  local parts = {}
  for index, key in ipairs(document.keys(value)) do
    parts[index] = scalar_text(key) .. ":" .. compact(value[key])
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

document.compact = compact

-- A document that was read, as it was; one that was made, and what is inside it, in AWS's compact form.
function document.write(value)
  return texts[value] or compact(value)
end

-- The array of the documents in a list of texts.
function document.joined(list)
  return document.read("[" .. table.concat(list, ",") .. "]")
end

return document
