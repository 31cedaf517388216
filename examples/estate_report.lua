local options = require "options"
local option = options.read([[
drsh run examples/estate_report.lua [--regions LIST]

How ready is each region: source servers by the state of their replication, the worst lag, recovery instances. Regions are asked
side by side; one that does not answer is named, and the exit code is 1, for an unknown region is not a healthy one.

  --regions LIST  with commas between (us-east-1,us-west-2)
  --help          this text
]], { regions = "us-east-1,us-west-2" })

local say, fail = options.say, options.fail
local aws       = require "aws"

local regions = {}
for region in option.regions:gmatch "[^,%s]+" do regions[#regions + 1] = region end

local function seconds(lag) -- "P1DT2H3M4S"
  local day, hour, minute, second = lag:match "P(%d*)D", lag:match "(%d+)H", lag:match "T.-(%d+)M", lag:match "([%d.]+)S"
  return (tonumber(day) or 0) * 86400 + (tonumber(hour) or 0) * 3600 + (tonumber(minute) or 0) * 60 + (tonumber(second) or 0)
end

local function count(drs)
  local found = { servers = 0, well = 0, lag = 0, instances = 0, troubled = {} }
  for server in drs:items("describe_source_servers", {}) do
    local replication = server.dataReplicationInfo
    found.servers = found.servers + 1
    found.lag = math.max(found.lag, replication.lagDuration and seconds(replication.lagDuration) or 0)
    if replication.dataReplicationState == "CONTINUOUS" then
      found.well = found.well + 1
    else
      found.troubled[#found.troubled + 1] = ("%s is %s"):format(server.sourceProperties.identificationHints.hostname,
        replication.dataReplicationState)
    end
  end
  for _ in drs:items("describe_recovery_instances", {}) do found.instances = found.instances + 1 end
  return found
end

local unknown = 0
say("%-16s %8s %10s %10s %10s", "region", "servers", "continuous", "worst lag", "instances")
for _, place in ipairs(aws.across("drs", { regions = regions, on_error = function(e) return { problem = e } end }, count)) do
  local found = place.value
  if found.problem then
    unknown = unknown + 1
    say("%-16s unknown: %s", place.region, found.problem.message)
  else
    say("%-16s %8d %10d %9ds %10d", place.region, found.servers, found.well, found.lag // 1 | 0, found.instances)
    for _, text in ipairs(found.troubled) do say("%-16s   %s", "", text) end
  end
end
if unknown > 0 then fail("%d of %d regions did not answer", unknown, #regions) end
