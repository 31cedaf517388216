-- ConsumedCapacity, as ReturnConsumedCapacity asks for it: NONE, TOTAL, INDEXES.

local json = require "json"

local capacity = {}

local function by_kind(table_, indexes, kind)
  local out
  for _, index in ipairs(table_.indexes) do
    local units = index.kind == kind and indexes[index.name]
    if units then
      out = out or {}
      out[index.name] = { CapacityUnits = units }
    end
  end
  return out
end

-- units = {table = n, indexes = {name = n}}; nil when it was not asked for.
function capacity.describe(wanted, table_, units)
  if wanted ~= "TOTAL" and wanted ~= "INDEXES" then
    return nil
  end
  local total = units.table
  for _, each in pairs(units.indexes or {}) do
    total = total + each
  end
  local out = { TableName = table_.name, CapacityUnits = total }
  if wanted == "INDEXES" then
    out.Table = { CapacityUnits = units.table }
    out.LocalSecondaryIndexes = by_kind(table_, units.indexes or {}, "LOCAL")
    out.GlobalSecondaryIndexes = by_kind(table_, units.indexes or {}, "GLOBAL")
  end
  return out
end

-- Adds the units of one write or read to a sum.
function capacity.add(sum, units, factor)
  sum.table = (sum.table or 0) + units.table * (factor or 1)
  sum.indexes = sum.indexes or {}
  for name, each in pairs(units.indexes or {}) do
    sum.indexes[name] = (sum.indexes[name] or 0) + each * (factor or 1)
  end
end

local Sums = {}
Sums.__index = Sums

-- Sums by table, in the order of the first use: sums:add(table_, units), sums:describe(wanted) -> list | nil
function capacity.sums(factor)
  return setmetatable({ factor = factor, order = {}, units = {} }, Sums)
end

function Sums:add(table_, units)
  if not self.units[table_.name] then
    self.units[table_.name] = {}
    self.order[#self.order + 1] = table_
  end
  capacity.add(self.units[table_.name], units, self.factor)
end

function Sums:describe(wanted)
  local list = json.array {}
  for place, table_ in ipairs(self.order) do
    list[place] = capacity.describe(wanted, table_, self.units[table_.name])
  end
  return #list > 0 and list or nil
end

return capacity
