-- How many bytes DynamoDB counts for values and items: the 400 KB limit, the 1 MB pages, the capacity units.
-- https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html

local decimal = require "local_aws.dynamodb.decimal"

local size = {}

size.ITEM_LIMIT = 400 * 1024
size.PAGE_LIMIT = 1024 * 1024

local of = {}

local function each(content, kind)
  local sum = 0
  for _, member in ipairs(content) do
    sum = sum + of[kind](member)
  end
  return sum
end

function of.S(content) return #content end
function of.B(content) return #content end
function of.N(content) return decimal.size(decimal.parse(content)) end
function of.BOOL() return 1 end
function of.NULL() return 1 end
function of.SS(content) return each(content, "S") end
function of.BS(content) return each(content, "B") end
function of.NS(content) return each(content, "N") end

function of.L(content)
  local sum = 3
  for _, member in ipairs(content) do
    sum = sum + 1 + size.value(member)
  end
  return sum
end

function of.M(content)
  local sum = 3
  for name, member in pairs(content) do
    sum = sum + 1 + #name + size.value(member)
  end
  return sum
end

function size.value(attribute)
  local kind, content = next(attribute)
  return of[kind](content)
end

-- An item, or any map of attributes.
function size.item(item)
  local sum = 0
  for name, attribute in pairs(item) do
    sum = sum + #name + size.value(attribute)
  end
  return sum
end

-- Capacity units: a write unit is 1 KB, a read unit 4 KB, an eventually consistent read half of one.
function size.write_units(bytes)
  return math.max(1, math.ceil(bytes / 1024))
end

function size.read_units(bytes, consistent)
  local units = math.max(1, math.ceil(bytes / 4096))
  return consistent and units or units / 2
end

return size
