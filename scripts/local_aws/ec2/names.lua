-- The names that EC2 gives to addresses.

local names = {}

-- "ip-172-31-0-5.ec2.internal"
function names.private(address, region)
  local zone = region == "us-east-1" and "ec2.internal" or region .. ".compute.internal"
  return ("ip-%s.%s"):format(address:gsub("%.", "-"), zone)
end

-- "ec2-198-18-0-5.compute-1.amazonaws.com"
function names.public(address, region)
  local zone = region == "us-east-1" and "compute-1" or region .. ".compute"
  return ("ec2-%s.%s.amazonaws.com"):format(address:gsub("%.", "-"), zone)
end

return names
