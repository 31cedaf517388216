-- The program on a terminal of its own, typed at and looked at as a person does (tests/support/terminal.c).
--
--   local session <close> = screen.open("repl --local", { DRSH_HISTORY = path })
--   session:type "1 + 1\n"; session:expect "\n2\r"          -- waits for what the terminal shows after the last expectation
--   session:type(screen.CTRL_C); session:ended() -> exit code

local program = require "tests.support.program"

local screen = { CTRL_C = "\3", CTRL_D = "\4", TAB = "\t" }

local path = (program.path:match "^(.*)/[^/]*$") .. "/tests/support/terminal"

local session = {}
session.__index = session

local function read(name)
  local file = io.open(name, "rb")
  local text = file and file:read "a" or "" -- the shell has not made it yet
  if file then file:close() end
  return text
end

function screen.open(arguments, environment)
  assert(io.open(path), path .. " is not built; make test builds it"):close()
  local self = setmetatable({ folder = program.folder(), seen = 1 }, session)
  local settings = {}
  for name, value in pairs(environment or {}) do settings[#settings + 1] = ("%s='%s'"):format(name, value) end
  os.execute("mkfifo " .. self.folder .. "/in")
  os.execute(("(%s %s %s %s < %s/in > %s/out 2> %s/err; echo $? > %s/code) &"):format(table.concat(settings, " "), path, program.path,
    arguments, self.folder, self.folder, self.folder, self.folder))
  self.input = assert(io.open(self.folder .. "/in", "w"))
  self.input:setvbuf "no"
  return self
end

function session:type(text)
  self.input:write(text)
end

--- Waits until the terminal shows the pattern behind what was seen last; gives what was shown up to its end.
function session:expect(pattern, seconds)
  local shown
  local fine = pcall(program.wait_for, pattern, function()
    shown = read(self.folder .. "/out")
    return shown:find(pattern, self.seen)
  end, seconds or 20)
  if not fine then
    error(("the terminal never showed %q, but:\n%s"):format(pattern, shown:sub(self.seen)), 2)
  end
  local _, last = shown:find(pattern, self.seen)
  local text = shown:sub(self.seen, last)
  self.seen = last + 1
  return text
end

--- Waits for the end; the exit code.
function session:ended()
  return program.wait_for("the end of the session", function()
    local file = io.open(self.folder .. "/code")
    local code = file and file:read "n"
    if file then file:close() end
    return code
  end)
end

function session:close()
  if self.input then
    self.input:close() -- hangs up
    self.input = nil
    self:ended()
    program.remove(self.folder)
  end
end

session.__close = session.close

return screen
