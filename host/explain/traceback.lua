-- The calls that led to a failure, the innermost first, as somebody who wrote the scripts knows them: their own lines, each
-- with its text. What the program did in between is left out, unless there is nothing else.
local frames = require "explain.frame"
local sources = require "explain.sources"

local LONGEST = 22 -- calls
local LONGEST_TEXT = 160

local function name_of(info)
  if info.what == "main" then return "in main chunk" end
  if info.name then return ("in %s '%s'"):format(info.namewhat ~= "" and info.namewhat or "function", info.name) end
  if info.what == "C" then return "in ?" end
  return ("in function <%s:%d>"):format(info.short_src, info.linedefined)
end

local function text_of(info, context)
  local source = sources.of({ info = info }, context)
  local text = source and source:line(info.currentline)
  return text and "\n\t\t" .. text:match "^%s*(.-)%s*$":sub(1, LONGEST_TEXT) or ""
end

local function line_of(info, context)
  local line = info.currentline > 0 and info.currentline .. ":" or ""
  return ("%s:%s %s%s"):format(info.short_src, line, name_of(info), info.currentline > 0 and text_of(info, context) or "")
end

local function lines_of(thread, context, of_scripts)
  local lines = {}
  for _, info, of_script in frames.all(thread) do
    if of_script or not of_scripts then
      if #lines == LONGEST then
        lines[#lines + 1] = "..."
        break
      end
      lines[#lines + 1] = line_of(info, context)
    end
  end
  return lines
end

--- Of a thread that has failed, or waits; `context` is its task's.
return function(thread, context)
  local lines = lines_of(thread, context, true)
  if #lines == 0 then lines = lines_of(thread, context, false) end
  return "stack traceback:\n\t" .. table.concat(lines, "\n\t")
end
