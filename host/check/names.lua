-- What can be seen without knowing what the code does: its syntax, and the globals that it uses.
local nearest = require "aws.nearest"

local names = {}

-- "file:12: '=' expected near 'x'" -> the position of 'x' in line 12.
local function place_of_fault(text, fault)
  local line, message = fault:match "^.-:(%d+): (.*)$"
  line = tonumber(line) or 1
  local first = text:position(line)
  local near = (message or fault):match "near '(.*)'$"
  local at = near and near ~= "<eof>" and text.text:find(near, first, true)
  local next_line = text.starts[line + 1] or #text.text + 1
  return at and at < next_line and at or first, message or fault
end

--- A file that does not compile.
function names.syntax(unit, report)
  local at, message = place_of_fault(unit.source, unit.fault)
  report(unit, at, "syntax", message, "Lua cannot read the file; what is wrong may also be a line before this one")
end

local function check_read(unit, view, node, report)
  local value, said = view:global(node.name)
  if value ~= nil or node.name == "arg" then return end
  local near = nearest.find(node.name, view:global_names())
  local message = said or ("unknown global '%s'"):format(node.name)
  if near and not message:find "[;,]" then message = ("%s, did you mean '%s'?"):format(message, near) end
  report(unit, node.at, "unknown-global", message, "declare it with local, or require the module that has it")
end

--- Names that are neither local nor known to this kind of script.
function names.globals(unit, view, report)
  local set_here = {}
  for _, node in ipairs(unit.chunk.globals) do
    if node.is_set then set_here[node.name] = true end
  end
  for _, node in ipairs(unit.chunk.globals) do
    if node.is_set and not view.trusted then
      report(unit, node.at, "global-set", ("attempt to set the global '%s'"):format(node.name), "write local in front of it")
    elseif not set_here[node.name] then
      check_read(unit, view, node, report)
    end
  end
end

return names
