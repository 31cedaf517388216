-- What a script does, found by reading it: its functions are evaluated with all that their arguments may be, in all branches,
-- over and over until nothing new is learned. Each function has an activation (a frame) for each kind of arguments, so that a
-- helper that makes clients for everybody is told apart by its caller. What is not known is "unknown", and nothing is claimed
-- of it.
local clients = require "check.clients"
local execute = require "check.execute"
local natives = require "check.natives"
local values = require "check.values"

local analysis = {}
analysis.__index = analysis

local ROUNDS = 12          -- most scripts are known after four
local FRAMES_EACH = 60     -- activations of one function before they are taken together
local DEPTH = 80

-- --- activations ---

local frame_type = {}
frame_type.__index = frame_type

-- What a name may be, in the activation that it belongs to.
function frame_type:cell(declaration)
  local frame = self
  while frame.node ~= declaration.owner do frame = frame.outer end
  local cell = frame.cells[declaration]
  if not cell then
    cell = {}
    frame.cells[declaration] = cell
  end
  return cell
end

local function new_frame(self, node, outer, unit)
  local frame = setmetatable({
    node = node, outer = outer, unit = unit, cells = {}, results = {}, varargs = {}, made = {}, calls = {}, callees = {},
  }, frame_type)
  self.frames[#self.frames + 1] = frame
  return frame
end

-- A short helper that is given a table has an activation for each place that calls it: what it makes of one table is not mixed
-- with what it makes of another.
local SHORT = 4

local function place_key(atom, arguments, frame, node)
  if #atom.node.body > SHORT or atom.frame.unit == frame.unit then return "" end
  for _, set in ipairs(arguments) do
    if #values.of_kind(set, "table") > 0 then return "@" .. frame.unit.name .. node.at end
  end
  return ""
end

local function frame_for(self, atom, arguments, caller, node)
  local known = self.activations[atom.id]
  if not known then
    known = { count = 0 }
    self.activations[atom.id] = known
  end
  local keys = {}
  for index, set in ipairs(arguments) do keys[index] = values.key(set) end
  local key = known.count >= FRAMES_EACH and "all" or table.concat(keys, ";") .. place_key(atom, arguments, caller, node)
  if not known[key] then
    known[key] = new_frame(self, atom.node, atom.frame, atom.frame.unit)
    known.count = known.count + 1
    self.grew = true
  end
  return known[key]
end

local function bind(self, frame, arguments)
  local count = #frame.node.parameters
  for index, declaration in ipairs(frame.node.parameters) do
    self:grow(frame:cell(declaration), arguments[index] or (arguments.rest and values.unknown()) or values.none())
  end
  for index = count + 1, #arguments do
    frame.varargs[index - count] = frame.varargs[index - count] or {}
    self:grow(frame.varargs[index - count], arguments[index])
  end
end

local function run(self, frame)
  if frame.round == self.round or self.depth > DEPTH then return end
  frame.round, frame.calls, frame.callees = self.round, {}, {}
  self.depth = self.depth + 1
  if not execute.block(self, frame, frame.node.body) then execute.fall_off(self, frame) end
  self.depth = self.depth - 1
end

-- --- what the rules of expressions and natives use ---

--- Adds to a set and remembers whether that was news.
function analysis:grow(set, more)
  if values.join(set, more) then self.grew = true end
end

--- The one atom that an expression makes in an activation.
function analysis:atom_at(frame, node, kind)
  local made = frame.made[node]
  if not made then
    made = {}
    frame.made[node] = made
  end
  if not made[kind] then made[kind] = values.atom(kind, {}) end
  return made[kind]
end

function analysis:table_at(frame, node)
  local atom = self:atom_at(frame, node, "table")
  if not atom.fields then
    atom.fields, atom.elements, atom.keys, atom.metatables, atom.node, atom.frame = {}, {}, {}, {}, node, frame
  end
  return atom
end

--- A generic `for` over it gives these.
function analysis:iterator(frame, node, list)
  local atom = self:atom_at(frame, node, "iterator")
  atom.values = atom.values or {}
  for index, set in ipairs(list) do
    atom.values[index] = atom.values[index] or {}
    self:grow(atom.values[index], set)
  end
  return { [atom] = true }
end

--- Puts a value into a table atom, under these names; nil: under a key that is not known.
function analysis:store(atom, names, value, at, unit)
  if not names then
    atom.is_open = true
    return self:grow(atom.elements, value)
  end
  for _, name in ipairs(names) do
    local field = atom.fields[name]
    if not field then
      field = { value = {}, at = at, unit = unit }
      atom.fields[name], self.grew = field, true
    end
    self:grow(field.value, value)
  end
end

function analysis:global(name)
  local value = self.project:global(name)
  return value == nil and values.unknown() or natives.value(name, value)
end

--- Functions that are given away may be called, with nobody knows what.
function analysis:escape(frame, arguments)
  for _, set in ipairs(arguments) do
    local functions = {}
    for atom in pairs(set) do
      if atom.kind == "function" then functions[atom] = true end
    end
    if next(functions) then self:call_values(frame, functions, { values.unknown(), values.unknown(), values.unknown() }) end
  end
end

--- Calls what is not written as a call in the text.
function analysis:call_values(frame, callee, arguments)
  return self:call(frame, { kind = "call", at = 1, arguments = {} }, callee, arguments)
end

-- Where one of several functions is called, nobody knows which arguments are whose.
local function doubtful(arguments)
  local list = { rest = arguments.rest }
  for index, set in ipairs(arguments) do list[index] = values.union(set, values.unknown()) end
  return list
end

--- Calls all that the callee may be; gives the list of results.
function analysis:call(frame, node, callee, arguments, name_at)
  local results, operations = {}, {}
  if #values.of_kind(callee, "function") > 1 then arguments = doubtful(arguments) end
  local function add(list)
    for index, set in ipairs(list) do
      results[index] = values.union(results[index], set, index > 1 and values.none() or nil)
    end
    results.rest = results.rest or list.rest
  end
  for atom in pairs(callee) do
    if atom.kind == "function" then
      local called = frame_for(self, atom, arguments, frame, node)
      bind(self, called, arguments)
      run(self, called)
      frame.callees[called] = true
      add(called.results)
    elseif atom.kind == "host" then
      add(natives.call(self, frame, node, atom, arguments))
    elseif atom.kind == "operation" then
      local list = operations[atom.name] or {}
      operations[atom.name], list[#list + 1] = list, atom
    elseif atom.kind == "results" then
      add(atom.list or {})
    elseif atom.kind ~= "none" then
      self:escape(frame, arguments)
      add { values.unknown(), rest = true }
    end
  end
  for _, list in pairs(operations) do add(clients.call(self, frame, node, list, arguments, name_at or node.at)) end
  return results
end

--- A script's value, or that of a module of the host; raises nothing: what is missing is reported.
function analysis:require(frame, node, name)
  local unit = self.project:unit(name)
  if unit and unit.chunk then
    local module = self:load(unit)
    frame.callees[module] = true
    return module.results[1] or values.plain()
  end
  local value, fault, advice = self.project:module(name)
  local literal = node.arguments[1]
  if fault and not unit and literal and literal.kind == "string" then
    self:report(frame, literal.at, "unknown-module", fault, advice)
  end
  return value ~= nil and natives.value(name, value) or values.unknown()
end

--- The activation of a script's chunk.
function analysis:load(unit)
  local frame = self.modules[unit]
  if not frame then
    frame = new_frame(self, unit.chunk, nil, unit)
    self.modules[unit] = frame
  end
  run(self, frame)
  for atom in pairs(frame.results[1] or {}) do
    if atom.kind == "table" and atom.frame == frame then atom.module = unit end
  end
  return frame
end

--- Notes a finding, in the last round.
function analysis:report_in(unit, at, code, message, advice)
  if self.reporting then self.sink(unit, at, code, message, advice) end
end

function analysis:report(frame, at, code, message, advice)
  self:report_in(frame.unit, at, code, message, advice)
end

-- --- from outside ---

-- One round from an entry: its chunk, and then the functions that the host calls.
local function walk(self, unit, names)
  local root = new_frame(self, { parameters = {} }, nil, unit)
  local module = self:load(unit)
  root.callees[module] = true
  for _, name in ipairs(names) do
    for atom in pairs(module.results[1] or {}) do
      if atom.kind == "table" and atom.fields[name] then
        self:call_values(root, atom.fields[name].value, { values.unknown(), values.unknown(), values.unknown() })
      end
    end
  end
  return root
end

-- Functions that nothing called, as far as can be seen: with unknown arguments, so that what is written in them is looked at.
local function walk_rest(self, unit)
  local seen = {}
  for _, frame in ipairs(self.frames) do
    if frame.round == self.round then seen[frame.node] = frame end
  end
  for _, node in ipairs(unit.chunk.functions) do
    local outer = node.parent and seen[node.parent]
    if not seen[node] and outer then
      local atom = self:atom_at(outer, node, "function")
      atom.node, atom.frame = node, outer
      local arguments = { rest = true }
      for index in ipairs(node.parameters) do arguments[index] = values.unknown() end
      self:call_values(outer.scratch or outer, { [atom] = true }, arguments)
      for _, frame in ipairs(self.frames) do
        if frame.round == self.round and not seen[frame.node] then seen[frame.node] = frame end
      end
    end
  end
end

-- All AWS calls of the activations that can be reached.
local function calls_from(root)
  local calls, seen, queue = {}, { [root] = true }, { root }
  while #queue > 0 do
    local frame = table.remove(queue)
    for _, call in ipairs(frame.calls) do
      call.unit = frame.unit
      calls[#calls + 1] = call
    end
    for callee in pairs(frame.callees) do
      if not seen[callee] then
        seen[callee] = true
        queue[#queue + 1] = callee
      end
    end
  end
  return calls
end

--- Reads one script, as the host calls it: `names` are the functions of its table. sink(unit, at, code, message, advice) hears
-- of what is wrong. Gives the AWS calls that it can come to: {unit, at, client, operation, model, input}, without operation
-- where the code does not say which.
function analysis.run(project, unit, names, sink)
  local self = setmetatable({
    project = project, sink = sink, frames = {}, activations = {}, modules = {}, extras = {}, depth = 0, round = 0,
  }, analysis)
  repeat
    self.round, self.grew = self.round + 1, false
    walk(self, unit, names)
  until not self.grew or self.round >= ROUNDS
  self.round, self.reporting = self.round + 1, true
  local calls = calls_from(walk(self, unit, names))
  walk_rest(self, unit)
  return calls
end

return analysis
