-- Values for people: as Lua would write them, keys sorted, cycles named, nothing cut.
local json = require "json"

local show = {}

local function sorted_keys(value)
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    if type(a) == type(b) and (type(a) == "number" or type(a) == "string") then return a < b end
    return tostring(a) < tostring(b)
  end)
  return keys
end

-- Clients, sets and the like say themselves what they are.
local function is_protected(meta)
  return type(meta) == "string" and meta ~= "json.array" and meta ~= "json.object"
end

local function text_of(value, indent, seen)
  if type(value) == "string" then return (("%q"):format(value):gsub("\\\n", "\\n")) end
  if value == json.null then return "json.null" end
  local meta = type(value) == "table" and getmetatable(value)
  if type(value) ~= "table" or type(meta) == "table" and meta.__tostring or is_protected(meta) then return tostring(value) end
  if seen[value] then return "<the table above>" end
  if next(value) == nil then return json.is_array(value) and "json.array{}" or "{}" end
  seen[value] = true
  local lines = {}
  for _, key in ipairs(sorted_keys(value)) do
    local name = math.type(key) == "integer" and key >= 1 and key <= #value and ""
      or type(key) == "string" and key:find "^[%a_][%w_]*$" and key .. " = "
      or "[" .. text_of(key, indent, seen) .. "] = "
    lines[#lines + 1] = indent .. "  " .. name .. text_of(value[key], indent .. "  ", seen)
  end
  seen[value] = nil
  return "{\n" .. table.concat(lines, ",\n") .. "\n" .. indent .. "}"
end

--- The value as text.
function show.text(value)
  return text_of(value, "", {})
end

return show
