-- What Lua's message about a wrong value leaves out: which expression it was, what it held, and the name that was meant.
--   attempt to compare nil with number   ->  attempt to compare nil with number; plan.size is nil
--   attempt to index a nil value (field 'waevs')  ->  ...; plan.waevs is nil, did you mean 'waves'?
local frames = require "explain.frame"
local nearest = require "aws.nearest"
local operands = require "explain.operands"
local parser = require "check.parser"
local sources = require "explain.sources"

local LONGEST_SHOWN = 40
local MOST_NAMES = 8

local function is_secret(text)
  local lower = text:lower()
  return lower:find "secret" or lower:find "token" or lower:find "password" or lower:find "key" ~= nil
end

local function shown(value, text)
  if type(value) == "string" then
    if is_secret(text) then return "a string" end
    local cut = #value > LONGEST_SHOWN and value:sub(1, LONGEST_SHOWN) .. "..." or value
    return (("%q"):format(cut):gsub("\\\n", "\\n"))
  elseif value == nil or type(value) == "number" or type(value) == "boolean" then
    return tostring(value)
  end
  return "a " .. type(value)
end

-- ", did you mean 'waves'?" for a name that its table does not have; or what it has, where that is little.
local function hint(frame, node)
  local name = node.kind == "method" and node.name or node.kind == "index" and node.key.kind == "string" and node.key.value
  local known, container = false, nil
  if name then known, container = frame:value(node.object) end
  if not known or type(container) ~= "table" then return "" end
  local names = frames.names(container)
  local found = nearest.find(name:sub(1, 60), names)
  if found then return (", did you mean '%s'?"):format(found) end
  if #names == 0 or #names > MOST_NAMES then return "" end
  table.sort(names)
  return (" (%s has %s)"):format(operands.text(node.object), table.concat(names, ", "))
end

-- Was it a value of this type? What is not known may have been, if it is what a call gave. `is_callee`: a method stands for
-- itself and not for what it gave.
local function judge(frame, node, wanted, is_callee)
  local known, value = false, nil
  if node.kind ~= "method" or is_callee then known, value = frame:value(node) end
  if known then return type(value) == wanted and "yes" or "no", value end
  if is_callee and node.kind == "method" then return "no" end
  return (node.kind == "call" or node.kind == "method" or node.kind == "vararg") and "maybe" or "no"
end

local function sentence(frame, node, value, judged, wanted, calls)
  local text = operands.text(node)
  if calls and node.kind == "method" then text = ("%s:%s"):format(operands.text(node.object), node.name) end
  if judged == "maybe" then return ("%s gave %s"):format(text, wanted == "nil" and wanted or "a " .. wanted) end
  return ("%s is %s%s"):format(text, shown(value, text), value == nil and hint(frame, node) or "")
end

local LITERALS = { number = true, string = true }

-- Of a comparison both sides count. consider(text, is it sure)
local function explain_pair(frame, sides, about, _, consider)
  local first, second = about.types[1], about.types[2]
  for _, order in ipairs { { first, second }, { second, first } } do
    local left, left_value = judge(frame, sides[1], order[1])
    local right, right_value = judge(frame, sides[2], order[2])
    if left ~= "no" and right ~= "no" then
      local said = {}
      if not LITERALS[sides[1].kind] then said[1] = sentence(frame, sides[1], left_value, left, order[1]) end
      if not LITERALS[sides[2].kind] then said[#said + 1] = sentence(frame, sides[2], right_value, right, order[2]) end
      consider(table.concat(said, ", "), left == "yes" and right == "yes")
      return
    end
  end
end

-- Lua's own "(field 'waves')" at the end: only an expression of this name is meant. Variables it names wholly.
local function is_meant(node, kind, name)
  if kind == "method" then return node.kind == "method" and node.name == name end
  if kind ~= "field" then return kind == nil end
  local is_name = name:find "^[%a_][%w_]*$" -- it is "?" or "integer index" where Lua does not know it
  return node.kind == "index" and (not is_name or node.key.value == name)
end

local function explain_single(frame, list, about, said, consider)
  local wanted = about.types[1] or "nil"
  local kind, name = said:match "%((%a+) '([^']+)'%)$"
  for _, operand in ipairs(list) do
    local judged, value = judge(frame, operand, wanted, about.calls)
    if judged ~= "no" and is_meant(operand, kind, name) then
      consider(sentence(frame, operand, value, judged, wanted, about.calls), judged == "yes")
    end
  end
end

-- What there is to say about the line: what is sure, else the one thing that may have been.
local function find(frame, about, said)
  local source = about and sources.of(frame, frame.context, true)
  if not source then return nil end
  local sure, maybe, choices = nil, nil, 0
  local function consider(text, is_sure)
    if is_sure then
      sure = sure or text
    elseif text ~= maybe then
      maybe, choices = text, choices + 1
    end
  end
  operands.on_line(parser.parse(source.text), source, frame.info.currentline, function(node)
    local list = about.of(node)
    if list and about.pair and #list == 2 then
      explain_pair(frame, list, about, said, consider)
    elseif list and not about.pair then
      explain_single(frame, list, about, said, consider)
    end
  end)
  return sure or choices == 1 and maybe or nil
end

--- The message of a failed thread's error, with what Lua leaves out, if that can be said.
return function(thread, err, context)
  local frame, called = frames.failed(thread, context)
  if not frame then return err end
  local place = frame:place()
  local said = err:sub(1, #place) == place and err:sub(#place + 1)
  if not said and (err:find "^attempt to" or err:find "^bad argument") then said = err end -- a C function leaves the place out
  if not said then return err end
  -- What the program's own code says in its words names the argument itself, if it does not say it as Lua does.
  local about = (called ~= "host" or said:find "^bad argument") and operands.of_message(said, called ~= nil)
  local fine, text = pcall(find, frame, about, said)
  return place .. said .. (about and fine and text and "; " .. text or "")
end
