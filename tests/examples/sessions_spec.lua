-- The sessions in examples/sessions, typed in again on a terminal: what is shown must be what is written there.
local program = require "tests.support.program"
local screen = require "tests.support.screen"

-- A transcript -> list of {typed = , shown = lines behind it until the next prompt}.
local function turns_of(path)
  local turns = {}
  for line in io.lines(path) do
    local typed = line:match "^drsh[%d. ]*> (.*)$"
    local last = turns[#turns]
    if typed then
      turns[#turns + 1] = { typed = typed, shown = {} }
    elseif last and line:find "^  >> " then
      last.typed = last.typed .. "\n" .. line:match "^  >> (.*)$"
    elseif last and not line:find "^#" and line ~= "" then
      last.shown[#last.shown + 1] = line
    end
  end
  return turns
end

-- Lines as a pattern; ... is anything within a line, and a line of it is any lines.
local function pattern_of(lines)
  local parts = {}
  for index, line in ipairs(lines) do
    parts[index] = line:gsub("[%^$()%%.%[%]*+%-?]", "%%%0"):gsub("%%%.%%%.%%%.", line:find "^%s*%.%.%.$" and ".-" or "[^\r\n]-")
  end
  return #parts > 0 and table.concat(parts, "\r\n") .. "\r\n" or ""
end

local function replay(session, path)
  local prompt = "drsh[%d ]*> "
  session:expect(prompt)
  for number, turn in ipairs(turns_of(path)) do
    local answer = {}
    for _, line in ipairs(turn.shown) do
      local question, said = line:match "^(.-%? %[y/N%] )(%w)$"
      if question then answer = { said = said, at = #answer } end
      answer[#answer + 1] = line
    end
    session:type(turn.typed .. "\n")
    if answer.said then
      session:expect "%? %[y/N%] "
      session:type(answer.said .. "\n")
    end
    if turn.typed == ":quit" then return session:ended() end
    local last_line = turn.typed:match "[^\n]*$":gsub("[%^$()%%.%[%]*+%-?]", "%%%0")
    local shown = session:expect(prompt .. "$")
    local wanted = answer.said and pattern_of({ table.unpack(turn.shown, #turn.shown) }) or last_line .. "\r\n" .. pattern_of(turn.shown)
    assert(shown:find(wanted .. prompt .. "$"), ("turn %d, %s, showed\n%s"):format(number, turn.typed, shown))
  end
end

describe("the session in examples/sessions/", function()
  it("first_look.txt shows what it says", function()
    local session <close> = screen.open("repl --local", { DRSH_HISTORY = "/dev/null" })
    assert.equal(0, replay(session, "examples/sessions/first_look.txt"))
  end)

  it("attached.txt shows what it says", function()
    local folder = program.folder()
    do
      local running <close> = program.start("serve --local --listen 127.0.0.1:0", ("DRSH_RUNTIME_DIR=%s/run"):format(folder))
      assert(running)
      local session <close> = screen.open("repl --attach", { DRSH_HISTORY = "/dev/null", DRSH_RUNTIME_DIR = folder .. "/run" })
      assert.equal(0, replay(session, "examples/sessions/attached.txt"))
    end
    program.remove(folder)
  end)
end)
