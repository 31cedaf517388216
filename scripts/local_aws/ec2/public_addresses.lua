-- Public addresses, each given out once: from 198.18.0.0/15, which no host on the internet has (RFC 2544).

local public_addresses = {}

local BLOCK = 198 << 24 | 18 << 16
local SIZE = 1 << 17

function public_addresses.next(world)
  local value = BLOCK + world.clock.next("public-ip") % SIZE
  return ("%d.%d.%d.%d"):format(value >> 24, value >> 16 & 255, value >> 8 & 255, value & 255)
end

return public_addresses
