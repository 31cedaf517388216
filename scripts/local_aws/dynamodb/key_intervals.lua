-- A condition on a range key as an interval of the bytes that keys have in the database (keys.lua).
--
--   intervals.OPERATOR(prefix, is_followed, values...) -> the first bytes that fulfil it, the first behind those (nil: no end)
--
-- `prefix` is what the keys before it, all equal, begin with; `is_followed` says that more keys come after it.

local keys = require "local_aws.dynamodb.keys"

local intervals = {}

-- The least bytes that are greater than all that begin with `prefix`; nil when there are none.
local function successor(prefix)
  local rest = prefix:gsub("\255+$", "")
  if rest == "" then
    return nil
  end
  return rest:sub(1, -2) .. string.char(rest:byte(-1) + 1)
end

local function at(prefix, is_followed, attribute)
  return prefix .. keys.part(attribute, is_followed)
end

local function behind(prefix, is_followed, attribute)
  local bytes = at(prefix, is_followed, attribute)
  return is_followed and successor(bytes) or bytes .. "\0"
end

function intervals.EQ(...) return at(...), behind(...) end
function intervals.LT(prefix, ...) return prefix, at(prefix, ...) end
function intervals.LE(prefix, ...) return prefix, behind(prefix, ...) end
function intervals.GT(prefix, ...) return behind(prefix, ...), successor(prefix) end
function intervals.GE(prefix, ...) return at(prefix, ...), successor(prefix) end

function intervals.BETWEEN(prefix, is_followed, low, high)
  return at(prefix, is_followed, low), behind(prefix, is_followed, high)
end

function intervals.BEGINS_WITH(prefix, is_followed, start)
  local bytes = at(prefix, is_followed, start)
  bytes = is_followed and bytes:sub(1, -3) or bytes -- without the mark of its end
  return bytes, successor(bytes)
end

return intervals
