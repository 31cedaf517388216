-- Puts an estate into a world: accounts, source servers, machines, items of tables. An estate is plain data (a Lua table, or
-- the same as JSON through control):
--
--   { accounts = { ["210987654321"] = {keys={...}, roles={...}} },                      as in the accounts file (accounts.lua)
--     places = { {
--       account = "123456789012", region = "us-east-1",                               DRS is initialised there
--       sourceServers = { {
--         hostname=, id=|nil, fqdn=|nil, tags={}, ips={"10.0.0.4"}, os=, cores=, ramGiB=, instanceType=,
--         volumes={ {deviceName="/dev/nvme0n1", gib=100} }, addedDaysAgo=90, originRegion=|nil,
--         vpcId=|nil, subnetId=|nil,                                                    where it runs, in its origin region
--         replication = {state="CONTINUOUS" | "STALLED" | ..., lag= seconds, forSeconds= how long it has been so,
--           course = { {after= seconds, state=, lag=, error=} } | nil },                 how it goes on from there
--         behaviour = {launch="FAILED"} | nil,                                        how its jobs go (drs/timeline.lua)
--         launchConfiguration = {copyPrivateIp=true} | nil } },
--       instances = { {
--         name=, id=|nil, tags={}, instanceType=, privateIp=, imageId=|nil, state="running"|"stopped", launchedDaysAgo=30 } },
--     } },
--     tables = { { account=, region=, name="drsh-recovery-plans", items={ {planId=..., ...} } } } }    plain values
--
-- Everything is put on top of what is there, or nothing is: a misspelt member is refused by its path. A table that does not
-- exist is passed over, and the log says so.

local accounts = require "local_aws.accounts"
local fault = require "local_aws.fault"
local json = require "json"
local launch = require "local_aws.ec2.launch"
local log = require "log"
local drs_replication = require "local_aws.drs.replication"
local read_file = require "local_aws.data_file"
local replication_changes = require "local_aws.drs.replication_changes"
local shape = require "local_aws.shape"
local source_servers = require "local_aws.drs.source_servers"
local time = require "time"

local estate = {}

local TAGS = { map = "string" }

local SOURCE_SERVER = {
  members = {
    hostname = "string", id = "string", fqdn = "string", tags = TAGS, ips = { list = "string" }, os = "string",
    cores = "number", cpu = "string", ramGiB = "number", instanceType = "string", mac = "string", addedDaysAgo = "number",
    volumes = { list = { members = { deviceName = "string", gib = "number", bytes = "number" } } },
    originRegion = "string", originZone = "string", originAccount = "string", awsInstanceId = "string",
    vmWareUuid = "string", hardwareId = "string", agentVersion = "string",
    vpcId = "string", subnetId = "string",
    replication = "any", -- drs/replication.lua knows
    behaviour = { map = "any" }, launchConfiguration = { map = "any" },
  },
  needs = { "hostname" },
}

local INSTANCE = { members = {
  name = "string", id = "string", tags = TAGS, instanceType = "string", privateIp = "string", imageId = "string",
  state = "string", launchedDaysAgo = "number", platform = "string",
} }

local PLACE = {
  members = {
    account = "string", region = "string", sourceServers = { list = SOURCE_SERVER }, instances = { list = INSTANCE },
  },
  needs = { "account", "region" },
}

local SHAPE = { members = {
  accounts = accounts.shape,
  places = { list = PLACE },
  tables = { list = {
    members = { account = "string", region = "string", name = "string", items = { list = { map = "any" } } },
    needs = { "account", "region", "name", "items" },
  } },
} }

-- The estate of that name: "sample", or a Lua or JSON file.
function estate.read(name)
  return name == "sample" and require "local_aws.sample_estate" or read_file(name)
end

local DAY_US = 86400 * 1000000
local GIB = 1024 * 1024 * 1024

local function replication(given, added_us, now)
  local stored = {
    state = given.state or "CONTINUOUS", lag = given.lag or 0, since = now - math.floor((given.forSeconds or 3600) * 1000000),
    error = given.error, course = drs_replication.course(given.course or {}, now),
  }
  -- The first synchronisation of a server that was added takes an hour; before it there is no point in time to go back to.
  if stored.state == "STARTED" then
    stored.since = added_us
  elseif stored.state ~= "INITIATING" and stored.state ~= "INITIAL_SYNC" then
    stored.protected_since = math.min(now, added_us + 3600 * 1000000)
  end
  return stored
end

