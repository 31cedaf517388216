-- Regions and their zones: those of the `aws` partition that DRS serves.

local fault = require "local_aws.fault"
local filters = require "local_aws.ec2.filters"
local json = require "json"

-- Region -> opt-in status.
local REGIONS = {
  ["us-east-1"] = "opt-in-not-required", ["us-east-2"] = "opt-in-not-required", ["us-west-1"] = "opt-in-not-required",
  ["us-west-2"] = "opt-in-not-required", ["ca-central-1"] = "opt-in-not-required", ["eu-central-1"] = "opt-in-not-required",
  ["eu-west-1"] = "opt-in-not-required", ["eu-west-2"] = "opt-in-not-required", ["eu-west-3"] = "opt-in-not-required",
  ["eu-north-1"] = "opt-in-not-required", ["ap-northeast-1"] = "opt-in-not-required", ["ap-northeast-2"] = "opt-in-not-required",
  ["ap-northeast-3"] = "opt-in-not-required", ["ap-southeast-1"] = "opt-in-not-required", ["ap-southeast-2"] = "opt-in-not-required",
  ["ap-south-1"] = "opt-in-not-required", ["sa-east-1"] = "opt-in-not-required", ["af-south-1"] = "not-opted-in",
  ["ap-east-1"] = "not-opted-in", ["eu-south-1"] = "not-opted-in", ["me-south-1"] = "not-opted-in",
}

local FIELDS = {
  ["region-name"] = "RegionName", ["opt-in-status"] = "OptInStatus", endpoint = "Endpoint", ["zone-name"] = "ZoneName", state = "State",
}

local function field(name)
  local member = FIELDS[name]
  return member and function(item)
    return { item[member] }
  end
end

local function sorted_regions()
  local names = {}
  for name in pairs(REGIONS) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

local operations = {}

function operations.DescribeRegions(call)
  local matches = filters.compile(call.input.Filters, field)
  local asked, found = call.input.RegionNames, json.array {}
  local wanted = {}
  for _, name in ipairs(asked or {}) do
    wanted[name] = true
    if not REGIONS[name] then
      fault.raise("InvalidParameterValue", ("Invalid value '%s' for region."):format(name))
    end
  end
  for _, name in ipairs(sorted_regions()) do
    local described = { RegionName = name, Endpoint = ("ec2.%s.amazonaws.com"):format(name), OptInStatus = REGIONS[name] }
    local shown = next(wanted) and wanted[name] or not next(wanted) and (REGIONS[name] ~= "not-opted-in" or call.input.AllRegions)
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
    local zone = {
      ZoneName = call.region .. letter, RegionName = call.region, State = "available", OptInStatus = "opt-in-not-required",
      ZoneType = "availability-zone", GroupName = call.region, NetworkBorderGroup = call.region, Messages = {},
    }
    local wanted = not (call.input.ZoneNames and call.input.ZoneNames[1])
    for _, name in ipairs(call.input.ZoneNames or {}) do
      wanted = wanted or name == zone.ZoneName
    end
    if wanted and matches(zone) then
      found[#found + 1] = zone
    end
  end
  return { AvailabilityZones = found }
end

return { operations = operations }
