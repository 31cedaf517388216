-- What a script that is not trusted sees: allow-listed globals that it cannot change, and a require of its own.
local failure = require "explain.failure"
local host = require "runtime.scripts.core"
local nearest = require "aws.nearest"
local task = require "task"

local sandbox = {}

-- --- read-only views ---

local function frozen(name)
  return function(_, key)
    error(("attempt to change '%s.%s': what a script is given is read-only"):format(name, tostring(key)), 2)
  end
end

-- A view of a library or module. What it holds is the same; tables in it are views, too.
local function view(original, name)
  local members = {}
  for key, value in pairs(original) do
    if type(value) == "table" and getmetatable(value) == nil then value = view(value, name .. "." .. tostring(key)) end
    members[key] = value
  end
  return setmetatable({}, {
    __index = members,
    __newindex = frozen(name),
    __len = function() return #members end,
    __pairs = function() return function(_, key) return next(members, key) end end,
    __metatable = false,
  })
end

-- --- functions that need care ---

-- A finalizer would run in whatever task collects garbage, with no budget.
local own_metatables = setmetatable({}, { __mode = "k" })

local function safe_setmetatable(object, metatable)
  if type(metatable) == "table" then
    if rawget(metatable, "__gc") ~= nil then error("a script's metatable cannot have __gc; use a <close> variable", 2) end
    own_metatables[metatable] = true
  end
  return setmetatable(object, metatable)
end

-- Metatables that the host made (of strings, marked lists, errors) are shared by all scripts, so they are not shown.
local function safe_getmetatable(object)
  local metatable = getmetatable(object)
  if type(metatable) == "table" and not own_metatables[metatable] then return false end
  return metatable
end

local function safe_rawset(object, key, value)
  if getmetatable(object) == false then error("attempt to change what is read-only", 2) end
  return rawset(object, key, value)
end

-- The table library believes __len, and loops that far in C, where no budget counts.
local function with_real_length(name, fn)
  return function(list, ...)
    if type(list) ~= "table" then
      error(("bad argument #1 to '%s' (table expected, got %s)"):format(name, list == nil and "nil" or type(list)), 2)
    end
    local metatable = getmetatable(list)
    if type(metatable) == "table" and metatable.__len then error("a table with __len cannot be used here", 2) end
    return fn(list, ...)
  end
end

local LONGEST_MOVE = 10000000

local function safe_move(from, first, last, ...)
  if type(first) == "number" and type(last) == "number" and last - first > LONGEST_MOVE then
    error("table.move: too many elements", 2)
  end
  return table.move(from, first, last, ...)
end

local function print_to_log(...)
  local words = table.pack(...)
  for index = 1, words.n do words[index] = tostring(words[index]) end
  require "log".info(table.concat(words, "\t"))
end

local function without(library, ...)
  local copy = {}
  for name, value in pairs(library) do copy[name] = value end
  for _, name in ipairs { ... } do copy[name] = nil end
  return copy
end

local safe_table = { move = safe_move, pack = table.pack }
for _, name in ipairs { "concat", "insert", "remove", "sort", "unpack" } do
  safe_table[name] = with_real_length(name, table[name])
end

-- --- the globals ---

local hints = {
  coroutine = "use task.spawn", io = "scripts have no files", os = "use the module 'time'", debug = "scripts have none",
  load = "scripts compile nothing", loadstring = "scripts compile nothing", loadfile = "use require", dofile = "use require",
  package = "use require", collectgarbage = "the host collects", unpack = "it is table.unpack",
}

local known_globals = {} -- their names

local globals = setmetatable({
  _VERSION = _VERSION,
  assert = assert, error = error, ipairs = ipairs, next = next, pairs = pairs, pcall = failure.pcall, rawequal = rawequal,
  rawget = rawget, rawlen = rawlen, select = select, tonumber = tonumber, tostring = tostring, type = type, xpcall =
  failure.xpcall,
  getmetatable = safe_getmetatable, setmetatable = safe_setmetatable, rawset = safe_rawset, print = print_to_log,
  math = view(without(math, "randomseed"), "math"),
  string = view(without(string, "dump"), "string"),
  table = view(safe_table, "table"),
  utf8 = view(utf8, "utf8"),
}, {
  __index = function(_, name)
    local hint = hints[name] and "; " .. hints[name] or nearest.hint(tostring(name), known_globals)
    error(("unknown global '%s'%s"):format(tostring(name), hint), 2)
  end,
})

for name in next, globals do known_globals[#known_globals + 1] = name end

local function refuse_global(_, name)
  error(("attempt to set the global '%s': use local"):format(tostring(name)), 2)
end

-- --- modules ---

-- Modules whose sandboxed form differs from the trusted one.
local special = {
  config = function() return require "config.sandbox" end,
  dry_run = function()
    local whole = require "dry_run"
    return { is_on = whole.is_on, check = whole.check }
  end,
  http = function()
    local http = require "http"
    local own = without(http, "over_socket")
    function own.request(options)
      require "dry_run".refuse_http(options)
      return http.request(options)
    end
    return own
  end,
  task = function() return without(task, "background", "context") end,
}

local views = {}

local function host_module(name)
  if not views[name] then
    local module = special[name] and special[name]() or require(name)
    views[name] = type(module) == "table" and view(module, name) or module
  end
  return views[name]
end

local SCRIPT_FOLDERS = { lib = true, policies = true, orchestrator = true, endpoints = true, background = true }

local function is_script(name)
  return name:find "^[%w_]+%.[%w_.]*[%w_]$" and SCRIPT_FOLDERS[name:match "^[%w_]+"] or false
end

-- A require that loads scripts of one generation, each once per environment. `modules` is name -> {code=, title=, fault=}.
local function new_require(modules, environment)
  local loaded, loading = {}, {}

  local function load_script(name)
    local entry = modules[name]
    if not entry then
      local hint = nearest.find(name, nearest.names(modules))
      error(("module '%s' not found: there is no %s.lua%s"):format(name, name:gsub("%.", "/"),
        hint and (", did you mean '%s'?"):format(hint) or ""), 2)
    end
    if not entry.code then error(("module '%s' is broken: %s"):format(name, entry.fault), 0) end
    if loading[name] then
      error(("module '%s' requires itself: %s -> %s"):format(name, table.concat(loading, " -> "), name), 2)
    end
    loading[name] = true
    loading[#loading + 1] = name
    local result = host.still(load(entry.code, entry.title, "b", environment), name)
    loading[name] = nil
    loading[#loading] = nil
    if result == nil then result = true end
    loaded[name] = result
    return result
  end

  return function(name)
    if type(name) ~= "string" then error("bad argument #1 to 'require' (string expected)", 2) end
    if loaded[name] ~= nil then return loaded[name] end
    if is_script(name) then return load_script(name) end
    if host.allowed(name) then return host_module(name) end
    if package.preload[name] then error(("module '%s' is for trusted code only"):format(name), 2) end
    error(("module '%s' not found: it is none of the scripts and none of the modules that scripts may use"):format(name), 2)
  end
end

--- A fresh environment: its globals and its require. Nothing that a script does in one is seen in another.
function sandbox.new(modules)
  local environment = {}
  local own = setmetatable({ _G = environment }, { __index = globals })
  own.require = new_require(modules, environment)
  setmetatable(environment, {
    __index = own,
    __newindex = refuse_global,
    __pairs = function() return function(_, key) return next(globals, key) end end,
    __metatable = false,
  })
  return environment, own.require
end

return sandbox
