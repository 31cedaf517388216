-- The text that a running function was compiled from.
local source = require "check.source"

local sources = {}

-- A generation of scripts keeps its texts, so that the lines are those that run, whatever was saved since.
local function of_generation(path, modules)
  local name = path:match "^[^/]*/(.+)%.lua$"
  local entry = name and modules[(name:gsub("/", "."))]
  return entry and entry.text and source.new(path, entry.text)
end

-- At the prompt an expression is a whole text; to Lua's grammar it is one behind `return`.
local function typed(info, to_parse)
  local is_expression = to_parse and load("return " .. info.source, "=typed", "t")
  return source.new(info.short_src, (is_expression and "return " or "") .. info.source)
end

--- The source (check/source.lua) of a frame {info}, or nil; `to_parse`: as a chunk of Lua. `context` of its task: `modules` are
-- its generation's scripts.
function sources.of(frame, context, to_parse)
  local title = frame.info.source
  local first = title:sub(1, 1)
  if first == "=" then return nil end
  if first ~= "@" then return typed(frame.info, to_parse) end -- the title is the text
  local path = title:sub(2)
  if context and context.modules then return of_generation(path, context.modules) end
  return (source.read(path))
end

return sources
