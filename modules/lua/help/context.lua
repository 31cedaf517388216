-- Where in a piece of Lua the cursor stands: inside which call, which table, which string.
--
--   context.read('drs:start_recovery { sourceServers = { { sourceServerID = "s-') -> {
--     word   = "",                     what is being typed, the letters before the cursor
--     before = ...,                    the text before the word
--     string = "s-",                   the open string so far, nil outside of one
--     key    = "sourceServerID",       the member that the open string or value is for
--     frames = {                       the open brackets, outermost first
--       {bracket = "{", callee = "drs:start_recovery", argument = 1},
--       {bracket = "{", key = "sourceServers"}, {bracket = "{", keys = {name = true, ...}} } }

local context = {}

local KEYWORDS = {
  ["return"] = true, ["and"] = true, ["or"] = true, ["not"] = true, ["in"] = true, ["if"] = true, ["while"] = true,
}

-- The end of what is written as the callee of a bracket or the object of a dot: aws.client("drs"):describe_jobs
local function chain_before(text)
  text = text:match "^(.-)%s*$"
  local client, rest = text:match "(aws%.client%s*%b())([%s:.%w_]*)$"
  if not client then
    client, rest = text:match "(aws%.client%s*[\"'][%w_-]+[\"'])([%s:.%w_]*)$"
  end
  if client and not rest:find "^%s+[%w_]" then
    return client .. rest
  end
  return text:match "([%a_][%w_.:]*)$"
end

local function key_before(text)
  return text:match "([%a_][%w_]*)%s*=%s*$" or text:match "%[%s*[\"']([^\"']*)[\"']%s*%]%s*=%s*$"
end

local function open_bracket(frames, bracket, before)
  local callee = chain_before(before)
  if KEYWORDS[callee] then
    callee = nil
  end
  local head = callee and before:match("^(.-)%s*$"):sub(1, -#callee - 1) or before
  frames[#frames + 1] = { bracket = bracket, callee = callee, key = key_before(head), argument = 1, keys = {} }
end

-- Reads a string that begins at `at`; -> its end, or nil and the text so far when it is open.
local function skip_string(text, at)
  local quote = text:sub(at, at)
  local position = at + 1
  while position <= #text do
    local character = text:sub(position, position)
    if character == "\\" then
      position = position + 1
    elseif character == quote then
      return position
    end
    position = position + 1
  end
  return nil, text:sub(at + 1)
end

local function note_key(frames, before)
  local frame = frames[#frames]
  local key = frame and before:match "([%a_][%w_]*)%s*$"
  if key then
    frame.keys[key] = true
  end
end

-- The open brackets, and the open string if there is one.
local function scan(text)
  local frames, at = {}, 1
  while at <= #text do
    local character = text:sub(at, at)
    if character == '"' or character == "'" then
      local last, open = skip_string(text, at)
      if not last then
        return frames, open, text:sub(1, at - 1)
      end
      at = last
    elseif text:find("^%-%-", at) then
      at = (text:find("\n", at, true) or #text + 1) - 1
      if at == #text then
        return {}, nil, text, true
      end
    elseif character == "(" or character == "{" or character == "[" then
      open_bracket(frames, character, text:sub(1, at - 1))
    elseif character == ")" or character == "}" or character == "]" then
      frames[#frames] = nil
    elseif (character == "," or character == ";") and #frames > 0 then
      frames[#frames].argument = frames[#frames].argument + 1
    elseif character == "=" and text:sub(at + 1, at + 1) ~= "=" and not text:sub(at - 1, at - 1):find "[=~<>]" then
      note_key(frames, text:sub(1, at - 1))
    end
    at = at + 1
  end
  return frames, nil, text
end

function context.read(text)
  local frames, open, outside, comment = scan(text)
  local word = (open or text):match "[%w_]*$"
  local before = text:sub(1, #text - #word)
  local here = { frames = frames, string = open, word = word, before = before, comment = comment }
  local value_text = open and outside or before
  here.key = key_before(value_text)
  here.callee = open and not here.key and chain_before(value_text) or nil -- f"text
  here.begins = value_text:find "[{,;]%s*$" ~= nil
  return here
end

context.chain_before = chain_before

return context
