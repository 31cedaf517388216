-- drsh stubs DIR: what editors need to complete and check scripts.
local stubs = require "help.stubs"

local function make_folder(path)
  local quoted = "'" .. path:gsub("'", "'\\''") .. "'"
  return os.execute("mkdir -p -- " .. quoted)
end

local function write(path, text)
  local file, problem = io.open(path, "w")
  local written = file
  if file then
    written, problem = file:write(text)
    local closed, at_close = file:close()
    written, problem = written and closed, problem or at_close
  end
  return written, problem
end

return function(folder, more)
  if not folder or more then
    io.stderr:write "usage: drsh stubs DIR\n"
    return 2
  end
  if not make_folder(folder .. "/services") then
    return 1 -- mkdir has said why
  end
  local files = stubs.files()
  for _, file in ipairs(files) do
    local written, problem = write(folder .. "/" .. file[1], file[2])
    if not written then
      io.stderr:write("drsh stubs: ", tostring(problem), "\n")
      return 1
    end
  end
  print(("%d stubs in %s; for lua-language-server, .luarc.json: {\"workspace.library\": [%q]}"):format(#files, folder, folder))
  return 0
end
