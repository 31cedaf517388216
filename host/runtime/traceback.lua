-- A traceback of the innermost calls, as debug.traceback writes it. Lua's own walks the whole stack some thirty times to show
-- the outermost calls, too: seconds after a deep recursion, in which nobody else is served.
local DEPTH = 22

local function name_of(info)
  if info.what == "main" then return "in main chunk" end
  if info.name then return ("in %s '%s'"):format(info.namewhat ~= "" and info.namewhat or "function", info.name) end
  if info.what == "C" then return "in ?" end
  return ("in function <%s:%d>"):format(info.short_src, info.linedefined)
end

-- level: 1 is the function that asks.
return function(level)
  local lines = { "stack traceback:" }
  for at = level + 1, level + DEPTH do
    local info = debug.getinfo(at, "Sln")
    if not info then return table.concat(lines, "\n\t") end
    local line = info.currentline > 0 and info.currentline .. ":" or ""
    lines[#lines + 1] = ("%s:%s %s"):format(info.short_src, line, name_of(info))
  end
  lines[#lines + 1] = "..."
  return table.concat(lines, "\n\t")
end
