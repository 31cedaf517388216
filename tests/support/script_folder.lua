-- A folder of scripts for a test: files by path, written anew, removed at the end.
local script_folder = {}
script_folder.__index = script_folder

local count = 0

local function run(command)
  if not os.execute(command) then error("failed: " .. command) end
end

function script_folder.new(files)
  local path = os.tmpname()
  os.remove(path)
  run(("mkdir -p %s/scripts/endpoints %s/scripts/policies %s/scripts/lib %s/scripts/orchestrator %s/scripts/background")
    :format(path, path, path, path, path))
  local self = setmetatable({ root = path, path = path .. "/scripts" }, script_folder)
  for name, text in pairs(files or {}) do self:write(name, text) end
  return self
end

-- A file is another one after each write, also within the same clock tick.
function script_folder:write(name, text)
  count = count + 1
  local temporary = ("%s/%d"):format(self.root, count)
  local file = assert(io.open(temporary, "w"))
  file:write(text)
  file:close()
  assert(os.rename(temporary, self.path .. "/" .. name))
end

function script_folder:remove(name)
  assert(os.remove(self.path .. "/" .. name))
end

function script_folder:close()
  run("rm -rf " .. self.root)
end

script_folder.__close = script_folder.close

return script_folder
