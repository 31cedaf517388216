-- Which lines of the scripts ran (host/runtime/coverage.c counts them), against the lines that have a statement.
local core = require "runtime.coverage"
local folder = require "testing.folder"
local parser = require "check.parser"
local scripts = require "runtime.scripts.core"
local source = require "check.source"

local coverage = { start = core.start }

-- The lines that begin a statement. Where a statement holds a block, the block's count for themselves.
local function lines_of(text)
  local lines = {}
  local visit

  local function visit_block(block)
    for _, statement in ipairs(block or {}) do visit(statement) end
  end

  function visit(statement)
    if statement.kind ~= "jump" and statement.kind ~= "do" then lines[text:place(statement.at)] = true end
    visit_block(statement.body)
    for _, block in ipairs(statement.bodies or {}) do visit_block(block) end
  end
  for _, node in ipairs(parser.parse(text.text).functions) do visit_block(node.body) end
  return lines
end

-- "3, 7-9"
local function ranges(lines)
  local texts, index = {}, 1
  while index <= #lines do
    local last = index
    while lines[last + 1] and lines[last + 1] == lines[last] + 1 do last = last + 1 end
    texts[#texts + 1] = last > index and ("%d-%d"):format(lines[index], lines[last]) or tostring(lines[index])
    index = last + 1
  end
  return table.concat(texts, ", ")
end

local function row_of(path, file, ran)
  local text = source.read(file)
  if not text then return nil end
  local total, reached, missing = 0, 0, {}
  for line in pairs(lines_of(text)) do
    total = total + 1
    if ran[line] then reached = reached + 1 else missing[#missing + 1] = line end
  end
  table.sort(missing)
  return { path = path, total = total, reached = reached, missing = ranges(missing) }
end

--- Rows {path, total, reached, missing = "3, 7-9"} of the scripts that were loaded, sorted by path.
function coverage.rows()
  local rows, count = {}, core.lines()
  for title, ran in pairs(count) do
    local name = title:match "^@[^/]+/(.*)$"
    local stand_in = name and folder.originals[name]
    local row = name and row_of(stand_in or name, stand_in or scripts.folder() .. "/" .. name, ran)
    rows[#rows + 1] = row
  end
  table.sort(rows, function(a, b) return a.path < b.path end)
  return rows
end

--- Prints the rows and the sum.
function coverage.print()
  local total, reached = 0, 0
  for _, row in ipairs(coverage.rows()) do
    total, reached = total + row.total, reached + row.reached
    local missing = row.missing ~= "" and "  not reached: " .. row.missing or ""
    io.write(("%4d%%  %s%s\n"):format(row.reached * 100 // math.max(row.total, 1), row.path, missing))
  end
  io.write(("%4d%%  of %d lines in the scripts that were loaded\n"):format(reached * 100 // math.max(total, 1), total))
end

return coverage
