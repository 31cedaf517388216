-- Reads a runbook's arguments by its own help text, so that the help is never wrong: a line "  --zone NAME  ..." is an option
-- with a value, "  --back  ..." one without. --help prints the text; what is not in it, or lacks its value, ends with exit
-- code 2.
local options = {}

local function stop(text)
  io.stderr:write(text, "; see --help\n")
  os.exit(2)
end

-- help: the text. given: defaults by name. required: list of names. -> {name = text or true}, "at-once" as at_once.
function options.read(help, given, required)
  local takes, found = {}, {}
  for name, value in help:gmatch "\n  %-%-([%l-]+) ?(%u*)" do takes[name] = value end
  for name, value in pairs(given or {}) do found[name] = value end
  local i = 1
  while arg[i] do
    local name = arg[i]:match "^%-%-([%l-]+)$"
    if name == "help" then io.write(help); os.exit(0) end
    if not takes[name] then stop("unknown argument " .. arg[i]) end
    if takes[name] ~= "" then
      i = i + 1
      if not arg[i] then stop(("--%s needs a value: %s"):format(name, takes[name])) end
    end
    found[(name:gsub("-", "_"))] = takes[name] == "" or arg[i]
    i = i + 1
  end
  for _, name in ipairs(required or {}) do
    if not found[name] then stop("--" .. name .. " is missing") end
  end
  return found
end

-- A line for the operator; and the last one, when it cannot be done (exit code 1).
function options.say(...) print(string.format(...)) end
function options.fail(...) io.stderr:write(string.format(...), "\n"); os.exit(1) end

return options
