-- Source servers: rows, their description, and the operations on them and their replication.

local failures = require "local_aws.drs.failures"
local ids = require "local_aws.drs.ids"
local json = require "json"
local last_launch = require "local_aws.drs.last_launch"
local pages = require "local_aws.drs.pages"
local replication = require "local_aws.drs.replication"
local replication_configuration = require "local_aws.drs.replication_configuration"
local source_networks = require "local_aws.drs.source_networks"
local time = require "time"

local source_servers = {}

source_servers.schema = [[
CREATE TABLE IF NOT EXISTS drs_source_servers (
  number INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, hardware_id TEXT,
  staging_account TEXT, staging_server TEXT, added_us INTEGER NOT NULL, tags TEXT NOT NULL, properties TEXT NOT NULL,
  replication TEXT NOT NULL,
  last_launch TEXT, launch_configuration TEXT, replication_configuration TEXT, behaviour TEXT, UNIQUE (account, region, id)
);
CREATE INDEX IF NOT EXISTS drs_source_servers_page ON drs_source_servers (account, region, number);
CREATE INDEX IF NOT EXISTS drs_source_servers_hardware ON drs_source_servers (account, region, hardware_id, number);
CREATE INDEX IF NOT EXISTS drs_source_servers_extended ON drs_source_servers (account, region, staging_account, number)
  WHERE staging_account IS NOT NULL;
CREATE INDEX IF NOT EXISTS drs_source_servers_extension ON drs_source_servers (account, region, staging_account, staging_server)
  WHERE staging_account IS NOT NULL;
]]

local JSON_COLUMNS = { "tags", "properties", "replication", "last_launch", "launch_configuration", "behaviour" }

local function read_row(row)
  for _, name in ipairs(JSON_COLUMNS) do
    row[name] = row[name] and json.decode(row[name])
  end
  row.replication_configuration = replication_configuration.merge(row)
  return row
end

function source_servers.arn(row)
  return ids.arn(row.account, row.region, "source-server", row.id)
end

-- Adds a server. definition: {id=|nil, tags={}, properties={hostname=, ...}, replication={state=, since=}, behaviour=|nil,
-- addedUs=|nil, launchConfiguration=|nil, stagingAccount=|nil, stagingServer=|nil (its id there)}. Answers its id.
function source_servers.insert(db, account, region, definition)
  local id = definition.id or ids.new "s-"
  local now = time.now_us()
  db:run([[INSERT INTO drs_source_servers (account, region, id, hardware_id, added_us, tags, properties, replication,
    launch_configuration, behaviour, staging_account, staging_server) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]], account,
    region, id, definition.properties.hardwareId, definition.addedUs or now, json.encode(json.object(definition.tags or {})),
    json.encode(definition.properties), json.encode(definition.replication), definition.launchConfiguration
      and json.encode(definition.launchConfiguration), definition.behaviour and json.encode(definition.behaviour),
    definition.stagingAccount, definition.stagingServer)
  return id
end

-- Reads the JSON of a row. An extended server replicates as its source in the staging account does, as long as it is extended.
local function read_whole(call, row)
  read_row(row)
  if row.staging_account and not row.replication.detached then
    local source = call.world.db:first("SELECT replication FROM drs_source_servers WHERE account = ? AND region = ? AND id = ?",
      row.staging_account, row.region, row.staging_server)
    row.replication = source and json.decode(source.replication) or row.replication
    row.is_source_lost = source == nil
  end
  return row
end

-- The server with this id in the call's account and region, as a row with its JSON read; nil if there is none.
function source_servers.find(call, id)
  local row = call.world.db:first("SELECT * FROM drs_source_servers WHERE account = ? AND region = ? AND id = ?", call.account,
    call.region, id)
  return row and read_whole(call, row)
end

-- Like find, but refuses with ResourceNotFoundException.
function source_servers.get(call, id)
  return source_servers.find(call, id) or failures.not_found("SourceServer", id)
end

-- Stores one JSON column of a server.
function source_servers.save(call, server, column)
  call.world.db:run(("UPDATE drs_source_servers SET %s = ? WHERE number = ?"):format(column), json.encode(server[column]),
    server.number)
end

-- How the launches of this server go from now on ({} or nil: well). False if there is no such server.
function source_servers.set_behaviour(world, account, region, id, behaviour)
  return world.db:run("UPDATE drs_source_servers SET behaviour = ? WHERE account = ? AND region = ? AND id = ?",
    behaviour and json.encode(json.object(behaviour)), account, region, id) > 0
end

-- Raises ConflictException if a job holds one of these servers.
function source_servers.refuse_busy(call, server_ids, now)
  local row = call.world.db:first([[SELECT server FROM drs_job_servers WHERE account = ? AND region = ? AND job_ends_us > ?
    AND server IN (SELECT value FROM json_each(?)) LIMIT 1]], call.account, call.region, now,
    json.encode(json.array(server_ids)))
  if row then
    failures.conflict(failures.BUSY_SERVER, "SourceServer", row.server)
  end
end

local function hints(properties)
  return { fqdn = properties.fqdn, hostname = properties.hostname, vmWareUuid = properties.vmWareUuid,
    awsInstanceID = properties.awsInstanceId }
end

