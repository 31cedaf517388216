-- What the host's functions do with functions, lists and clients that are given to them. Of all others nothing is known but
-- that they may call the functions among their arguments.
local clients = require "check.clients"
local values = require "check.values"

local natives = {}

local atoms = {}

--- The atom of a host's function or module; other values are plain.
function natives.value(name, value)
  if type(value) ~= "function" and type(value) ~= "table" then return values.plain() end
  local atom = atoms[name]
  if not atom or atom.value ~= value then
    atom = values.atom("host", { name = name, value = value })
    atoms[name] = atom
  end
  return { [atom] = true }
end

-- rules[name](analysis, frame, node, arguments) -> results
local rules = {}

rules["aws.client"] = function(analysis, frame, node, arguments)
  return { clients.new(analysis, frame, node, arguments) }
end

rules["config.require"] = function(_, _, _, arguments)
  local found = {}
  for _, name in ipairs(values.texts(arguments[1] or {}) or {}) do values.join(found, values.setting(name)) end
  return { next(found) and found or values.plain() }
end
rules["config.get"] = function(...)
  return { values.union(rules["config.require"](...)[1], values.none()) }
end

rules["aws.across"] = function(analysis, frame, node, arguments)
  local client = clients.across(analysis, frame, node, arguments)
  analysis:call_values(frame, arguments[3] or {}, { client, values.unknown() })
  return { values.unknown() }
end

rules["aws.once"] = function(analysis, frame, _, arguments)
  local done = analysis:call_values(frame, arguments[1] or {}, {})
  local found = analysis:call_values(frame, arguments[2] or {}, { values.unknown() })
  return { values.union(done[1], found[1]), values.plain() }
end

-- A name that is put together, or asked for under pcall, may be missing: a policy without a file is its safe default.
rules.require = function(analysis, frame, node, arguments)
  local found = {}
  for _, name in ipairs(values.texts(arguments[1] or {}) or {}) do
    values.join(found, analysis:require(frame, node, name))
  end
  return { next(found) and found or values.unknown() }
end

local function same(_, _, _, arguments) return { arguments[1] or {} } end
rules["json.array"], rules["json.object"] = same, same
rules.assert = function(_, _, _, arguments) return arguments end

rules.setmetatable = function(analysis, frame, _, arguments)
  for atom in pairs(arguments[1] or {}) do
    if atom.kind == "table" then analysis:grow(atom.metatables, arguments[2] or {}) end
  end
  for _, metatable in ipairs(values.of_kind(arguments[2] or {}, "table")) do
    for name, field in pairs(metatable.fields) do
      if name ~= "__index" then analysis:call_values(frame, field.value, { values.unknown(), values.unknown() }) end
    end
  end
  return { arguments[1] or {} }
end

-- --- protected calls ---

local function shifted(arguments, by)
  local rest = table.move(arguments, by + 1, #arguments, 1, {})
  rest.rest = arguments.rest
  return rest
end

local function guarded(skip)
  return function(analysis, frame, node, arguments)
    local results = analysis:call(frame, node, arguments[1] or {}, shifted(arguments, skip))
    local list = { values.plain() }
    for index = 1, math.max(#results, 1) do
      list[index + 1] = values.union(results[index], index == 1 and values.unknown() or {})
    end
    return list
  end
end
rules.pcall = guarded(1)
rules.xpcall = function(analysis, frame, node, arguments)
  analysis:call_values(frame, arguments[2] or {}, { values.unknown() })
  return guarded(2)(analysis, frame, node, arguments)
end

-- --- lists ---

rules.ipairs = function(analysis, frame, node, arguments)
  local elements = {}
  for atom in pairs(arguments[1] or {}) do
    values.join(elements, atom.kind == "shape" and (clients.member(atom)) or values.elements { [atom] = true })
  end
  return { analysis:iterator(frame, node, { values.plain(), elements }) }
end
rules.pairs = rules.ipairs
rules.next = function(analysis, frame, node, arguments)
  local list = rules.ipairs(analysis, frame, node, arguments)
  for atom in pairs(list[1]) do list = { values.plain(), atom.values[2] } end
  return list
end
rules.select = function(_, _, _, arguments) return { values.union(table.unpack(arguments, 2)) } end
rules["table.unpack"] = function(_, _, _, arguments)
  return { values.elements(arguments[1] or {}), values.elements(arguments[1] or {}), rest = true }
end
rules["table.remove"] = function(_, _, _, arguments) return { values.elements(arguments[1] or {}) } end

local function fill(analysis, list, elements)
  for atom in pairs(list or {}) do
    if atom.kind == "table" then
      atom.is_open = true
      analysis:grow(atom.elements, elements)
    end
  end
end

rules["table.insert"] = function(analysis, _, _, arguments)
  fill(analysis, arguments[1], arguments[#arguments])
  return {}
end
rules["table.move"] = function(analysis, _, _, arguments)
  local target = arguments[5] or arguments[1]
  fill(analysis, target, values.elements(arguments[1] or {}))
  return { target or {} }
end

local function new_list(analysis, frame, node, elements)
  local atom = analysis:table_at(frame, node)
  fill(analysis, { [atom] = true }, elements)
  return { { [atom] = true } }
end
rules["table.pack"] = function(analysis, frame, node, arguments)
  return new_list(analysis, frame, node, values.union(table.unpack(arguments)))
end
rules["table.sort"] = function(analysis, frame, _, arguments)
  local elements = values.elements(arguments[1] or {})
  analysis:call_values(frame, arguments[2] or {}, { elements, elements })
  return {}
end

-- --- tasks ---

rules["task.map"] = function(analysis, frame, node, arguments)
  local results = analysis:call_values(frame, arguments[2] or {}, { values.elements(arguments[1] or {}), values.plain() })
  return new_list(analysis, frame, node, results[1])
end
rules["task.all"] = function(analysis, frame, node, arguments)
  return new_list(analysis, frame, node, analysis:call_values(frame, values.elements(arguments[1] or {}), {})[1])
end
rules["task.timeout"] = function(analysis, frame, node, arguments)
  return analysis:call(frame, node, arguments[2] or {}, shifted(arguments, 2))
end
rules["task.spawn"] = function(analysis, frame, node, arguments)
  local atom = analysis:atom_at(frame, node, "results")
  atom.list = analysis:call(frame, node, arguments[1] or {}, shifted(arguments, 1))
  return { { [atom] = true } }
end

--- Calls a function of the host.
function natives.call(analysis, frame, node, atom, arguments)
  local rule = rules[atom.name]
  if rule then return rule(analysis, frame, node, arguments) end
  analysis:escape(frame, arguments)
  return { values.unknown(), rest = true }
end

return natives
