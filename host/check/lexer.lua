-- Lua 5.4's words, as the manual's section 3.1 has them. The text has been compiled before, so it is known to be sound.
local lexer = {}

local KEYWORDS = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat return then true until
  while]]):gmatch "%a+" do
  KEYWORDS[word] = true
end

local SYMBOLS = {}
for symbol in ([[... << >> // == ~= <= >= :: .. + - * / % ^ # & ~ | < > = ( ) { } [ ] ; : , .]]):gmatch "%S+" do
  SYMBOLS[symbol] = true
end

-- The position after a long bracket that opens here, and its content; nil if none does.
local function long_bracket(text, position)
  local level, first = text:match("^%[(=*)%[\r?\n?()", position)
  if not level then return nil end
  local last, after = text:match("()%]" .. level .. "%]()", first)
  return after, text:sub(first, last - 1)
end

-- The first position that is neither space nor comment.
local function skip(text, position)
  while true do
    position = text:match("^%s*()", position)
    if text:sub(position, position + 1) ~= "--" then return position end
    position = long_bracket(text, position + 2) or text:match("^[^\n]*()", position)
  end
end

local function short_string(text, position)
  local quote, at = text:sub(position, position), position + 1
  while true do
    local stop, character = text:match("()([\\\"'])", at)
    if character == "\\" then
      at = stop + 2
    elseif character == quote then
      return stop + 1
    else
      at = stop + 1
    end
  end
end

local function string_value(raw)
  if not raw:find("\\", 1, true) then return raw:sub(2, -2) end
  return load("return " .. raw, "=string", "t", {})()
end

-- A hexadecimal number may have a sign in its exponent after p, a decimal one after e.
local function number_end(text, position)
  local exponent = text:find("^0[xX]", position) and "[pP]" or "[eE]"
  local at = position
  repeat
    local after = text:match("^" .. exponent .. "[+-]()", at) or text:match("^[%w.]()", at)
    at = after or at
  until not after
  return at
end

-- kind, value, and the position after it.
local function token(text, position)
  local character = text:sub(position, position)
  local name, after = text:match("^([%a_][%w_]*)()", position)
  if name then return KEYWORDS[name] and name or "name", name, after end
  if text:find("^%.?%d", position) then
    after = number_end(text, position)
    return "number", tonumber(text:sub(position, after - 1)), after
  end
  if character == '"' or character == "'" then
    after = short_string(text, position)
    return "string", string_value(text:sub(position, after - 1)), after
  end
  local bracket_end, content = long_bracket(text, position)
  if bracket_end then return "string", content, bracket_end end
  for length = 3, 1, -1 do
    local symbol = text:sub(position, position + length - 1)
    if SYMBOLS[symbol] then return symbol, symbol, position + #symbol end
  end
  error("unexpected character at " .. position, 0)
end

--- The list of {kind, value, at, stop}: kind is "name", "string", "number", "eof", or the keyword or symbol itself.
function lexer.tokens(text)
  local list = {}
  local position = skip(text, text:match "^#[^\n]*()" or 1)
  while position <= #text do
    local kind, value, after = token(text, position)
    list[#list + 1] = { kind = kind, value = value, at = position, stop = after - 1 }
    position = skip(text, after)
  end
  list[#list + 1] = { kind = "eof", at = #text + 1, stop = #text + 1 }
  return list
end

return lexer
