-- EC2's filters ("Filter.1.Name=tag:Name&Filter.1.Value.1=web*") and pages.

local crypto = require "crypto"
local fault = require "local_aws.fault"
local json = require "json"

local filters = {}

-- A filter's value as a Lua pattern: * is any text, ? one character, \ takes the next one as it is.
local function as_pattern(text)
  local out, escaped = {}, false
  for character in text:gmatch(".") do
    if escaped then
      out[#out + 1] = character:gsub("%W", "%%%0")
      escaped = false
    elseif character == "\\" then
      escaped = true
    elseif character == "*" then
      out[#out + 1] = ".*"
    elseif character == "?" then
      out[#out + 1] = "."
    else
      out[#out + 1] = character:gsub("%W", "%%%0")
    end
  end
  return "^" .. table.concat(out) .. "$"
end

local function matcher(text)
  if not text:find("[*?\\]") then
    return function(value)
      return value == text
    end
  end
  local pattern = as_pattern(text)
  return function(value)
    return value:find(pattern) ~= nil
  end
end

local function any(matchers, values)
  for _, value in ipairs(values) do
    for _, matches in ipairs(matchers) do
      if matches(tostring(value)) then
        return true
      end
    end
  end
  return false
end

-- Makes one function(item) -> boolean of a list of filters: all must fit, each by one of its values. `field(name)` gives the
-- function(item) -> list of values for a filter's name, or nil for an unknown one.
function filters.compile(list, field)
  local checks = {}
  for _, filter in ipairs(list or {}) do
    local read = filter.Name and field(filter.Name)
    if not read then
      fault.raise("InvalidParameterValue", ("The filter '%s' is invalid"):format(filter.Name or "null"))
    end
    local matchers = {}
    for index, value in ipairs(filter.Values or {}) do
      matchers[index] = matcher(value)
    end
    checks[#checks + 1] = function(item)
      return any(matchers, read(item))
    end
  end
  return function(item)
    for _, check in ipairs(checks) do
      if not check(item) then
        return false
      end
    end
    return true
  end
end

-- The tag filters that every described thing has: tag:KEY, tag-key and tag-value. `tags` is item.Tags' reader.
function filters.tag_field(name)
  local key = name:match("^tag:(.+)$")
  if key then
    return function(item)
      for _, tag in ipairs(item.Tags or {}) do
        if tag.Key == key then
          return { tag.Value }
        end
      end
      return {}
    end
  elseif name == "tag-key" or name == "tag-value" then
    local member = name == "tag-key" and "Key" or "Value"
    return function(item)
      local found = {}
      for index, tag in ipairs(item.Tags or {}) do
        found[index] = tag[member]
      end
      return found
    end
  end
end

-- The values at a path ("Attachments.InstanceId") of what is described; lists on the way give the values of all their items.
local function values_at(item, path)
  local values = { item }
  for name in path:gmatch("[^.]+") do
    local deeper = {}
    for _, value in ipairs(values) do
      local member = value[name]
      if type(member) == "table" and member[1] ~= nil then
        table.move(member, 1, #member, #deeper + 1, deeper)
      else
        deeper[#deeper + 1] = member
      end
    end
    values = deeper
  end
  return values
end

-- The fields of a kind: filter -> path of the member (or a function(item) -> values), and the tags.
function filters.fields(paths)
  return function(name)
    local path = paths[name]
    if type(path) == "string" then
      return function(item)
        return values_at(item, path)
      end
    end
    return path or filters.tag_field(name)
  end
end

function filters.token(value)
  return crypto.base64url_encode(json.encode(value))
end

-- What a token holds: a value of the type `kind` ("number" if left out).
function filters.read_token(text, kind)
  local decoded = crypto.base64url_decode(text)
  local ok, value = pcall(json.decode, decoded or "")
  if not decoded or not ok or type(value) ~= (kind or "number") then
    fault.raise("InvalidNextToken", "The token '" .. text .. "' is invalid")
  end
  return value
end

-- Cuts lists that are at hand into pages: page(list) -> items, token|nil.
function filters.page(input, default)
  local start = input.NextToken and math.tointeger(filters.read_token(input.NextToken)) or 1
  local size = input.MaxResults or default
  return function(list)
    local items = json.array { table.unpack(list, start, math.min(#list, start + size - 1)) }
    return items, list[start + size] and filters.token(start + size) or nil
  end
end

return filters
