-- Routes: which script answers a method and a path. Segments match exactly; "{name}" takes one segment, percent-decoded.

local router = {}
router.__index = router

-- "/a//b" -> { "a", "", "b" }
local function split(path)
  local segments = {}
  for segment in (path:sub(2) .. "/"):gmatch "([^/]*)/" do segments[#segments + 1] = segment end
  return segments
end

--- A percent-decoded segment or query part; nil if it is malformed or holds a NUL.
function router.decode(text)
  local sound = true
  local decoded = text:gsub("%%(.?.?)", function(digits)
    local byte = #digits == 2 and digits:find "^%x%x$" and tonumber(digits, 16)
    if not byte or byte == 0 then
      sound = false
      return ""
    end
    return string.char(byte)
  end)
  if sound then return decoded end
end

--- A query string as a table, the last one of a name counts; nil if it is malformed.
function router.query(text)
  local query = {}
  for part in (text or ""):gmatch "[^&]+" do
    local name, value = part:match "^([^=]*)=(.*)$"
    name, value = router.decode(((name or part):gsub("+", " "))), router.decode(((value or ""):gsub("+", " ")))
    if not name or not value then return nil end
    query[name] = value
  end
  return query
end

--- From {name -> {method=, path=, ...}}: the descriptions of endpoints.
function router.new(scripts)
  local routes = {}
  for name, script in pairs(scripts) do
    if script.kind == "endpoint" then
      routes[#routes + 1] = { name = name, script = script, method = script.method, segments = split(script.path) }
    end
  end
  -- What is written out goes before what is taken as a parameter.
  table.sort(routes, function(a, b)
    local left, right = a.script.path:gsub("{[^}]*}", "\xff"), b.script.path:gsub("{[^}]*}", "\xff")
    return left < right or (left == right and a.method < b.method)
  end)
  return setmetatable({ routes = routes }, router)
end

local function match(route, segments)
  if #route.segments ~= #segments then return nil end
  local parameters = {}
  for index, expected in ipairs(route.segments) do
    local name = expected:match "^{(.*)}$"
    if name then
      local value = router.decode(segments[index])
      if not value or value == "" then return nil end
      parameters[name] = value
    elseif router.decode(segments[index]) ~= expected then
      return nil
    end
  end
  return parameters
end

--- The route and its parameters; or nil and, where the path is known with other methods, the sorted list of them.
function router:find(method, path)
  local segments, allowed = split(path), {}
  if path:sub(1, 1) ~= "/" then return nil end
  for _, route in ipairs(self.routes) do
    local parameters = match(route, segments)
    if parameters and route.method == method then return route, parameters end
    if parameters then allowed[#allowed + 1] = route.method end
  end
  if #allowed == 0 then return nil end
  table.sort(allowed)
  return nil, allowed
end

return router
