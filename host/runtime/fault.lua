-- What is wrong with a script, for the person who has just saved it: file, line, column, the line itself, what to do.
local fault = {}

-- What to do, by what Lua or the host said. The first that matches counts.
local ADVICE = {
  { "'([^']+)' expected %(to close '([^']+)' at line (%d+)%)", "add '%s' for the '%s' of line %s" },
  { "'([^']+)' expected near", "put '%s' here, or close what is open before" },
  { "unfinished string", "close the string with its quote on the same line" },
  { "unfinished long", "close what '[[' opened with ']]'" },
  { "unexpected symbol near", "correct the syntax at this place" },
  { "syntax error near", "look at what stands in front of it: a word is misspelt, or a sign is missing" },
  { "<eof> expected near", "nothing may follow the script's return; or an `end` before it is one too many" },
  { "malformed number", "correct the number" },
  { "attempt to assign to const variable '([^']+)'", "do not assign to %s, or declare it without <const>" },
  { "binary chunk", "save the script as text" },
  { "module '([^']+)' requires itself", "move what both need into a third file" },
  { "module '([^']+)' not found", "correct the name, or make the file" },
  { "module '([^']+)' is broken", "correct %s first" },
  { "trusted code only", "use a module that scripts may require" },
  { "unknown global '([^']+)'", "declare %s with local, or correct the name" },
  { "attempt to set the global '([^']+)'", "write local in front of %s" },
  { "the file is empty", "write the script, or remove the file" },
  { "route %S+ %S+ is taken", "change one of the two routes" },
  { "cannot wait", "make the call inside handle or run: nothing may wait while a script is loaded" },
  { "BUDGET_EXCEEDED", "move the work inside handle, or end the loop" },
  { "not enough memory", "make less at loading" },
}

local function advice_for(message)
  for _, case in ipairs(ADVICE) do
    local found = table.pack(message:match(case[1]))
    if found[1] then
      local _, wanted = case[2]:gsub("%%s", "")
      return case[2]:format(table.unpack(found, 1, wanted))
    end
  end
  return "correct it and save; until then the version named under `serving` goes on"
end

local function line_of(text, number)
  local at = 0
  for line in (text .. "\n"):gmatch "(.-)\r?\n" do
    at = at + 1
    if at == number then return line end
  end
end

-- Where on its line the trouble is: the token that Lua stopped at, else where the line's text begins.
local function column_of(line, message)
  local token = message:match "near '(.+)'$"
  if message:find "near <eof>$" then return #line + 1 end
  -- The last one: Lua reads on from the left, so what it stopped at has only good text before it.
  local found, from = nil, 1
  while token do
    local at = line:find(token, from, true)
    if not at then break end
    found, from = at, at + 1
  end
  return found or line:find "%S" or 1
end

--- `message` as Lua or the host gave it, "TITLE/endpoints/a.lua:3: ..." or without a place; `path` the file whose fault it is;
-- `read(path)` gives a script's text or nil. Gives {path, line, column, text, message, advice},
-- and `at`, the file that the place is in, where that is another one.
function fault.describe(title, path, message, read)
  local where, number, said = message:match "^([^:\n]+):(%d+): (.*)$"
  local described = { path = path, message = message, advice = advice_for(message) }
  if not where or where:sub(1, #title + 1) ~= title .. "/" then return described end
  local at = where:sub(#title + 2)
  local text = read(at)
  local line = text and line_of(text, tonumber(number))
  if not line then return described end
  described.line, described.column = tonumber(number), column_of(line, said:match "^[^\n]*")
  described.text = line
  described.at = at ~= path and at or nil
  return described
end

return fault