local function source_properties(properties, now)
  local disks, interfaces = {}, {}
  for index, volume in ipairs(properties.volumes) do
    disks[index] = { deviceName = volume.deviceName, bytes = volume.bytes }
  end
  for index, ip in ipairs(properties.ips or {}) do
    interfaces[index] = { ips = { ip }, isPrimary = index == 1, macAddress = properties.mac }
  end
  return {
    lastUpdatedDateTime = ids.timestamp(now - 45 * 1000000), recommendedInstanceType = properties.instanceType,
    identificationHints = hints(properties), networkInterfaces = interfaces, disks = disks, ramBytes = properties.ramBytes,
    cpus = { { cores = properties.cores, modelName = properties.cpu } }, os = { fullString = properties.os },
    supportsNitroInstances = true,
  }
end

local function life_cycle(server, now)
  local first_byte = server.added_us + 240 * 1000000
  return {
    addedToServiceDateTime = ids.timestamp(server.added_us),
    firstByteDateTime = first_byte <= now and ids.timestamp(first_byte) or nil,
    elapsedReplicationDuration = ids.duration(math.max(0, now - first_byte)),
    lastSeenByServiceDateTime = ids.timestamp(server.replication.state == "DISCONNECTED" and server.replication.since
      or now - now % 60000000),
    lastLaunch = last_launch.describe(server.last_launch, now),
  }
end

local function staging_area(server)
  if not server.staging_account then
    return { status = "NOT_EXTENDED" }
  end
  return {
    status = server.is_source_lost and "EXTENSION_ERROR" or "EXTENDED", stagingAccountID = server.staging_account,
    stagingSourceServerArn = ids.arn(server.staging_account, server.region, "source-server", server.staging_server),
    errorMessage = server.is_source_lost and "The Source Server in the staging account does not exist." or nil,
  }
end

-- A server as DRS describes it. others: the ids of its living recovery instance and its source network, {instance=, network=}.
local function describe(server, others, now)
  local properties = server.properties
  return {
    sourceServerID = server.id, arn = source_servers.arn(server), tags = server.tags,
    recoveryInstanceId = others.instance, lastLaunchResult = last_launch.result(server.last_launch, now),
    dataReplicationInfo = replication.describe(server.replication, properties.volumes, server.region .. "a", now),
    lifeCycle = life_cycle(server, now), sourceProperties = source_properties(properties, now),
    stagingArea = staging_area(server), sourceCloudProperties = properties.originRegion and {
      originAccountID = properties.originAccount or server.account, originRegion = properties.originRegion,
      originAvailabilityZone = properties.originZone or properties.originRegion .. "a",
    } or nil,
    replicationDirection = properties.direction or "FAILOVER", reversedDirectionSourceServerArn = properties.reversedArn,
    sourceNetworkID = others.network, agentVersion = properties.agentVersion or "3.7.20",
  }
end

local function living_instances(call, rows, now)
  local list, found = {}, {}
  for index, row in ipairs(rows) do
    list[index] = row.id
  end
  for row in call.world.db:rows([[SELECT source_server, id FROM drs_recovery_instances WHERE account = ? AND region = ?
    AND source_server IN (SELECT value FROM json_each(?)) AND visible_us <= ? AND (gone_us IS NULL OR gone_us > ?)
    ORDER BY +number]], call.account, call.region, json.encode(json.array(list)), now, now) do
    found[row.source_server] = row.id
  end
  return found
end

local function describe_rows(call, rows, now)
  local living, network_of = living_instances(call, rows, now), source_networks.by_origin(call)
  local items = json.array {}
  for index, row in ipairs(rows) do
    local server = read_whole(call, row)
    local network = network_of(server.properties)
    items[index] = describe(server, { instance = living[row.id], network = network and network.id }, now)
  end
  return items
end

-- The description of one server as it is now.
function source_servers.describe_one(call, id)
  local row = call.world.db:first("SELECT * FROM drs_source_servers WHERE account = ? AND region = ? AND id = ?", call.account,
    call.region, id)
  return describe_rows(call, { row }, time.now_us())[1]
end

local operations = {}

function operations.DescribeSourceServers(call)
  local filters = call.input.filters or {}
  local by_id = pages.one_of("id", filters.sourceServerIDs)
  local accounts = filters.stagingAccountIDs or {}
  local by_staging = accounts[2] and pages.one_of("staging_account", accounts) or { "staging_account = ?", accounts[1] }
  local page, token = pages.of_table(call, {
    from = "drs_source_servers", order = { "number" }, keyed = by_id[2] ~= nil or accounts[2] ~= nil,
    where = { by_id, by_staging, { "hardware_id = ?", filters.hardwareId } },
  })
  return { items = describe_rows(call, page, time.now_us()), nextToken = token }
end

-- User guide, "Editing and deleting recovery plans": no server is deleted while it belongs to a plan.
local function refuse_planned(call, server)
  local row = call.world.db:first([[SELECT plan FROM drs_recovery_plan_servers WHERE account = ? AND region = ? AND server = ?
    LIMIT 1]], call.account, call.region, server.id)
  if row then
    failures.conflict(("Source Server belongs to recovery plan %s: remove it from its plans first."):format(row.plan),
      "SourceServer", server.id)
  end
end

function operations.DeleteSourceServer(call)
  local server = source_servers.get(call, call.input.sourceServerID)
  refuse_planned(call, server)
  source_servers.refuse_busy(call, { server.id }, time.now_us())
  local state = replication.state(server.replication, time.now_us())
  if state ~= "DISCONNECTED" and state ~= "STOPPED" then
    failures.conflict("Source Server must be disconnected before it can be deleted.", "SourceServer", server.id)
  end
  call.world.db:run("DELETE FROM drs_source_servers WHERE number = ?", server.number)
  return {}
end

source_servers.operations = operations

return source_servers
