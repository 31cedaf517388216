-- Progress for people: a few lines that move on a terminal, and plain lines, one per change, anywhere else.
--
--   local screen = require "screen".open()
--   screen:draw { "wave 1  " .. screen:bar(0.4, 20) }   -- on a terminal: drawn over the lines of the last draw
--   screen:note("wave 1", "00:07", "  4 of 10 launched")  -- elsewhere: printed when it differs from the last note of that key,
--                                                       -- with the time (or any prefix) in front, which does not count
--   screen:say("paused before wave 3")                  -- both: a line that stays
--   screen:keep()                                       -- what was drawn last stays, too
--
-- Colour only on a terminal, and not where NO_COLOR is set (no-color.org).
local terminal = require "terminal"
local config = require "config"

local screen = {}
screen.__index = screen

local colours = { red = 31, green = 32, yellow = 33, blue = 34, cyan = 36, grey = 90, bold = 1 }

local function speaks_utf8()
  local locale = config.get("LC_ALL") or config.get("LC_CTYPE") or config.get("LANG") or ""
  return locale:upper():find("UTF%-?8") ~= nil
end

-- output: a file, standard output if not given.
function screen.open(output)
  local live = output == nil and terminal.is_tty(1) and config.get("TERM") ~= "dumb"
  return setmetatable({
    output = output or io.stdout,
    live = live,
    colour = live and config.get("NO_COLOR") == nil,
    full = speaks_utf8() and "█" or "#",
    empty = speaks_utf8() and "░" or ".",
    drawn = 0,
    notes = {},
  }, screen)
end

-- Columns; asked anew each time, for windows change.
function screen:width()
  return self.live and terminal.width() or 80
end

function screen:paint(text, colour)
  if not self.colour then return text end
  return ("\27[%dm%s\27[0m"):format(colours[colour], text)
end

-- share: 0 to 1.
function screen:bar(share, columns)
  local full = math.floor(share * columns + 0.5)
  return self:paint(self.full:rep(full), "green") .. self:paint(self.empty:rep(columns - full), "grey")
end

-- Cuts a line to the width, counting neither colours nor the bytes of a character.
local function cut(line, width)
  local columns, position, kept = 0, 1, {}
  while position <= #line and columns < width do
    local escape = line:match("^\27%[[%d;]*m", position)
    local piece = escape or line:match("^" .. utf8.charpattern, position) or line:sub(position, position)
    if not escape then columns = columns + 1 end
    kept[#kept + 1] = piece
    position = position + #piece
  end
  return table.concat(kept) .. (position <= #line and "\27[0m" or "")
end

function screen:erase()
  if self.drawn > 0 then self.output:write(("\27[%dA\27[J"):format(self.drawn)) end
  self.drawn = 0
end

function screen:draw(lines)
  if not self.live then return end
  local width = self:width() - 1
  self:erase()
  for _, line in ipairs(lines) do self.output:write(cut(line, width), "\n") end
  self.drawn = #lines
  self.output:flush()
end

function screen:keep()
  self.drawn = 0
end

function screen:say(line)
  self:erase()
  self.output:write(line, "\n")
  self.output:flush()
end

function screen:note(key, prefix, line)
  if self.live or self.notes[key] == line then return end
  self.notes[key] = line
  self:say(prefix .. line)
end

return screen
