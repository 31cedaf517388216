-- Single values on the wire: timestamps in their three formats, numbers as text.
-- In Lua a timestamp is a number, seconds since 1970 (a fraction allowed); parameters may also be ISO 8601 text.

local time = require "time"

local scalar = {}

-- Whole numbers are integers, so that nobody sees 1669878000.0.
local function whole(number)
  return math.tointeger(number) or number
end

-- What a service sent as a timestamp, whatever its format, as seconds; text that is none stays as it is (never lose an answer).
function scalar.read_timestamp(value)
  if type(value) == "string" then
    local number = tonumber(value) or time.parse(value)
    return number and whole(number) or value
  end
  return value
end

-- A parameter (number or ISO text) as seconds; nil when it is no time.
function scalar.seconds(value)
  if type(value) == "number" then
    return whole(value)
  end
  return type(value) == "string" and time.parse(value) or nil
end

-- format: "iso8601", "rfc822" or "unixTimestamp". Text, but a number for unixTimestamp.
function scalar.write_timestamp(value, format)
  local seconds = scalar.seconds(value)
  if format == "iso8601" then
    return time.iso8601(seconds, math.type(seconds) == "float" and "us" or "s")
  elseif format == "rfc822" then
    return time.http_date(seconds)
  end
  return seconds
end

-- The shortest decimal text that reads back as the same number.
function scalar.number_text(number)
  local integer = math.tointeger(number)
  if integer then
    return ("%d"):format(integer)
  end
  for digits = 15, 17 do
    local text = ("%." .. digits .. "g"):format(number)
    if tonumber(text) == number then
      return text
    end
  end
  return number ~= number and "NaN" or number > 0 and "Infinity" or "-Infinity"
end

-- Text of a scalar for a header, a query string or XML, by its type.
function scalar.text(kind, value)
  if kind == "boolean" then
    return value and "true" or "false"
  elseif type(value) == "number" then
    return scalar.number_text(value)
  end
  return tostring(value)
end

local NUMBERS = { integer = true, long = true, float = true, double = true, short = true, byte = true }

-- The reverse: text from a header or XML as the type says. An unreadable number stays text.
function scalar.parse(kind, text)
  if kind == "boolean" then
    return text == "true"
  elseif NUMBERS[kind] then
    local number = tonumber(text)
    return number and whole(number) or text
  end
  return text
end

-- RFC 3986: everything but unreserved characters; `keep` adds some (a character class's inside).
function scalar.percent(text, keep)
  return (text:gsub("[^%w%-%._~" .. (keep or "") .. "]", function(c)
    return ("%%%02X"):format(c:byte())
  end))
end

return scalar
