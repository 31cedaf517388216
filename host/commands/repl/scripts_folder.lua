-- The operators' scripts, from the prompt: editing one, and forgetting those that were required.
local config = require "config"
local core = require "runtime.scripts.core"
local embedded = require "embedded"

local scripts_folder = {}

local function quoted(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

--- Opens the script in the user's editor; waits for it, with all else. `folder`: where, by default the program's scripts.
function scripts_folder.edit(name, folder)
  if not name:find "^[%w_][%w_/.-]*$" or name:find("..", 1, true) then
    error("the name of a script is needed, as endpoints/resume_execution", 0)
  end
  local path = ("%s/%s.lua"):format(folder or core.folder(), (name:gsub("%.lua$", "")))
  local file = io.open(path, "r")
  if not file then error("there is no " .. path, 0) end
  file:close()
  local editor = config.get "VISUAL" or config.get "EDITOR" or "vi"
  if not os.execute(editor .. " " .. quoted(path)) then error(editor .. " failed", 0) end
  local chunk, fault = loadfile(path, "t")
  print(chunk and path .. " is sound Lua" or fault)
  scripts_folder.forget()
end

--- -> the names by which the scripts are required, for completion.
function scripts_folder.names()
  local names = {}
  for path in pairs((core.list(core.folder()))) do names[#names + 1] = path:gsub("%.lua$", ""):gsub("/", ".") end
  return names
end

--- -> how many modules will be read again.
function scripts_folder.forget()
  local builtin, count = {}, 0
  for _, path in ipairs(embedded.paths()) do
    builtin[path:gsub("^modules/lua/", ""):gsub("^host/", ""):gsub("%.lua$", ""):gsub("/", ".")] = true
  end
  for name in pairs(package.loaded) do
    local first = name:match "^(%w+)%."
    if not builtin[name] and (first == "lib" or first == "policies" or first == "endpoints" or first == "orchestrator") then
      package.loaded[name] = nil
      count = count + 1
    end
  end
  return count
end

return scripts_folder
