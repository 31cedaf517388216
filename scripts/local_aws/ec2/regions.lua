-- Regions and their zones: those of the `aws` partition that DRS serves.

local fault = require "local_aws.fault"
local filters = require "local_aws.ec2.filters"
local json = require "json"

-- Those that an account has from the start, and those that it would have to ask for.
local REGULAR = {
  "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
  "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1",
  "us-west-2",
}
local OPT_IN = { "af-south-1", "ap-east-1", "eu-south-1", "me-south-1" }

-- Region -> opt-in status; and all names in order.
local STATUS, NAMES = {}, {}
for status, names in pairs { ["opt-in-not-required"] = REGULAR, ["not-opted-in"] = OPT_IN } do
  for _, name in ipairs(names) do
    STATUS[name] = status
    NAMES[#NAMES + 1] = name
  end
end
table.sort(NAMES)

local FIELDS = {
  ["region-name"] = "RegionName", ["opt-in-status"] = "OptInStatus", endpoint = "Endpoint", ["zone-name"] = "ZoneName",
  state = "State", ["zone-id"] = "ZoneId", ["zone-type"] = "ZoneType", ["group-name"] = "GroupName",
}

local function field(name)
  local member = FIELDS[name]
  return member and function(item)
    return { item[member] }
  end
end

-- "use1-az1" of "us-east-1a". AWS shuffles the letters for each account; here a is always 1.
local function zone_id(zone_name)
  local land, sides, number, letter = zone_name:match "^(%l%l)%-([%l-]+)%-(%d)(%l)$"
  local side = sides:gsub("gov%-", "g"):gsub("north", "n"):gsub("south", "s"):gsub("east", "e"):gsub("west", "w")
    :gsub("central", "c")
  return ("%s%s%s-az%d"):format(land, side, number, letter:byte() - 96)
end

local regions = { zone_id = zone_id, names = NAMES }
local operations = {}

function operations.DescribeRegions(call)
  local matches = filters.compile(call.input.Filters, field)
  local asked, found = call.input.RegionNames, json.array {}
  local wanted = {}
  for _, name in ipairs(asked or {}) do
    wanted[name] = true
    if not STATUS[name] then
      fault.raise("InvalidParameterValue", ("Invalid value '%s' for region."):format(name))
    end
  end
  for _, name in ipairs(NAMES) do
    local described = { RegionName = name, Endpoint = ("ec2.%s.amazonaws.com"):format(name), OptInStatus = STATUS[name] }
    local shown = next(wanted) and wanted[name] or not next(wanted)
      and (STATUS[name] ~= "not-opted-in" or call.input.AllRegions)
    if shown and matches(described) then
      found[#found + 1] = described
    end
  end
  return { Regions = found }
end

function operations.DescribeAvailabilityZones(call)
  local matches = filters.compile(call.input.Filters, field)
  local found = json.array {}
  for _, letter in ipairs { "a", "b", "c" } do
    local zone_name = call.region .. letter
    local zone = {
      ZoneName = zone_name, RegionName = call.region, State = "available", OptInStatus = "opt-in-not-required",
      ZoneId = zone_id(zone_name), ZoneType = "availability-zone", GroupName = call.region, NetworkBorderGroup = call.region,
      Messages = {},
    }
    local wanted = not (call.input.ZoneNames and call.input.ZoneNames[1])
    for _, name in ipairs(call.input.ZoneNames or {}) do
      wanted = wanted or name == zone.ZoneName
    end
    if call.input.ZoneIds and call.input.ZoneIds[1] then
      wanted = false
      for _, id in ipairs(call.input.ZoneIds) do
        wanted = wanted or id == zone.ZoneId
      end
    end
    if wanted and matches(zone) then
      found[#found + 1] = zone
    end
  end
  return { AvailabilityZones = found }
end

regions.operations = operations

return regions
