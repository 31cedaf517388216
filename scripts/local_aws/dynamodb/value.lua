-- Attribute values, {S="..."}, {N="1"}, {M={...}} ...: what type, valid or not, equal, in which order.

local crypto  = require "crypto"
local decimal = require "local_aws.dynamodb.decimal"
local fault   = require "local_aws.fault"
local json    = require "json"

local value = {}

local DEEPEST = 32
local SET_OF = { SS = "S", NS = "N", BS = "B" }
local EMPTY_SET = {
  SS = "One or more parameter values were invalid: An string set  may not be empty",
  NS = "One or more parameter values were invalid: An number set  may not be empty",
  BS = "One or more parameter values were invalid: Binary sets should not be empty",
}
local NOT_A_NUMBER = "The parameter cannot be converted to a numeric value"
local TOO_DEEP = "Nesting Levels have exceeded supported limits: "
  .. "Attributes in the item have nested levels beyond supported limit"

value.SET_OF = SET_OF

-- "S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L" or "M".
function value.type(attribute)
  return (next(attribute))
end

function value.copy(attribute)
  local kind, content = next(attribute)
  if kind == "M" then
    local map = json.object {}
    for name, member in pairs(content) do
      map[name] = value.copy(member)
    end
    return { M = map }
  elseif kind == "L" then
    local list = json.array {}
    for index, member in ipairs(content) do
      list[index] = value.copy(member)
    end
    return { L = list }
  elseif SET_OF[kind] then
    return { [kind] = json.array { table.unpack(content) } }
  end
  return { [kind] = content }
end

-- Raised inside this file only, and told apart from a fault of the program by being a table.
local function refuse(message)
  error({ problem = message }, 0)
end

-- The normal form of a number ("1e2" -> "100").
local function checked_number(text)
  local number = decimal.parse(text)
  if not number then
    refuse(text == "" and NOT_A_NUMBER or NOT_A_NUMBER .. ": " .. text)
  end
  local problem = decimal.fault(number)
  if problem then
    refuse(problem)
  end
  return decimal.format(number)
end

local function duplicate_message(kind, content)
  if kind == "NS" then
    return "Input collection contains duplicates"
  elseif kind == "SS" then
    return "One or more parameter values were invalid: Input collection [" .. table.concat(content, ", ")
      .. "] contains duplicates."
  end
  local shown = {}
  for index, bytes in ipairs(content) do
    shown[index] = crypto.base64_encode(bytes)
  end
  return "One or more parameter values were invalid: Input collection [" .. table.concat(shown, ", ")
    .. "]of type BS contains duplicates."
end

local function checked_set(kind, content)
  if #content == 0 then
    refuse(EMPTY_SET[kind])
  end
  local set, seen = json.array {}, {}
  for index, member in ipairs(content) do
    member = kind == "NS" and checked_number(member) or member
    if seen[member] then
      refuse(duplicate_message(kind, content))
    end
    seen[member] = true
    set[index] = member
  end
  return { [kind] = set }
end

local checked

local function checked_content(kind, content, depth)
  if kind == "N" then
    return { N = checked_number(content) }
  elseif kind == "NULL" and content ~= true then
    refuse("One or more parameter values were invalid: Null attribute value types must have the value of true")
  elseif SET_OF[kind] then
    return checked_set(kind, content)
  elseif kind == "L" then
    local list = json.array {}
    for index, member in ipairs(content) do
      list[index] = checked(member, depth + 1)
    end
    return { L = list }
  elseif kind == "M" then
    local map = json.object {}
    for name, member in pairs(content) do
      map[name] = checked(member, depth + 1)
    end
    return { M = map }
  end
  return { [kind] = content }
end

function checked(attribute, depth)
  if depth > DEEPEST then
    refuse(TOO_DEEP)
  end
  local kind = next(attribute)
  if kind == nil then
    refuse("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
  end
  local result
  for each_kind, each_content in pairs(attribute) do
    result = checked_content(each_kind, each_content, depth)
  end
  if next(attribute, kind) ~= nil then
    refuse("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
  end
  return result
end

-- A valid copy with numbers in normal form; nil and a sentence when the value is not valid.
function value.normalise(attribute)
  local ok, result = pcall(checked, attribute, 1)
  if ok then
    return result
  elseif type(result) ~= "table" then
    error(result, 0)
  end
  return nil, result.problem
end

-- The same for a map of attributes (an item, a key); raises a ValidationException. `prefix` stands before the sentence.
function value.normalise_map(attributes, prefix)
  local out = json.object {}
  for name, attribute in pairs(attributes) do
    local normal, problem = value.normalise(attribute)
    if not normal then
      fault.raise("ValidationException", (prefix or "") .. problem)
    end
    out[name] = normal
  end
  return out
end

local function equal_sets(a, b)
  if #a ~= #b then
    return false
  end
  local members = {}
  for _, member in ipairs(a) do
    members[member] = true
  end
  for _, member in ipairs(b) do
    if not members[member] then
      return false
    end
  end
  return true
end

function value.equal(a, b)
  local kind, content = next(a)
  local other = b[kind]
  if other == nil then
    return false
  elseif kind == "M" then
    for name, member in pairs(content) do
      if not other[name] or not value.equal(member, other[name]) then
        return false
      end
    end
    for name in pairs(other) do
      if not content[name] then
        return false
      end
    end
    return true
  elseif kind == "L" then
    for index, member in ipairs(content) do
      if not other[index] or not value.equal(member, other[index]) then
        return false
      end
    end
    return #content == #other
  elseif SET_OF[kind] then
    return equal_sets(content, other)
  end
  return content == other -- numbers are in normal form
end

-- -1, 0, 1 by bytes: Lua's own `<` goes by the locale.
function value.compare_bytes(a, b)
  local start, shorter = 1, math.min(#a, #b)
  while start + 63 <= shorter and a:sub(start, start + 63) == b:sub(start, start + 63) do
    start = start + 64
  end
  for index = start, shorter do
    local difference = a:byte(index) - b:byte(index)
    if difference ~= 0 then
      return difference < 0 and -1 or 1
    end
  end
  return #a == #b and 0 or #a < #b and -1 or 1
end

-- -1, 0, 1; nil where there is no order: different types, or not S, N, B.
function value.compare(a, b)
  local kind, content = next(a)
  local other = b[kind]
  if other == nil then
    return nil
  elseif kind == "N" then
    return decimal.compare(decimal.parse(content), decimal.parse(other))
  elseif kind == "S" or kind == "B" then
    return content == other and 0 or value.compare_bytes(content, other)
  end
  return nil
end

return value
