-- drsh repl: the primitives at a prompt. Modules are there by their names: aws, json, time ... without require.
local api = require "api"
local config = require "config"
local help = require "help"
local json = require "json"
local prompt = require "prompt"
local terminal = require "terminal"

local greeting = [[
drsh: Lua %s with the AWS primitives. A value is printed; help() lists what there is; Ctrl-D ends.]]

-- A value as Lua would write it: keys sorted, cycles named, nothing cut.
local function show(value, indent, seen)
  if type(value) == "string" then return ("%q"):format(value) end
  if value == json.null then return "json.null" end
  local meta = type(value) == "table" and getmetatable(value)
  if type(value) ~= "table" or (meta and meta.__tostring) then return tostring(value) end
  if seen[value] then return "<the table above>" end
  if next(value) == nil then return json.is_array(value) and "json.array{}" or "{}" end
  seen[value] = true
  local keys, lines = {}, {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    if type(a) == type(b) and (type(a) == "number" or type(a) == "string") then return a < b end
    return tostring(a) < tostring(b)
  end)
  for _, key in ipairs(keys) do
    local name = math.type(key) == "integer" and key >= 1 and key <= #value and ""
      or type(key) == "string" and key:find "^[%a_][%w_]*$" and key .. " = "
      or "[" .. show(key, indent, seen) .. "] = "
    lines[#lines + 1] = indent .. "  " .. name .. show(value[key], indent .. "  ", seen)
  end
  seen[value] = nil
  return "{\n" .. table.concat(lines, ",\n") .. "\n" .. indent .. "}"
end

local function show_help(topic)
  print(help.text(topic) or "that is a " .. type(topic) .. "; help() lists what there is")
end

local function environment()
  return setmetatable({ help = show_help }, {
    __index = function(_, name)
      if api.module(name) then return require(name) end
      return _G[name]
    end,
  })
end

-- Reads until the text is a whole piece of Lua; nil at the end of the input, false and the fault when it never will be.
local function read()
  local text
  repeat
    local line = prompt.read(text and "  >> " or "drsh> ")
    if not line then return nil end
    text = text and text .. "\n" .. line or line
    local chunk = load("return " .. text, "=repl", "t") or load(text, "=repl", "t")
    local _, fault = load(text, "=repl", "t")
    if chunk then return text end
  until not fault:find "<eof>"
  return text
end

local function run(text, env)
  local chunk, fault = load("return " .. text, "=repl", "t", env)
  if not chunk then chunk, fault = load(text, "=repl", "t", env) end
  if not chunk then return false, fault end
  return pcall(chunk)
end

return function()
  local interactive = terminal.is_tty(0)
  local world <close> = config.flag "DRSH_LOCAL" and require "commands.local_world".open() or nil
  local env = environment()
  local failed = false
  if interactive then print(greeting:format(_VERSION:match "[%d.]+")) end
  for text in read do
    local results = table.pack(run(text, env))
    if not results[1] then
      failed = true
      io.stderr:write(tostring(results[2]), "\n")
    end
    for i = 2, results[1] and results.n or 1 do print(show(results[i], "", {})) end
  end
  return failed and not interactive and 1 or 0
end
