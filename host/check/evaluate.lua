-- Expressions, evaluated over sets of atoms (check/values.lua). `frame` is one activation of a function.
local clients = require "check.clients"
local natives = require "check.natives"
local nearest = require "aws.nearest"
local values = require "check.values"

local evaluate = {}

local rules = {}

--- The value of one expression.
function evaluate.one(analysis, frame, node)
  return rules[node.kind](analysis, frame, node)[1] or {}
end

--- The values of a list of expressions; the last one may give several.
function evaluate.list(analysis, frame, nodes)
  local list = {}
  for index, node in ipairs(nodes) do
    local results = rules[node.kind](analysis, frame, node)
    if index < #nodes then
      list[index] = results[1] or {}
    else
      table.move(results, 1, math.max(#results, 1), index, list)
      list[index] = list[index] or {}
      list.rest = results.rest
    end
  end
  return list
end

local function constant() return { values.plain() } end

rules["nil"] = function() return { values.none() } end
rules["true"], rules["false"], rules.number = constant, constant, constant
rules.string = function(_, _, node) return { values.string(node.value) } end
rules.vararg = function(_, frame)
  local list = table.move(frame.varargs, 1, #frame.varargs, 1, {})
  list.rest = true
  return list
end
rules.paren = function(analysis, frame, node) return { evaluate.one(analysis, frame, node.inner) } end
rules["local"] = function(_, frame, node) return { frame:cell(node.declaration) } end
rules.global = function(analysis, _, node) return { analysis:global(node.name) } end

rules["function"] = function(analysis, frame, node)
  local atom = analysis:atom_at(frame, node, "function")
  atom.node, atom.frame = node, frame
  return { { [atom] = true } }
end

rules.table = function(analysis, frame, node)
  local atom = analysis:table_at(frame, node)
  for index, field in ipairs(node.fields) do
    if field.key then
      local key = evaluate.one(analysis, frame, field.key)
      analysis:store(atom, values.texts(key), evaluate.one(analysis, frame, field.value), field.at, frame.unit)
      analysis:grow(atom.keys, key)
    else
      local results = index == #node.fields and evaluate.list(analysis, frame, { field.value })
        or { evaluate.one(analysis, frame, field.value) }
      for _, result in ipairs(results) do analysis:grow(atom.elements, result) end
      if results.rest then atom.is_open = true end
    end
  end
  return { { [atom] = true } }
end

-- --- operators ---

local MANY = 8

local function joined_texts(left, right)
  local first, second = values.texts(left), values.texts(right)
  if not first or not second or #first * #second > MANY then return values.plain() end
  local found = {}
  for _, a in ipairs(first) do
    for _, b in ipairs(second) do values.join(found, values.string(a .. b)) end
  end
  return found
end

-- Both known, and each only one: are they the same text? nil: who knows.
local function same_text(left, right)
  local first, second = values.texts(left), values.texts(right)
  if not first or not second or #first > 1 or #second > 1 or left[values.NONE] or right[values.NONE] then return nil end
  return first[1] == second[1]
end

local truths = {}
truths["true"] = function() return true end
truths["false"] = function() return false end
truths.paren = function(analysis, frame, node) return evaluate.truth(analysis, frame, node.inner) end

truths.unary = function(analysis, frame, node)
  local inner = nil
  if node.operator == "not" then inner = evaluate.truth(analysis, frame, node.operand) end
  if inner == nil then return nil end
  return not inner
end

truths.binary = function(analysis, frame, node)
  if node.operator == "and" or node.operator == "or" then
    local decisive = node.operator == "or"
    local left = evaluate.truth(analysis, frame, node.left)
    local right = evaluate.truth(analysis, frame, node.right)
    if left == decisive or right == decisive then return decisive end
    if left == nil or right == nil then return nil end
    return not decisive
  elseif node.operator == "==" or node.operator == "~=" then
    local same = same_text(evaluate.one(analysis, frame, node.left), evaluate.one(analysis, frame, node.right))
    if same == nil then return nil end
    return same == (node.operator == "==")
  end
end

--- Is a condition true, is it false, as far as one can tell? nil: both may be.
function evaluate.truth(analysis, frame, node)
  local rule = truths[node.kind]
  if rule then return rule(analysis, frame, node) end
  return values.truth(evaluate.one(analysis, frame, node))
end

-- What of the left side `and` passes on: what may be false.
local function falsy(set)
  local found = {}
  for atom in pairs(set) do
    if atom.kind == "none" or atom.kind == "plain" or atom.kind == "unknown" then found[atom] = true end
    if atom.kind == "shape" then found[values.NONE] = true end
  end
  return found
end

local function choice(analysis, frame, node)
  local left = evaluate.one(analysis, frame, node.left)
  local truth = evaluate.truth(analysis, frame, node.left)
  local is_or = node.operator == "or"
  if truth == is_or then return left end
  local right = evaluate.one(analysis, frame, node.right)
  if truth ~= nil then return right end
  return values.union(is_or and values.some(left) or falsy(left), right)
end

rules.binary = function(analysis, frame, node)
  if node.operator == "or" or node.operator == "and" then return { choice(analysis, frame, node) } end
  local left, right = evaluate.one(analysis, frame, node.left), evaluate.one(analysis, frame, node.right)
  if node.operator == ".." then return { joined_texts(left, right) } end
  return { values.plain() }
end

rules.unary = function(analysis, frame, node)
  evaluate.one(analysis, frame, node.operand)
  return { values.plain() }
end

-- --- fields ---

local indexes = {}

function indexes.unknown() return values.unknown() end
function indexes.none() return {} end
function indexes.plain() return values.unknown() end
function indexes.string() return values.unknown() end
function indexes.setting() return values.unknown() end
indexes["function"], indexes.operation, indexes.iterator = indexes.unknown, indexes.unknown, indexes.unknown

function indexes.table(_, _, _, atom, name) return values.field(atom, name) end

function indexes.client(_, _, _, atom, name)
  return name and { [clients.method(atom, name)] = true } or values.unknown()
end

function indexes.results(_, _, _, atom, name)
  return name == "join" and { [atom] = true } or values.unknown()
end

function indexes.host(analysis, frame, at, atom, name)
  if not name or type(atom.value) ~= "table" then return values.unknown() end
  local value = atom.value[name]
  if value == nil then
    analysis:report(frame, at, "unknown-name", nearest.message(("the module '%s' has no"):format(atom.name), name,
      nearest.names(atom.value)), ("help(%s) in `drsh repl` lists what it has"):format(atom.name))
    return values.unknown()
  end
  return natives.value(atom.name .. "." .. name, value)
end

function indexes.shape(_, _, _, atom, name)
  return values.union((clients.member(atom, name)), values.none())
end

-- What a file of lib returns has the names that its own code gives it.
local function report_own(analysis, frame, at, object, name)
  local atom = next(object)
  if next(object, atom) or atom.kind ~= "table" or not atom.module or atom.module.folder ~= "lib" then return end
  if atom.fields[name] or atom.is_open or next(atom.metatables) then return end
  analysis:report(frame, at, "unknown-name", nearest.message(("%s has no"):format(atom.module.path), name,
    nearest.names(atom.fields)), "correct the name, or add it there")
end

-- A field is wrong only if nothing that the object may be can have it.
local function report_member(analysis, frame, at, object, name)
  local wrong
  for atom in pairs(object) do
    local is_empty = atom.kind == "table" and not next(atom.fields) and not next(atom.elements) and not atom.is_open
      and not next(atom.metatables)
    local lacks = atom.kind == "shape" and select(2, clients.member(atom, name)) and not analysis.extras[atom.id .. name]
    if not lacks and not is_empty and atom.kind ~= "none" then return end
    wrong = lacks and atom or wrong
  end
  if wrong then
    analysis:report(frame, at, "unknown-field", clients.no_member(wrong, name), "AWS answers have the names of the API")
  end
end

--- What lies in an object under a name; nil: under a key that is not known.
function evaluate.index(analysis, frame, at, object, name)
  local found = {}
  for atom in pairs(object) do values.join(found, indexes[atom.kind](analysis, frame, at, atom, name)) end
  if name and next(object) and analysis.reporting then
    report_member(analysis, frame, at, object, name)
    report_own(analysis, frame, at, object, name)
  end
  return found
end

rules.index = function(analysis, frame, node)
  local object, key = evaluate.one(analysis, frame, node.object), evaluate.one(analysis, frame, node.key)
  local names = values.texts(key)
  if not names then return { evaluate.index(analysis, frame, node.key.at, object, nil) } end
  local found = {}
  for _, name in ipairs(names) do values.join(found, evaluate.index(analysis, frame, node.key.at, object, name)) end
  return { found }
end

-- --- calls ---

rules.call = function(analysis, frame, node)
  local callee = evaluate.one(analysis, frame, node.callee)
  local name = node.callee.kind == "index" and node.callee.key or node.callee
  return analysis:call(frame, node, callee, evaluate.list(analysis, frame, node.arguments), name.at)
end

rules.method = function(analysis, frame, node)
  local object = evaluate.one(analysis, frame, node.object)
  local given = evaluate.list(analysis, frame, node.arguments)
  local arguments = table.move(given, 1, #given, 2, { object })
  arguments.rest = given.rest
  local callee = evaluate.index(analysis, frame, node.name_at, object, node.name)
  if next(values.some(callee)) == nil then callee = values.unknown() end
  return analysis:call(frame, node, callee, arguments, node.name_at)
end

return evaluate
