-- Values that DynamoDB knows and Lua does not: sets, bytes, and numbers of up to 38 digits. For clients with document = true.
--
--   dynamodb.set { "a", "b" }        a set; of strings, of numbers or of binary, by its content; set:has(value), #set
--   dynamodb.binary(bytes)           bytes; value.bytes, tostring(value)
--   dynamodb.number "0.1234...38"    a decimal that no Lua number holds exactly; tostring(value) gives its digits
--
-- Numbers that an integer or a float holds exactly are Lua numbers, both ways.

local dynamodb = {}

local DIGITS = 38

-- A protected metatable with a name, so that scripts can neither change nor imitate it by accident.
local number_type = { __name = "dynamodb.number", __metatable = "dynamodb.number" }
local binary_type = { __name = "dynamodb.binary", __metatable = "dynamodb.binary" }
local set_type = { __name = "dynamodb.set", __metatable = "dynamodb.set" }

local KINDS = { ["dynamodb.number"] = "number", ["dynamodb.binary"] = "binary", ["dynamodb.set"] = "set" }

-- "number", "binary" or "set" for one of our values, nil for any other.
function dynamodb.kind(value)
  return type(value) == "table" and KINDS[getmetatable(value)] or nil
end

-- Sign, significant digits without zeros at either end, and the exponent of the first one: 0.0120 -> "", "12", -2.
-- nil if it is no number.
local function decompose(text)
  local sign, mantissa, exponent = text:match("^%s*([+-]?)([%d.]+)[eE]?([+-]?%d*)%s*$")
  if not mantissa then
    return nil
  end
  local whole, fraction = mantissa:match("^(%d*)%.?(%d*)$")
  if not whole or #whole + #fraction == 0 or text:find("[eE]%s*$") then
    return nil
  end
  local digits = whole .. fraction
  local leading = #digits:match("^0*")
  local significant = digits:sub(leading + 1):gsub("0+$", "")
  if significant == "" then
    return "", "0", 0
  end
  local power = tonumber(exponent ~= "" and exponent or "0")
  return sign == "-" and "-" or "", significant, #whole - leading - 1 + power
end

-- Nothing when DynamoDB can hold the number, else why not.
local function problem_of(sign, digits, exponent)
  if not sign then
    return "is no number"
  elseif #digits > DIGITS then
    return ("has %d significant digits, DynamoDB keeps %d"):format(#digits, DIGITS)
  elseif exponent > 125 or exponent < -130 then
    return "is beyond DynamoDB's range (1E-130 to 9.99...E+125)"
  end
end

-- The shortest text that reads back as the same number.
local function shortest(number)
  local integer = math.tointeger(number)
  if integer then
    return ("%d"):format(integer)
  end
  for precision = 15, 17 do
    local text = ("%." .. precision .. "g"):format(number)
    if tonumber(text) == number then
      return text
    end
  end
end

function dynamodb.number_problem(number)
  if math.type(number) == "integer" then
    return nil
  elseif number ~= number or number == math.huge or number == -math.huge then
    return "is not finite, which DynamoDB cannot hold"
  end
  return problem_of(decompose(shortest(number)))
end

-- The text of a Lua number or of a dynamodb.number, for the wire.
function dynamodb.number_text(number)
  return type(number) == "number" and shortest(number) or rawget(number, "text")
end

-- What is on the wire -> a Lua number if it holds exactly that, else the decimal itself.
function dynamodb.read_number(text)
  if type(text) ~= "string" then
    return text
  end
  local number = tonumber(text)
  if math.type(number) == "integer" then
    return number
  end
  local sign, digits, exponent = decompose(text)
  if not sign then
    return text
  end
  number = math.tointeger(number) or number
  local again, same_digits, same_exponent = decompose(shortest(number) or "")
  if again == sign and same_digits == digits and same_exponent == exponent then
    return number
  end
  return setmetatable({ text = text }, number_type)
end

number_type.__tostring = function(number)
  return rawget(number, "text")
end
number_type.__eq = function(a, b)
  local sign_a, digits_a, exponent_a = decompose(a.text)
  local sign_b, digits_b, exponent_b = decompose(b.text)
  return sign_a == sign_b and digits_a == digits_b and exponent_a == exponent_b
end

-- A decimal with up to 38 digits. A Lua number comes back when it is exactly that.
function dynamodb.number(text)
  if type(text) == "number" then
    text = shortest(text) or "?"
  end
  if type(text) ~= "string" then
    error("dynamodb.number: the digits must be a string, is a " .. type(text), 2)
  end
  local problem = problem_of(decompose(text))
  if problem then
    error(("dynamodb.number: '%s' %s"):format(text:sub(1, 60), problem), 2)
  end
  return dynamodb.read_number(text)
end

binary_type.__tostring = function(binary)
  return binary.bytes
end
binary_type.__eq = function(a, b)
  return a.bytes == b.bytes
end

function dynamodb.binary(bytes)
  if type(bytes) ~= "string" then
    error("dynamodb.binary: the bytes must be a string, is a " .. type(bytes), 2)
  end
  return setmetatable({ bytes = bytes }, binary_type)
end

local set_methods = {}
set_type.__index = set_methods

-- Is the value in the set? Of n members, n steps: DynamoDB's sets are small.
function set_methods:has(value)
  for index = 1, #self do
    if self[index] == value then
      return true
    end
  end
  return false
end

local SET_KINDS = { string = "S", number = "N", binary = "B" }

local function kind_in_set(value)
  return SET_KINDS[dynamodb.kind(value) or type(value)]
end

-- "S", "N" or "B"
function dynamodb.set_kind(set)
  return kind_in_set(set[1])
end

-- What came from the wire, as a set; nothing is checked.
function dynamodb.read_set(list)
  return setmetatable(table.move(list, 1, #list, 1, {}), set_type)
end

function dynamodb.set(list)
  if type(list) ~= "table" or #list == 0 then
    error("dynamodb.set: a list with at least one member is needed", 2)
  end
  local kind, set = kind_in_set(list[1]), {}
  setmetatable(set, set_type)
  for index, value in ipairs(list) do
    if not kind or kind_in_set(value) ~= kind then
      error(("dynamodb.set: member %d is a %s; all must be strings, all numbers, or all binary")
        :format(index, dynamodb.kind(value) or type(value)), 2)
    elseif set:has(value) then
      error(("dynamodb.set: member %d, %s, is there twice"):format(index, tostring(value)), 2)
    end
    set[index] = value
  end
  return set
end

return dynamodb
