-- Reading at a prompt: lines until they are a whole piece of Lua, with history and completion.
local config = require "config"
local complete = require "help.complete"
local prompt = require "prompt"

local reader = {}

-- Is it a whole piece of Lua, or the beginning of one? What is neither is whole: its fault is to be shown.
local function is_whole(text)
  if load("return " .. text, "=repl", "t") then return true end
  local chunk, fault = load(text, "=repl", "t")
  return chunk ~= nil or not fault:find "<eof>"
end

--- Does it set something in the session, and is no Lua? It begins with a colon.
function reader.is_directive(text)
  return text:find "^%s*:" ~= nil
end

--- -> text; nil at the end of the input. It waits.
function reader.read(question)
  local text
  repeat
    local line = prompt.read(text and "  >> " or question)
    if not line then return nil end
    text = text and text .. "\n" .. line or line
  until reader.is_directive(text) or is_whole(text)
  return text
end

--- On a terminal: earlier lines, and Tab. `names()` gives what a bare name means, the directives, and the scripts that can be
-- required. -> where earlier lines are kept, nil if nowhere.
function reader.on_terminal(names)
  prompt.completer(function(line)
    local env, directives, scripts = names()
    local word = line:match "^%s*:([%w_]*)$"
    if not word then return (complete.line(line, env, scripts)) end
    local found = {}
    for _, name in ipairs(directives) do
      if name:sub(1, #word) == word then found[#found + 1] = name end
    end
    return found
  end)
  local home = config.get "HOME"
  local path = config.get "DRSH_HISTORY" or home and home .. "/.drsh_history"
  return path and prompt.history(path) and path or nil
end

--- Keeps a text for later sessions, unless it begins with a space.
function reader.remember(text)
  if not text:find "^ " then prompt.remember(text) end
end

return reader
