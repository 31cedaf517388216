-- AWS's partitions: "aws", "aws-cn", "aws-us-gov" ..., each with its regions and the ends of its hosts' names.

local embedded = require "embedded"
local json     = require "json"

local partitions = {}

local list

local function load()
  list = list or json.decode(embedded.read "modules/aws/endpoints/partitions.json").partitions
  for _, partition in ipairs(list) do
    partition.is_region = partition.is_region or {}
    for _, region in ipairs(partition.regions) do
      partition.is_region[region] = true
    end
  end
  return list
end

local function has(partition, region)
  if partition.is_region[region] then
    return true
  end
  for _, pattern in ipairs(partition.patterns) do
    if region:find(pattern) then
      return true
    end
  end
  return false
end

-- Of a region, known or yet to come: {name=, dnsSuffix=, dualStackDnsSuffix=, implicitGlobalRegion=, supportsFIPS=,
-- supportsDualStack=}. "aws" if its name fits none.
function partitions.of(region)
  for _, partition in ipairs(list or load()) do
    if has(partition, region) then
      return partition.outputs
    end
  end
  return list[1].outputs
end

return partitions
