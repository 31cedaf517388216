-- The regular expressions of the API models, as far as the models use them: classes, groups, alternation, counted repeats,
-- anchors, lookahead, `(?i)` at the start. A pattern must match the whole text, as AWS checks it. Matching works on bytes; a
-- class that admits any character beyond ASCII admits every byte of one.

local pattern = {}

-- Longer subjects are not checked: every member with a pattern that could be longer has a bound of its own.
local SUBJECT_LIMIT = 4096

local function range(set, first, last)
  for byte = math.min(first, 256), math.min(last, 255) do
    set[byte] = true
  end
  if last > 127 then
    for byte = 128, 255 do
      set[byte] = true
    end
  end
end

local function class_of(...)
  local set = {}
  for _, pair in ipairs { ... } do
    range(set, pair[1]:byte(), pair[2]:byte())
  end
  return set
end

local NAMED = {
  d = class_of({ "0", "9" }),
  w = class_of({ "a", "z" }, { "A", "Z" }, { "0", "9" }, { "_", "_" }),
  s = class_of({ "\t", "\r" }, { " ", " " }),
}

local PROPERTIES = { L = "%a", N = "%d", Z = "[ ]", ASCII = "[%z\1-\127]", Print = "[ -~]" }

local function property(name)
  local set = {}
  for byte = 0, 255 do
    if string.char(byte):find(PROPERTIES[name]) or (byte > 127 and #name == 1) then
      set[byte] = true
    end
  end
  return set
end

-- What stands behind a backslash at `at`: a set, or one character's code, and the position after it.
local function escape(text, at)
  local letter = text:sub(at, at)
  if NAMED[letter] then
    return NAMED[letter], nil, at + 1
  elseif letter == "p" then
    local name = text:match("^{(%a+)}", at + 1)
    return property(name), nil, at + #name + 3
  elseif letter == "u" or letter == "x" then
    local digits = text:match(letter == "u" and "^%x%x%x%x" or "^%x%x", at + 1)
    return nil, tonumber(digits, 16), at + 1 + #digits
  end
  local control = ({ t = 9, n = 10, r = 13 })[letter]
  return nil, control or letter:byte(), at + 1
end

local function class_item(text, at)
  if text:sub(at, at) == "\\" then
    return escape(text, at + 1)
  end
  return nil, text:byte(at), at + 1
end

local function class(text, at)
  local set, negated = {}, false
  if text:sub(at, at) == "^" then
    negated, at = true, at + 1
  end
  repeat
    local named, first
    named, first, at = class_item(text, at)
    if named then
      for byte in pairs(named) do
        set[byte] = true
      end
    elseif text:sub(at, at) == "-" and text:sub(at + 1, at + 1) ~= "]" then
      local _, last, after = class_item(text, at + 1)
      range(set, first, last)
      at = after
    else
      range(set, first, first)
    end
  until text:sub(at, at) == "]"
  if negated then
    local rest = {}
    for byte = 0, 255 do
      rest[byte] = not set[byte] or nil
    end
    set = rest
  end
  return set, at + 1
end

local parse_alternatives

local function atom(text, at)
  local letter = text:sub(at, at)
  if letter == "(" then
    local kind = text:match("^%?[:=!]", at + 1)
    local node, after = parse_alternatives(text, at + 1 + (kind and 2 or 0))
    return { type = (kind == "?=" or kind == "?!") and "ahead" or "group", node, negated = kind == "?!" }, after + 1
  elseif letter == "[" then
    local set, after = class(text, at + 1)
    return { type = "set", set }, after
  elseif letter == "\\" then
    local set, code, after = escape(text, at + 1)
    return { type = "set", set or { [code] = true } }, after
  elseif letter == "." then
    local set = {}
    range(set, 0, 255)
    set[10] = nil
    return { type = "set", set }, at + 1
  elseif letter == "^" or letter == "$" then
    return { type = letter }, at + 1
  end
  return { type = "set", { [letter:byte()] = true } }, at + 1
end

local function quantifier(text, at)
  local low, comma, high = text:match("^{(%d+)(,?)(%d*)}", at)
  if low then
    local length = #low + #comma + #high + 2
    low = tonumber(low)
    return low, comma == "" and low or tonumber(high) or math.huge, at + length
  end
  local letter = text:sub(at, at)
  if letter == "*" then
    return 0, math.huge, at + 1
  elseif letter == "+" then
    return 1, math.huge, at + 1
  elseif letter == "?" then
    return 0, 1, at + 1
  end
end

local function parse_sequence(text, at)
  local nodes = { type = "sequence" }
  while at <= #text and not text:find("^[|)]", at) do
    local node
    node, at = atom(text, at)
    local low, high, after = quantifier(text, at)
    if low then
      node, at = { type = "repeat", node, low = low, high = high }, after
    end
    nodes[#nodes + 1] = node
  end
  return nodes, at
end

function parse_alternatives(text, at)
  local node = { type = "alternatives" }
  repeat
    node[#node + 1], at = parse_sequence(text, at)
    local more = text:sub(at, at) == "|"
    at = at + (more and 1 or 0)
  until not more
  return node, at
end

-- A matcher is a function(subject, position, next): does the node match here, and `next(position)` behind it?
local build

local function build_repeat(node)
  local low, high = node.low, node.high
  local inner = node[1]
  if inner.type == "set" then
    local set = inner[1]
    return function(subject, at, next)
      local count = 0
      while count < high and set[subject:byte(at + count)] do
        count = count + 1
      end
      for taken = count, low, -1 do
        if next(at + taken) then
          return true
        end
      end
      return false
    end
  end
  local match = build(inner)
  return function(subject, at, next)
    local function again(count, position)
      if count < high and match(subject, position, function(after)
        return after > position and again(count + 1, after)
      end) then
        return true
      end
      return count >= low and next(position)
    end
    return again(0, at)
  end
end

local BUILDERS = {
  ["repeat"] = build_repeat,
  set = function(node)
    local set = node[1]
    return function(subject, at, next)
      return set[subject:byte(at)] and next(at + 1) or false
    end
  end,
  group = function(node)
    return build(node[1])
  end,
  ahead = function(node)
    local match = build(node[1])
    return function(subject, at, next)
      local found = match(subject, at, function()
        return true
      end)
      return found ~= node.negated and next(at)
    end
  end,
  ["^"] = function()
    return function(_, at, next)
      return at == 1 and next(at)
    end
  end,
  ["$"] = function()
    return function(subject, at, next)
      return at == #subject + 1 and next(at)
    end
  end,
  sequence = function(node)
    local matchers = {}
    for index, part in ipairs(node) do
      matchers[index] = build(part)
    end
    local function from(index, subject, at, next)
      local match = matchers[index]
      if not match then
        return next(at)
      end
      return match(subject, at, function(after)
        return from(index + 1, subject, after, next)
      end)
    end
    return function(subject, at, next)
      return from(1, subject, at, next)
    end
  end,
  alternatives = function(node)
    local matchers = {}
    for index, part in ipairs(node) do
      matchers[index] = build(part)
    end
    return function(subject, at, next)
      for _, match in ipairs(matchers) do
        if match(subject, at, next) then
          return true
        end
      end
      return false
    end
  end,
}

function build(node)
  return BUILDERS[node.type](node)
end

-- Makes every set of a tree admit its letters in the other case too.
local function fold_case(node)
  if node.type == "set" then
    local folded = {}
    for byte in pairs(node[1]) do
      local letter = string.char(byte)
      folded[letter:lower():byte()], folded[letter:upper():byte()] = true, true
    end
    node[1] = folded
    return
  end
  for _, part in ipairs(node) do
    fold_case(part)
  end
end

-- A matching byte at the end of the subject is nil, and sets must answer for it.
local compiled = {}

-- Does `text` match the whole of the regular expression?
function pattern.matches(text, expression)
  if #text > SUBJECT_LIMIT then
    return true
  end
  local match = compiled[expression]
  if not match then
    local any_case = expression:match "^%(%?i%)(.*)$"
    local tree = parse_alternatives(any_case or expression, 1)
    if any_case then
      fold_case(tree)
    end
    local parsed = build(tree)
    match = function(subject)
      return parsed(subject, 1, function(at)
        return at == #subject + 1
      end)
    end
    compiled[expression] = match
  end
  return match(text)
end

return pattern