local function source_server(place, given, now)
  drs_replication.check(given.replication or {}, "replication of " .. given.hostname)
  local volumes = json.array {}
  for index, volume in ipairs(given.volumes or { { deviceName = "/dev/nvme0n1", gib = 8 } }) do
    volumes[index] = { deviceName = volume.deviceName, bytes = volume.bytes or volume.gib * GIB }
  end
  local added_us = now - math.floor((given.addedDaysAgo or 90) * DAY_US)
  return {
    id = given.id, tags = given.tags, addedUs = added_us, behaviour = given.behaviour,
    launchConfiguration = given.launchConfiguration, replication = replication(given.replication or {}, added_us, now),
    properties = {
      hostname = given.hostname, fqdn = given.fqdn or given.hostname, ips = json.array(given.ips or {}), volumes = volumes,
      os = given.os or "Amazon Linux release 2023", cores = given.cores or 2,
      cpu = given.cpu or "Intel(R) Xeon(R) Platinum 8259CL",
      ramBytes = math.tointeger((given.ramGiB or 4) * GIB), instanceType = given.instanceType or "t3.medium", mac = given.mac,
      originRegion = given.originRegion, originZone = given.originZone, originAccount = given.originAccount or place.account,
      awsInstanceId = given.awsInstanceId, vmWareUuid = given.vmWareUuid, hardwareId = given.hardwareId or given.awsInstanceId,
      agentVersion = given.agentVersion, vpcId = given.vpcId, subnetId = given.subnetId,
    },
  }
end

local function machine(given, now)
  local launched = now - math.floor((given.launchedDaysAgo or 30) * DAY_US)
  local life = { { launched, "pending" }, { launched + 20000000, "running" } }
  if given.state == "stopped" then
    life[3] = { launched + 60000000, "stopped" }
  end
  local tags = { Name = given.name }
  for key, value in pairs(given.tags or {}) do
    tags[key] = value
  end
  return {
    id = given.id, privateIp = given.privateIp, tags = tags, volumes = { { deviceName = "/dev/sda1" } },
    definition = { imageId = given.imageId or "ami-0c101f26f147fa7fd", instanceType = given.instanceType or "t3.micro",
      platform = given.platform },
  }, life
end

local function seed_place(world, place, now)
  local counts = { servers = 0, instances = 0 }
  world.call("drs", "InitializeService", place.account, place.region, json.object {})
  for _, given in ipairs(place.sourceServers or {}) do
    local definition = source_server(place, given, now)
    local id = source_servers.insert(world.db, place.account, place.region, definition)
    replication_changes.schedule({ world = world, account = place.account, region = place.region }, id, definition.replication)
    counts.servers = counts.servers + 1
  end
  for _, given in ipairs(place.instances or {}) do
    launch.instance({ world = world, account = place.account, region = place.region }, machine(given, now))
    counts.instances = counts.instances + 1
  end
  return counts
end

-- A plain value as DynamoDB's AttributeValue.
local function attribute(value)
  local kind = type(value)
  if kind == "string" then
    return { S = value }
  elseif kind == "number" then
    return { N = math.type(value) == "integer" and tostring(value) or ("%.17g"):format(value) }
  elseif kind == "boolean" then
    return { BOOL = value }
  elseif value == json.null then
    return { NULL = true }
  end
  local converted = {}
  if json.is_array(value) then
    for index, item in ipairs(value) do
      converted[index] = attribute(item)
    end
    return { L = json.array(converted) }
  end
  for name, item in pairs(value) do
    converted[name] = attribute(item)
  end
  return { M = json.object(converted) }
end

local function seed_table(world, given)
  for number, item in ipairs(given.items) do
    local put, problem = pcall(world.call, "dynamodb", "PutItem", given.account, given.region, {
      TableName = given.name, Item = attribute(item).M,
    })
    if not put and fault.is(problem) and problem.code == "ResourceNotFoundException" then
      log.warn("the estate has items for a table that is not there", { table = given.name, region = given.region })
      return number - 1
    elseif not put then
      error(problem, 0)
    end
  end
  return #given.items
end

-- Seeds it all in one transaction; answers how much: {sourceServers=, instances=, items=}.
function estate.seed(world, given)
  shape.check(given, SHAPE, "estate")
  return world.db:transaction(function()
    local now, sum = time.now_us(), { sourceServers = 0, instances = 0, items = 0 }
    accounts.add(world.db, given.accounts or {}, "estate")
    for _, place in ipairs(given.places or {}) do
      local counts = seed_place(world, place, now)
      sum.sourceServers, sum.instances = sum.sourceServers + counts.servers, sum.instances + counts.instances
    end
    for _, items in ipairs(given.tables or {}) do
      sum.items = sum.items + seed_table(world, items)
    end
    world.clock.furnished()
    return sum
  end)
end

return estate
