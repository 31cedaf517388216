-- Blocks of IPv4 addresses: "10.0.0.0/16".

local fault = require "local_aws.fault"

local cidr = {}

local function number(address)
  local a, b, c, d = address:match "^(%d+)%.(%d+)%.(%d+)%.(%d+)$"
  local value = 0
  for _, part in ipairs { a, b, c, d } do
    part = tonumber(part)
    if part > 255 then
      return nil
    end
    value = value << 8 | part
  end
  return a and value
end

local function text(value)
  return ("%d.%d.%d.%d"):format(value >> 24, value >> 16 & 255, value >> 8 & 255, value & 255)
end

-- {first=, last=, bits=}; raises for what is no block.
function cidr.parse(block, parameter)
  local address, bits = block:match "^([%d.]+)/(%d+)$"
  bits = math.tointeger(tonumber(bits))
  local first = address and number(address)
  if not first or bits > 32 then
    fault.raise("InvalidParameterValue",
      ("Value (%s) for parameter %s is invalid. This is not a valid CIDR block."):format(block, parameter))
  end
  local size = 1 << 32 - bits
  return { first = first & ~(size - 1), last = first | size - 1, bits = bits }
end

-- The block as EC2 writes it: with the bits outside of the mask cleared.
function cidr.text(block)
  return text(block.first) .. "/" .. block.bits
end

-- The address at an offset in the block.
function cidr.address(block, offset)
  return text(block.first + offset)
end

function cidr.size(block)
  return block.last - block.first + 1
end

function cidr.contains(outer, inner)
  return outer.first <= inner.first and inner.last <= outer.last
end

function cidr.overlap(a, b)
  return a.first <= b.last and b.first <= a.last
end

-- Is this address in the block?
function cidr.holds(block, address)
  local value = number(address)
  return value ~= nil and block.first <= value and value <= block.last
end

return cidr
