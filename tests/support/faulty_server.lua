-- A server that misbehaves as it is told (tests/support/faulty_server.c), as a process beside the test.
--
--   local server <close> = faulty_server.start({ { "read", { send = bytes }, "reset" }, ... }, { tls = "localhost" })
--   server.port, server.url; server.authority, the file of whom to trust
--   server:requests() -> list of { method=, target=, headers={lower-case name -> text} }, as they came so far
--   faulty_server.answer(status, headers, body) -> the bytes of an answer

local program = require "tests.support.program"

local faulty_server = {}
faulty_server.__index = faulty_server

local function write(path, bytes)
  local file = assert(io.open(path, "wb"))
  file:write(bytes)
  file:close()
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

function faulty_server.answer(status, headers, body)
  local lines = { ("HTTP/1.1 %d Said"):format(status) }
  local all = { ["Content-Length"] = #body, Connection = "close" }
  for name, value in pairs(headers) do
    all[name] = value or nil
  end
  for name, value in pairs(all) do
    lines[#lines + 1] = ("%s: %s"):format(name, value)
  end
  return table.concat(lines, "\r\n") .. "\r\n\r\n" .. body
end

-- The steps of one connection as the program takes them; what is to be sent goes into files.
local function steps_of(folder, number, connection)
  local steps = {}
  for index, step in ipairs(connection) do
    if type(step) == "table" and (step.send or step.slow) then
      local path = ("%s/%d-%d"):format(folder, number, index)
      write(path, step.send or step.slow)
      step = step.send and "send=" .. path or ("slow=%s:%d"):format(path, step.pause_ms)
    elseif type(step) == "table" then
      step = ("fill=%d"):format(step.fill)
    end
    steps[index] = step
  end
  return "'" .. table.concat(steps, ",") .. "'"
end

-- connections: a list of lists of steps; the last one is repeated. options: {tls= host name}
function faulty_server.start(connections, options)
  local path = program.path:gsub("[^/]*$", "") .. "tests/support/faulty_server"
  local there = io.open(path, "rb")
  assert(there, path .. " is not built; make test builds it"):close()
  local self = setmetatable({ folder = program.folder() }, faulty_server)
  self.authority = self.folder .. "/authority.pem"
  local words = { path }
  if options and options.tls then
    words[2] = ("--tls %s %s"):format(options.tls, self.authority)
  end
  for number, connection in ipairs(connections) do
    words[#words + 1] = steps_of(self.folder, number, connection)
  end
  write(self.folder .. "/out", "")
  local pipe = assert(io.popen(("%s > %s/out 2> %s/err < /dev/null & echo $!"):format(table.concat(words, " "), self.folder,
    self.folder)))
  self.id = tonumber(pipe:read "a")
  pipe:close()
  self.port = program.wait_for("the misbehaving server's port", function()
    return read(self.folder .. "/out"):match "^listening on (%d+)\n"
  end)
  self.url = "http://127.0.0.1:" .. self.port
  return self
end

function faulty_server:requests()
  local found = {}
  local text = read(self.folder .. "/out"):gsub("^[^\n]*\n", "")
  for head in text:gmatch "(.-)\r\n\r\n" do
    local method, target = head:match "^(%u+) (%S+) HTTP/1%.1"
    local headers = {}
    for name, value in head:gmatch "\r\n([^:\r\n]+): *([^\r\n]*)" do
      headers[name:lower()] = value
    end
    found[#found + 1] = { method = method, target = target, headers = headers }
  end
  return found
end

function faulty_server:close()
  os.execute(("kill %d 2> /dev/null"):format(self.id))
  local problem = read(self.folder .. "/err")
  program.remove(self.folder)
  assert(problem == "", problem)
end

faulty_server.__close = faulty_server.close

return faulty_server
