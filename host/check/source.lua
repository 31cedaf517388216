-- A file's text with its lines: from a byte's position to line and column, and back to the line as it stands.
local source = {}
source.__index = source

--- path: as messages name it; text: the whole file.
function source.new(path, text)
  local starts = { 1 }
  for position in text:gmatch "()\n" do starts[#starts + 1] = position + 1 end
  return setmetatable({ path = path, text = text, starts = starts }, source)
end

--- Line and column, both from 1; the column counts characters as an editor shows them.
function source:place(position)
  local low, high = 1, #self.starts
  while low < high do
    local middle = (low + high + 1) // 2
    if self.starts[middle] <= position then low = middle else high = middle - 1 end
  end
  local before = self.text:sub(self.starts[low], position - 1)
  return low, (utf8.len(before) or #before) + 1
end

--- The text of a line, nil if there is none.
function source:line(number)
  local first = self.starts[number]
  return first and self.text:match("^[^\r\n]*", first)
end

--- The position of a line's first character that is no space.
function source:position(line)
  local first = self.starts[line] or 1
  return first + #self.text:match("^[ \t]*", first)
end

--- A file as a source, or nil and why not.
function source.read(path, shown)
  local file, fault = io.open(path, "rb")
  if not file then return nil, fault end
  local text, problem = file:read "a"
  file:close()
  if not text then return nil, problem end
  return source.new(shown or path, text)
end

return source
