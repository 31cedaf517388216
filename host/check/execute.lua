-- Statements, for check/analysis.lua: every branch that may be is taken, and each assignment adds to what a name may be.
local evaluate = require "check.evaluate"
local values = require "check.values"

local execute = {}

local rules = {}

--- Runs a block. True if it is sure to leave the function: what comes behind it is never reached.
function execute.block(analysis, frame, body)
  for _, statement in ipairs(body) do
    if rules[statement.kind](analysis, frame, statement) then return true end
  end
  return false
end

local function assign_field(analysis, frame, target, value)
  local object = evaluate.one(analysis, frame, target.object)
  local names = values.texts(evaluate.one(analysis, frame, target.key))
  for atom in pairs(object) do
    if atom.kind == "table" then
      analysis:store(atom, names, value, target.key.at, frame.unit)
    elseif atom.kind == "shape" and names then
      for _, name in ipairs(names) do analysis.extras[atom.id .. name] = true end
    end
  end
end

local function nth(list, index)
  return list[index] or (list.rest and values.unknown()) or values.none()
end

rules["local"] = function(analysis, frame, node)
  local list = evaluate.list(analysis, frame, node.values)
  for index, declaration in ipairs(node.declarations) do
    analysis:grow(frame:cell(declaration), nth(list, index))
  end
end

rules.assign = function(analysis, frame, node)
  local list = evaluate.list(analysis, frame, node.values)
  for index, target in ipairs(node.targets) do
    if target.kind == "local" then
      analysis:grow(frame:cell(target.declaration), nth(list, index))
    elseif target.kind == "index" then
      assign_field(analysis, frame, target, nth(list, index))
    end
  end
end

rules.call = function(analysis, frame, node) evaluate.one(analysis, frame, node.expression) end
rules["do"] = function(analysis, frame, node) return execute.block(analysis, frame, node.body) end
rules.jump = function() end

rules["while"] = function(analysis, frame, node)
  evaluate.one(analysis, frame, node.condition)
  execute.block(analysis, frame, node.body)
end

rules["repeat"] = function(analysis, frame, node)
  execute.block(analysis, frame, node.body)
  evaluate.one(analysis, frame, node.condition)
end

rules["if"] = function(analysis, frame, node)
  local leaves = true
  for index, body in ipairs(node.bodies) do
    local condition, truth = node.conditions[index], true
    if condition then
      evaluate.one(analysis, frame, condition)
      truth = evaluate.truth(analysis, frame, condition)
    end
    if truth ~= false then leaves = execute.block(analysis, frame, body) and leaves end
    if truth then return leaves end
  end
  return false
end

rules.for_number = function(analysis, frame, node)
  evaluate.list(analysis, frame, node.range)
  analysis:grow(frame:cell(node.declarations[1]), values.plain())
  execute.block(analysis, frame, node.body)
end

rules.for_in = function(analysis, frame, node)
  local list = evaluate.list(analysis, frame, node.values)
  for index, declaration in ipairs(node.declarations) do
    for atom in pairs(list[1] or {}) do
      local value = atom.kind == "iterator" and (atom.values[index] or {}) or values.unknown()
      analysis:grow(frame:cell(declaration), value)
      if atom.kind == "function" then
        local results = analysis:call_values(frame, { [atom] = true }, { list[2] or {}, list[3] or {} })
        analysis:grow(frame:cell(declaration), results[index] or {})
      end
    end
  end
  execute.block(analysis, frame, node.body)
end

rules["return"] = function(analysis, frame, node)
  local list = evaluate.list(analysis, frame, node.values)
  for index, value in ipairs(list) do
    frame.results[index] = frame.results[index] or {}
    analysis:grow(frame.results[index], value)
  end
  if #list == 0 then execute.fall_off(analysis, frame) end
  frame.results.rest = frame.results.rest or list.rest
  return true
end

--- The end of a function without a return.
function execute.fall_off(analysis, frame)
  frame.results[1] = frame.results[1] or {}
  analysis:grow(frame.results[1], values.none())
end

return execute
