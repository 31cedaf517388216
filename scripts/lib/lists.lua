-- Small work on lists. Every list made here is marked as a JSON list, so that an empty one stays `[]`.

local json = require "json"

local lists = {}

--- The value, or nil where JSON or DynamoDB said null.
function lists.given(value)
  if value == json.null then return nil end
  return value
end

--- A list that may be missing, null, or a single value, as a list.
function lists.of(value)
  value = lists.given(value)
  if value == nil then return json.array {} end
  if type(value) ~= "table" then return json.array { value } end
  return value
end

function lists.map(list, fn)
  local out = json.array {}
  for position, item in ipairs(list) do out[#out + 1] = fn(item, position) end
  return out
end

function lists.filter(list, keep)
  local out = json.array {}
  for _, item in ipairs(list) do
    if keep(item) then out[#out + 1] = item end
  end
  return out
end

function lists.first(list, matches)
  for _, item in ipairs(list) do
    if matches(item) then return item end
  end
end

--- Set of the values: { value = true }.
function lists.set(list)
  local out = {}
  for _, item in ipairs(list) do out[item] = true end
  return out
end

--- The first occurrence of each value, in order.
function lists.unique(list)
  local seen, out = {}, json.array {}
  for _, item in ipairs(list) do
    if not seen[item] then
      seen[item] = true
      out[#out + 1] = item
    end
  end
  return out
end

--- All lists after one another.
function lists.concat(list_of_lists)
  local out = json.array {}
  for _, list in ipairs(list_of_lists) do
    for _, item in ipairs(list) do out[#out + 1] = item end
  end
  return out
end

--- Pieces of at most `size`. An empty list gives no piece: AWS takes an empty id filter for "everything".
function lists.chunks(list, size)
  local out = {}
  for first = 1, #list, size do
    out[#out + 1] = json.array(table.move(list, first, math.min(first + size - 1, #list), 1, {}))
  end
  return out
end

--- Groups by `key(item)`, as a list of { key =, items = } in the order of first appearance.
function lists.group(list, key)
  local found, out = {}, {}
  for _, item in ipairs(list) do
    local name = key(item)
    if name ~= nil then
      if not found[name] then
        found[name] = { key = name, items = json.array {} }
        out[#out + 1] = found[name]
      end
      local items = found[name].items
      items[#items + 1] = item
    end
  end
  return out
end

--- A copy with other values laid over it. Marks are kept.
function lists.merged(base, changes)
  local out = json.object {}
  for name, value in pairs(base) do out[name] = value end
  for name, value in pairs(changes) do out[name] = value end
  return out
end

return lists
