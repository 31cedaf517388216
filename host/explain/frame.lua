-- A function that runs, or ran when its task failed: where it was, and what its variables held. Nothing of a script is called
-- to find out: no metamethod, no function.
local frame = {}
frame.__index = frame

-- What is nobody's script: the program's own Lua, and what runs specs.
local FOREIGN = { "^@host/", "^@modules/", "^@.*/busted/", "^@.*/luassert/" }
-- What a message handler consists of.
local HANDLERS = { "^@host/explain/", "^@host/testing/", "^@.*/busted/" }

local function is_of(info, patterns)
  for _, pattern in ipairs(patterns) do
    if info.source:find(pattern) then return true end
  end
  return false
end

local DEEPEST = 200 -- frames that are looked at

--- The frames of a thread from the innermost on: an iterator of level, info (debug.getinfo's "Slnf"), and is it a script's?
function frame.all(thread)
  local level = -1
  return function()
    level = level + 1
    local info = level < DEEPEST and debug.getinfo(thread, level, "Slnf") or nil
    if info then return level, info, info.what ~= "C" and not is_of(info, FOREIGN) end
  end
end

-- The level below a message handler, which lies on top of what failed; 0 where there is none.
local function below_handler(thread)
  local in_handler = false
  for level, info in frame.all(thread) do
    local of_handler = is_of(info, HANDLERS)
    if in_handler and not of_handler then return level end
    if not of_handler and info.what ~= "C" then return 0 end
    in_handler = in_handler or of_handler
  end
  return 0
end

--- The innermost script frame; and the C function that it called and that failed, or "host" for one of the program's. nil when
-- there is none, or when the script called `error`: then somebody chose the words.
function frame.failed(thread, context)
  local called, first = nil, below_handler(thread)
  for level, info, of_script in frame.all(thread) do
    if of_script then
      if called ~= "host" and called and called.func == error then return nil end
      return setmetatable({ thread = thread, level = level, info = info, context = context }, frame), called
    elseif level >= first then
      called = info.what == "C" and called ~= "host" and info or "host"
    end
  end
end

--- "scripts/endpoints/a.lua:3: ", as Lua puts it before a message.
function frame:place()
  return ("%s:%d: "):format(self.info.short_src, self.info.currentline)
end

--- A variable of this name: is it known, and its value.
function frame:variable(name)
  local known, value = false, nil
  for index = 1, 250 do
    local found, held = debug.getlocal(self.thread, self.level, index)
    if not found then break end
    if found == name then known, value = true, held end -- the last one hides the others
  end
  for index = 1, known and 0 or 255 do
    local found, held = debug.getupvalue(self.info.func, index)
    if not found then break end
    if found == name then return true, held end
  end
  return known, value
end

-- A member, through __index tables and no further.
local function member(container, key)
  for _ = 1, 10 do
    if type(container) == "string" then container = string end
    if type(container) ~= "table" or key == nil then return false end
    local value = rawget(container, key)
    if value ~= nil then return true, value end
    local meta = debug.getmetatable(container)
    local index = meta and rawget(meta, "__index")
    if index == nil then return true, nil end
    container = index
  end
  return false
end

local LITERALS = { ["nil"] = true, ["true"] = true, ["false"] = true, number = true, string = true }

--- What an expression (check/expressions.lua) stood for: is it known, and its value. What a call gave is not.
function frame:value(node)
  if node.kind == "local" then return self:variable(node.declaration.name) end
  if node.kind == "global" then
    local found, environment = self:variable "_ENV"
    if not found then return false end
    return member(environment, node.name)
  end
  if node.kind == "paren" then return self:value(node.inner) end
  if LITERALS[node.kind] then
    if node.kind == "true" or node.kind == "false" then return true, node.kind == "true" end
    return true, node.kind ~= "nil" and node.value or nil
  end
  local object = node.object
  if node.kind ~= "index" and node.kind ~= "method" then return false end
  local known, container = self:value(object)
  if not known then return false end
  if node.kind == "method" then return member(container, node.name) end
  local has_key, key = self:value(node.key)
  if not has_key then return false end
  return member(container, key)
end

--- The names that a table has, its own and those of its __index tables.
function frame.names(container)
  local names = {}
  for _ = 1, 10 do
    if type(container) == "string" then container = string end
    if type(container) ~= "table" then break end
    for key in next, container do names[#names + 1] = type(key) == "string" and key or nil end
    local meta = debug.getmetatable(container)
    container = meta and rawget(meta, "__index")
  end
  return names
end

return frame
