-- The program's scripts with some files put in the place of others, as a folder of its own.
local core = require "runtime.scripts.core"

local folder = {}

local function read(path)
  local file, fault = io.open(path, "rb")
  if not file then error({ code = "FILE_UNREADABLE", message = fault }, 0) end
  local text = file:read "a"
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  assert(file:close())
end

local function run(command)
  if not os.execute(command) then error("failed: " .. command, 0) end
end

folder.originals = {} -- path in a folder of scripts -> the file that stood in for it, for the coverage report

--- {path, original, remove()}. replace: path in the folder -> file that stands in for it; false takes it away.
function folder.copy(replace)
  local original = core.folder()
  local root = os.tmpname()
  os.remove(root)
  local path = root .. "/scripts"
  local files = {}
  for name in pairs(core.list(original)) do files[name] = original .. "/" .. name end
  for name, file in pairs(replace) do
    files[name] = file or nil
    folder.originals[name] = file or nil
  end
  local made = {}
  for name, file in pairs(files) do
    local parent = path .. "/" .. (name:match "^(.*)/" or "")
    if not made[parent] then run("mkdir -p '" .. parent .. "'") end
    made[parent] = true
    write(path .. "/" .. name, read(file))
  end
  return { path = path, original = original, remove = function() run("rm -rf '" .. root .. "'") end }
end

return folder
