-- Names as Route 53 keeps them: lower case, with the last dot, odd characters as \ooo; and the order that it lists them in.

local accounts = require "local_aws.accounts"
local fault = require "local_aws.fault"

local names = {}

-- "WWW.Example.com" -> "www.example.com."; "*" is kept as \052, as AWS shows it.
function names.normalise(text)
  local name = text:lower():gsub("\\052", "*"):gsub("[^%w%-_.\\]", function(character)
    return ("\\%03o"):format(character:byte())
  end)
  if name:sub(-1) ~= "." then
    name = name .. "."
  end
  return name
end

-- Why a name is none, nil when it is one.
function names.problem(name)
  if #name > 255 then
    return "Domain name is too long"
  elseif name:find("..", 1, true) or name:sub(1, 1) == "." and name ~= "." then
    return "Domain label is empty"
  end
  for label in name:gmatch("[^.]+") do
    if #label:gsub("\\%d%d%d", "x") > 63 then
      return "Domain label is too long"
    end
  end
end

-- What record sets and zones are sorted by: labels the other way round, "com.example.www.".
function names.sort_key(name)
  local labels = {}
  for label in name:gmatch("[^.]+") do
    table.insert(labels, 1, label)
  end
  return table.concat(labels, ".") .. "."
end

-- Is `name` the zone's own name or below it?
function names.is_inside(name, zone_name)
  return name == zone_name or name:sub(-#zone_name - 1) == "." .. zone_name
end

-- An id as Route 53 makes them: Z0123456789ABCDEFGHI. With its prefix it is just as long as the model lets an id be.
function names.id(prefix)
  return accounts.unique_id(prefix, nil, 19)
end

-- "/hostedzone/Z1" and "Z1" are the same to those who call in-process.
function names.bare_id(text)
  return text:match("[^/]*$")
end

-- The size of a page from MaxItems, which is text.
function names.page_size(input, most)
  local size = math.tointeger(tonumber(input.MaxItems or most))
  if not size or size < 1 then
    fault.raise("InvalidInput", ("Invalid MaxItems: '%s'"):format(input.MaxItems))
  end
  return math.min(size, most)
end

return names
