-- Which DynamoDB tables and indexes the calls of a script are about, as far as its code tells.
local resources = require "iam.resources"
local values = require "check.values"

local tables = {}

local PARTS = { "TransactItems", "RequestItems" }

-- Notes what one table of parameters says; false: it names no table.
local function note(uses, input)
  local found = false
  local index = input.fields.IndexName
  for atom in pairs(values.field(input, "TableName")) do
    if atom.kind == "setting" then
      found, uses.tables[atom.name] = true, true
      local indexes = uses.indexes[atom.name] or {}
      uses.indexes[atom.name] = indexes
      for _, name in ipairs(index and (values.texts(index.value) or { "*" }) or {}) do indexes[name] = true end
      if not index and input.is_open then indexes["*"] = true end
    elseif atom.kind == "string" and input.fields.TableName then
      found, uses.names[atom.value] = true, true
    end
  end
  return found
end

-- The parts of a transaction that need this action: { Put = {...} } is dynamodb:PutItem.
local function inner(input, action)
  local list = {}
  for _, item in ipairs(values.of_kind(values.elements(values.field(input, "TransactItems")), "table")) do
    local part = item.fields[action:match "^dynamodb:(%a+)Item$" or ""]
    table.move(part and values.of_kind(part.value, "table") or {}, 1, 20, #list + 1, list)
  end
  return list
end

-- RequestItems = { [name of the table] = ... }
local function note_keys(uses, input)
  local found = false
  for _, request in ipairs(values.of_kind(values.field(input, "RequestItems"), "table")) do
    for atom in pairs(request.keys) do
      if atom.kind == "setting" then found, uses.tables[atom.name] = true, true end
    end
  end
  return found
end

local function note_call(uses, call, action)
  local found = false
  for _, input in ipairs(values.of_kind(call.input or {}, "table")) do
    local is_whole = not input.fields[PARTS[1]] and not input.fields[PARTS[2]]
    if is_whole then found = note(uses, input) or found end
    for _, part in ipairs(inner(input, action)) do found = note(uses, part) or found end
    found = note_keys(uses, input) or found
  end
  return found
end

--- Adds what a call says to uses[action]; a call that does not say makes it any table.
function tables.add(uses, action, call)
  local one = uses[action] or { tables = {}, indexes = {}, names = {} }
  uses[action] = one
  if not note_call(one, call, action) then one.is_any = true end
end

--- As host/iam/resources.lua wants it.
function tables.of(uses, action)
  local one = uses[action]
  if not one then return nil end
  if not one.is_any then return one end
  local all = { indexes = {}, names = one.names }
  for _, setting in ipairs(resources.TABLES) do
    all.indexes[setting] = action:find "^dynamodb:[QS]" and { ["*"] = true } or nil
  end
  return all
end

return tables
