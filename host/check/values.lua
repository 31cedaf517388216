-- What an expression may be, as far as reading the code can tell: a set of atoms, atom -> true. Sets only grow. Atoms:
--   unknown                anything at all
--   none                   nil
--   plain                  a number, a boolean, or a text that is not known
--   string{value}
--   setting{name}          what the configuration says under this name
--   function{node, frame}  a function of the scripts, with the activation that it was made in
--   table{fields, elements, metatables, is_open}  what one constructor makes in one activation
--   host{name, value}      a module of the host, or a function in one
--   client{service, assumes}  operation{client, name}  shape{model, name, is_document}: see check/clients.lua
--   iterator{values}       what a generic `for` walks over
--   results{list}          calling it gives these
local values = {}

local count = 0

function values.atom(kind, fields)
  count = count + 1
  fields.kind, fields.id = kind, count
  return fields
end

values.UNKNOWN = values.atom("unknown", {})
values.PLAIN = values.atom("plain", {})
values.NONE = values.atom("none", {})

function values.unknown() return { [values.UNKNOWN] = true } end
function values.plain() return { [values.PLAIN] = true } end
function values.none() return { [values.NONE] = true } end

local strings = setmetatable({}, { __mode = "v" })

function values.string(text)
  local atom = strings[text] or values.atom("string", { value = text })
  strings[text] = atom
  return { [atom] = true }
end

local settings = {}

function values.setting(name)
  settings[name] = settings[name] or values.atom("setting", { name = name })
  return { [settings[name]] = true }
end

--- Adds what is in `more`; true if that was news.
function values.join(set, more)
  local grew = false
  for atom in pairs(more or {}) do
    if not set[atom] then
      set[atom], grew = true, true
    end
  end
  return grew
end

function values.union(...)
  local all = {}
  for index = 1, select("#", ...) do values.join(all, (select(index, ...))) end
  return all
end

--- The set without nil.
function values.some(set)
  if not set[values.NONE] then return set end
  local some = values.union(set)
  some[values.NONE] = nil
  return some
end

local ALWAYS_TRUE = { string = true, ["function"] = true, table = true, client = true, operation = true, host = true }

--- Is it true, is it false? nil: who knows.
function values.truth(set)
  local is_true, is_false = true, true
  for atom in pairs(set) do
    is_true = is_true and ALWAYS_TRUE[atom.kind] or false
    is_false = is_false and atom.kind == "none"
  end
  if next(set) == nil or not (is_true or is_false) then return nil end
  return is_true
end

--- The texts that a set may be, sorted; nil when it may be others, too.
function values.texts(set)
  local texts = {}
  for atom in pairs(set) do
    if atom.kind == "string" then
      texts[#texts + 1] = atom.value
    elseif atom.kind ~= "none" then
      return nil
    end
  end
  table.sort(texts)
  return #texts > 0 and texts or nil
end

-- What tells one kind of arguments from another: functions, clients, answers, and words that may choose something. Tables do
-- not: what they hold is told apart where they are made.
local LONGEST_WORD = 40

local function mark(atom)
  if atom.kind == "table" then return "t" end
  if atom.kind == "function" then return "f" .. atom.node.at .. atom.frame.unit.name end
  if atom.kind == "string" then
    return #atom.value <= LONGEST_WORD and atom.value:find "^[%w_.]+$" and "s" .. atom.value or "plain"
  end
  return (atom.kind == "plain" or atom.kind == "none") and atom.kind or tostring(atom.id)
end

--- A text for the set, the same for sets that need not be told apart.
function values.key(set)
  local seen, marks = {}, {}
  for atom in pairs(set) do
    local text = mark(atom)
    if not seen[text] then seen[text], marks[#marks + 1] = true, text end
  end
  table.sort(marks)
  return table.concat(marks, ",")
end

function values.of_kind(set, kind)
  local found = {}
  for atom in pairs(set) do
    if atom.kind == kind then found[#found + 1] = atom end
  end
  table.sort(found, function(a, b) return a.id < b.id end)
  return found
end

--- What may lie in the table atom under this text; nil: under any key.
function values.field(atom, name)
  local found = values.union(atom.elements, values.none())
  local field = name and atom.fields[name]
  if field then values.join(found, field.value) end
  if not name then
    for _, each in pairs(atom.fields) do values.join(found, each.value) end
  end
  for metatable in pairs(atom.metatables) do
    local index = metatable.kind == "table" and metatable.fields.__index
    for target in pairs(index and index.value or {}) do
      if target.kind == "table" and target ~= atom then
        values.join(found, target.fields[name or ""] and target.fields[name or ""].value)
      elseif target.kind == "function" then
        values.join(found, values.unknown())
      end
    end
  end
  return found
end

--- What the lists in the set hold.
function values.elements(set)
  local found = {}
  for atom in pairs(set) do
    if atom.kind == "table" then
      values.join(found, values.some(values.field(atom)))
    elseif atom.kind == "unknown" or atom.kind == "host" then
      found[values.UNKNOWN] = true
    end
  end
  return found
end

return values
