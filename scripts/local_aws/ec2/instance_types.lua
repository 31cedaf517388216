-- Instance types: the sizes and families that recovery uses, computed from their names.
-- https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-types.html

local fault = require "local_aws.fault"
local filters = require "local_aws.ec2.filters"
local json = require "json"

-- Family -> GiB of memory for each virtual processor, architecture; burstable families have sizes of their own.
local FAMILIES = {
  c5 = { 2 }, c6i = { 2 }, c6g = { 2, "arm64" }, c7i = { 2 }, c7g = { 2, "arm64" }, m5 = { 4 }, m6i = { 4 }, m6g = { 4,
    "arm64" },
  m7i = { 4 }, m7g = { 4, "arm64" }, r5 = { 8 }, r6i = { 8 }, r6g = { 8, "arm64" }, r7i = { 8 }, r7g = { 8, "arm64" },
}
local SIZES = { large = 2, xlarge = 4, ["2xlarge"] = 8, ["4xlarge"] = 16, ["8xlarge"] = 32, ["12xlarge"] = 48,
  ["16xlarge"] = 64,
  ["24xlarge"] = 96 }

-- Size -> virtual processors, GiB.
local BURSTABLE = {
  nano = { 2, 0.5 }, micro = { 2, 1 }, small = { 2, 2 }, medium = { 2, 4 }, large = { 2, 8 }, xlarge = { 4, 16 },
  ["2xlarge"] = { 8, 32 },
}
local BURSTABLE_FAMILIES = { t2 = "x86_64", t3 = "x86_64", t3a = "x86_64", t4g = "arm64" }

local function describe(name, processors, gib, architecture, burstable)
  local threads = architecture == "arm64" and 1 or 2
  return {
    InstanceType = name, CurrentGeneration = true, FreeTierEligible = name == "t3.micro", BareMetal = false,
    Hypervisor = "nitro",
    SupportedUsageClasses = { "on-demand", "spot" }, SupportedRootDeviceTypes = { "ebs" },
    SupportedVirtualizationTypes = { "hvm" },
    ProcessorInfo = { SupportedArchitectures = { architecture }, SustainedClockSpeedInGhz = 2.5 },
    VCpuInfo = { DefaultVCpus = processors, DefaultCores = processors // threads, DefaultThreadsPerCore = threads },
    MemoryInfo = { SizeInMiB = math.tointeger(gib * 1024) }, InstanceStorageSupported = false,
    EbsInfo = { EbsOptimizedSupport = "default", EncryptionSupport = "supported", NvmeSupport = "required" },
    NetworkInfo = { NetworkPerformance = burstable and "Up to 5 Gigabit" or "Up to 12.5 Gigabit", MaximumNetworkInterfaces = 4,
      Ipv4AddressesPerInterface = 15, Ipv6AddressesPerInterface = 15, Ipv6Supported = true, EnaSupport = "required" },
    BurstablePerformanceSupported = burstable, DedicatedHostsSupported = not burstable, AutoRecoverySupported = true,
    SupportedBootModes = architecture == "arm64" and { "uefi" } or { "legacy-bios", "uefi" }, HibernationSupported = false,
  }
end

local list, by_name

-- All types in the order of their names; made when first needed.
local function all()
  if not list then
    list, by_name = {}, {}
    for family, facts in pairs(FAMILIES) do
      for size, processors in pairs(SIZES) do
        list[#list + 1] = describe(family .. "." .. size, processors, processors * facts[1], facts[2] or "x86_64", false)
      end
    end
    for family, architecture in pairs(BURSTABLE_FAMILIES) do
      for size, facts in pairs(BURSTABLE) do
        list[#list + 1] = describe(family .. "." .. size, facts[1], facts[2], architecture, true)
      end
    end
    table.sort(list, function(a, b)
      return a.InstanceType < b.InstanceType
    end)
    for _, item in ipairs(list) do
      by_name[item.InstanceType] = item
    end
  end
  return list
end

local field = filters.fields {
  ["instance-type"] = "InstanceType", ["current-generation"] = "CurrentGeneration", ["bare-metal"] = "BareMetal",
  hypervisor = "Hypervisor", ["vcpu-info.default-cores"] = "VCpuInfo.DefaultCores",
  ["vcpu-info.default-vcpus"] = "VCpuInfo.DefaultVCpus",
  ["memory-info.size-in-mib"] = "MemoryInfo.SizeInMiB", ["burstable-performance-supported"] = "BurstablePerformanceSupported",
  ["processor-info.supported-architecture"] = "ProcessorInfo.SupportedArchitectures", location = "Location",
  ["free-tier-eligible"] = "FreeTierEligible", ["supported-root-device-type"] = "SupportedRootDeviceTypes",
}

local operations = {}

function operations.DescribeInstanceTypes(call)
  local input, found, asked = call.input, {}, {}
  local matches, page = filters.compile(input.Filters, field), filters.page(input, 100)
  local types, missing = all(), {}
  for _, name in ipairs(input.InstanceTypes or {}) do
    asked[name] = true
    missing[#missing + 1] = not by_name[name] and name or nil
  end
  if missing[1] then
    fault.raise("InvalidInstanceType", ("The following supplied instance types do not exist: [%s]"):format(
      table.concat(missing, ", ")))
  end
  for _, item in ipairs(types) do
    if (not next(asked) or asked[item.InstanceType]) and matches(item) then
      found[#found + 1] = item
    end
  end
  local items, token = page(found)
  return { InstanceTypes = items, NextToken = token }
end

function operations.DescribeInstanceTypeOfferings(call)
  local input, found = call.input, {}
  local matches, page = filters.compile(input.Filters, field), filters.page(input, 1000)
  local kind = input.LocationType or "region"
  local places = kind == "availability-zone" and { "a", "b", "c" } or { "" }
  for _, item in ipairs(all()) do
    for _, letter in ipairs(places) do
      local offering = { InstanceType = item.InstanceType, LocationType = kind, Location = call.region .. letter }
      found[#found + 1] = matches(offering) and offering or nil
    end
  end
  local items, token = page(found)
  return { InstanceTypeOfferings = items, NextToken = token }
end

-- https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAccountAttributes.html
local ACCOUNT = {
  ["supported-platforms"] = "VPC", ["max-instances"] = "20", ["vpc-max-security-groups-per-interface"] = "5",
  ["max-elastic-ips"] = "5", ["vpc-max-elastic-ips"] = "5",
}

function operations.DescribeAccountAttributes(call)
  local found, asked = json.array {}, {}
  for _, name in ipairs(call.input.AttributeNames or {}) do
    asked[name] = true
  end
  for name, value in pairs(ACCOUNT) do
    if not next(asked) or asked[name] then
      found[#found + 1] = { AttributeName = name, AttributeValues = { { AttributeValue = value } } }
    end
  end
  return { AccountAttributes = found }
end

return { operations = operations }
