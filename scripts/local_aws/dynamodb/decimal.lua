-- Exact decimal numbers as DynamoDB has them: 38 significant digits, magnitudes from 1E-130 to 9.99...E+125.
--
-- A decimal is {negative=bool, digits="d1d2...", exponent=e} and means 0.d1d2... * 10^e. Its digits neither begin nor end with
-- "0"; zero has none. Decimals are never changed once made.

local decimal = {}

local MAXIMUM_DIGITS = 38
local HIGHEST_EXPONENT = 126 -- 9.99E+125 = 0.999 * 10^126
local LOWEST_EXPONENT = -129 -- 1E-130    = 0.1   * 10^-129

local ZERO = { negative = false, digits = "", exponent = 0 }

local function make(negative, digits, exponent)
  local leading = #digits:match("^0*")
  digits = digits:sub(leading + 1):gsub("0+$", "")
  if digits == "" then
    return ZERO
  end
  return { negative = negative, digits = digits, exponent = exponent - leading }
end

-- Reads "-12.50e3". Nil when it is no number.
function decimal.parse(text)
  local sign, whole, rest = text:match("^([+-]?)(%d*)(.*)$")
  local fraction, tail = rest:match("^%.(%d*)(.*)$")
  if not fraction then
    fraction, tail = "", rest
  end
  if whole == "" and fraction == "" then
    return nil
  end
  local exponent = 0
  if tail ~= "" then
    local written = tail:match("^[eE]([+-]?%d+)$")
    -- More digits than these are out of any range; Java's reader refuses them too.
    if not written or #written:gsub("^[+-]?0*", "") > 9 then
      return nil
    end
    exponent = math.tointeger(tonumber(written))
  end
  return make(sign == "-", whole .. fraction, exponent + #whole)
end

-- Nil when the number can be stored, else the sentence that says why not.
function decimal.fault(number)
  if number.digits == "" then
    return nil
  elseif number.exponent > HIGHEST_EXPONENT then
    return "Number overflow. Attempting to store a number with magnitude larger than supported range"
  elseif number.exponent < LOWEST_EXPONENT then
    return "Number underflow. Attempting to store a number with magnitude smaller than supported range"
  elseif #number.digits > MAXIMUM_DIGITS then
    return "Attempting to store more than 38 significant digits in a Number"
  end
  return nil
end

-- Plain notation without an exponent, as DynamoDB answers.
function decimal.format(number)
  local digits, exponent = number.digits, number.exponent
  if digits == "" then
    return "0"
  end
  local text
  if exponent <= 0 then
    text = "0." .. ("0"):rep(-exponent) .. digits
  elseif #digits <= exponent then
    text = digits .. ("0"):rep(exponent - #digits)
  else
    text = digits:sub(1, exponent) .. "." .. digits:sub(exponent + 1)
  end
  return number.negative and "-" .. text or text
end

-- Of the sizes only, signs aside: -1, 0 or 1.
local function compare_magnitudes(a, b)
  if a.exponent ~= b.exponent then
    return a.exponent < b.exponent and -1 or 1
  elseif a.digits == b.digits then
    return 0
  end
  return a.digits < b.digits and -1 or 1
end

local function sign(number)
  return number.digits == "" and 0 or number.negative and -1 or 1
end

-- -1, 0 or 1.
function decimal.compare(a, b)
  local sign_a, sign_b = sign(a), sign(b)
  if sign_a ~= sign_b then
    return sign_a < sign_b and -1 or 1
  end
  return sign_a * compare_magnitudes(a, b)
end

-- Adds or subtracts two digit strings of one length; in a subtraction `a` is the larger. -> the digits, the carry in front
local function combine(a, b, subtract)
  local out, carry = {}, 0
  for index = #a, 1, -1 do
    local digit = a:byte(index) - 48 + (subtract and 48 - b:byte(index) or b:byte(index) - 48) + carry
    carry = digit // 10
    out[index + 1] = digit % 10
  end
  out[1] = carry
  return table.concat(out)
end

function decimal.add(a, b)
  if a.digits == "" then
    return b
  elseif b.digits == "" then
    return a
  end
  -- Numbers further apart than their ranges cannot be summed in 38 digits; the caller refuses what comes out.
  local top = math.max(a.exponent, b.exponent)
  local bottom = math.min(a.exponent - #a.digits, b.exponent - #b.digits)
  local function aligned(number)
    local digits = ("0"):rep(top - number.exponent) .. number.digits
    return digits .. ("0"):rep(top - bottom - #digits)
  end
  if a.negative == b.negative then
    return make(a.negative, combine(aligned(a), aligned(b), false), top + 1)
  end
  if compare_magnitudes(a, b) < 0 then
    a, b = b, a
  end
  return make(a.negative, combine(aligned(a), aligned(b), true), top + 1)
end

function decimal.negate(number)
  if number.digits == "" then
    return number
  end
  return { negative = not number.negative, digits = number.digits, exponent = number.exponent }
end

function decimal.subtract(a, b)
  return decimal.add(a, decimal.negate(b))
end

local function digit_pairs(digits, convert)
  return (digits .. (#digits % 2 == 1 and "0" or "")):gsub("%d%d", function(pair)
    return string.char(convert(tonumber(pair)))
  end)
end

-- Bytes whose order is the order of the numbers: a sign, the exponent, two digits a byte. For negative numbers all of that is
-- turned round, and an end mark above every digit puts the shorter (larger) one behind.
function decimal.encode(number)
  if number.digits == "" then
    return "\1"
  elseif number.negative then
    local digits = digit_pairs(number.digits, function(pair) return 254 - pair end)
    return "\0" .. string.char(HIGHEST_EXPONENT - number.exponent) .. digits .. "\255"
  end
  local digits = digit_pairs(number.digits, function(pair) return pair end)
  return "\2" .. string.char(number.exponent - LOWEST_EXPONENT) .. digits
end

-- Bytes that DynamoDB counts for a number: one for two digits, one for the exponent, one for a minus.
function decimal.size(number)
  local digits = #number.digits
  if digits == 0 then
    return 1
  end
  local odd_start = digits % 2 == 0 and number.exponent % 2 ~= 0
  return 1 + (digits + 1) // 2 + (odd_start and 1 or 0) + (number.negative and 1 or 0)
end

return decimal
