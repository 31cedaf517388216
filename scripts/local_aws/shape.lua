-- Is plain data, which somebody wrote by hand, what it is meant to be? A misspelt member would otherwise be passed over in
-- silence. A shape is one of
--
--   "string" "number" "boolean" "any"
--   { list = shape }                          a list; shapes of what it holds
--   { map = shape, keys = pattern | nil }     a table by names of the writer's choice
--   { members = { name = shape }, needs = { "name" } | nil }

local nearest = require "aws.nearest"

local shape = {}

local check -- (value, of, path)

local PROBLEM = { __tostring = function(problem)
  return problem.message
end }

local function refuse(path, what, ...)
  error(setmetatable({ code = "INVALID_DATA", message = path .. ": " .. what:format(...) }, PROBLEM), 0)
end

local function check_list(value, of, path)
  for index = 1, #value do
    check(value[index], of.list, ("%s[%d]"):format(path, index))
  end
  for key in pairs(value) do
    if math.type(key) ~= "integer" or key < 1 or key > #value then
      refuse(path, "a list is expected here, without '%s'", tostring(key))
    end
  end
end

local function check_map(value, of, path)
  for name, member in pairs(value) do
    if type(name) ~= "string" or of.keys and not name:find(of.keys) then
      refuse(path, "'%s' is no name that can stand here", tostring(name))
    end
    check(member, of.map, path .. "." .. name)
  end
end

local function check_members(value, of, path)
  for name, member in pairs(value) do
    local known = of.members[name]
    if not known then
      refuse(path, "%s", nearest.message("unknown member", tostring(name), nearest.names(of.members)))
    end
    check(member, known, path .. "." .. name)
  end
  for _, name in ipairs(of.needs or {}) do
    if value[name] == nil then
      refuse(path, "the member '%s' is missing", name)
    end
  end
end

function check(value, of, path)
  if of == "any" then
    return
  elseif type(of) == "string" then
    if type(value) ~= of then
      refuse(path, "a %s is expected here, and not a %s", of, type(value))
    end
  elseif type(value) ~= "table" then
    refuse(path, "a table is expected here, and not a %s", type(value))
  elseif of.list then
    check_list(value, of, path)
  elseif of.map then
    check_map(value, of, path)
  else
    check_members(value, of, path)
  end
end

-- Raises {code="INVALID_DATA", message=}: the path in `value` of what is wrong, which begins with `name`, and what to do.
shape.check = check

-- The same for a whole that is wrong without a path.
function shape.refuse(name, what)
  refuse(name, "%s", what)
end

return shape
