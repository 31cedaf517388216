-- Recovery instances: what a launch made, as DRS knows it. The machine itself is EC2's.

local failback_state = require "local_aws.drs.failback_state"
local failures = require "local_aws.drs.failures"
local ids = require "local_aws.drs.ids"
local instances = require "local_aws.ec2.instances"
local json = require "json"
local pages = require "local_aws.drs.pages"
local time = require "time"

local recovery_instances = {}

recovery_instances.schema = [[
CREATE TABLE IF NOT EXISTS drs_recovery_instances (
  number INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, source_server TEXT NOT NULL,
  job TEXT NOT NULL, is_drill INTEGER NOT NULL, visible_us INTEGER NOT NULL, gone_us INTEGER, disconnected_us INTEGER,
  snapshot_us INTEGER NOT NULL, tags TEXT NOT NULL, definition TEXT NOT NULL, UNIQUE (account, region, id)
);
CREATE INDEX IF NOT EXISTS drs_recovery_instances_page ON drs_recovery_instances (account, region, number);
CREATE INDEX IF NOT EXISTS drs_recovery_instances_server ON drs_recovery_instances (account, region, source_server);
CREATE INDEX IF NOT EXISTS drs_recovery_instances_gone ON drs_recovery_instances (gone_us) WHERE gone_us IS NOT NULL;
]]

-- Shown at a time (bound twice).
local VISIBLE = "visible_us <= ? AND (gone_us IS NULL OR gone_us > ?)"

-- Deletes what is gone: a history that pages would have to pass over.
function recovery_instances.forget(db, now)
  db:run("DELETE FROM drs_recovery_instances WHERE gone_us <= ?", now)
end

function recovery_instances.insert(call, instance)
  call.world.db:run([[INSERT INTO drs_recovery_instances (account, region, id, source_server, job, is_drill, visible_us,
    snapshot_us, tags, definition) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]], call.account, call.region, instance.id,
    instance.sourceServer, instance.job, instance.isDrill, instance.visibleUs, instance.snapshotUs,
    json.encode(json.object(instance.tags)),
    json.encode { privateIp = instance.privateIp, volumes = json.array(instance.volumes), properties = instance.properties })
end

-- The id of the living drill instance of a server that the next launch has to clean away; nil if there is none. What was
-- disconnected from DRS is the user's, and a real recovery's instance is never cleaned.
function recovery_instances.former_drill(call, server_id, now)
  local row = call.world.db:first([[SELECT id FROM drs_recovery_instances WHERE account = ? AND region = ? AND source_server = ?
    AND is_drill = 1 AND disconnected_us IS NULL AND ]] .. VISIBLE .. " ORDER BY number DESC LIMIT 1", call.account,
      call.region,
    server_id, now, now)
  return row and row.id
end

-- Terminates the machine at `terminate_us`, and lets DRS forget the recovery instance at `gone_us`.
function recovery_instances.remove(call, id, terminate_us, gone_us)
  local db = call.world.db
  instances.change(db, call.account, call.region, id, "terminate", terminate_us)
  db:run("UPDATE drs_recovery_instances SET gone_us = ? WHERE account = ? AND region = ? AND id = ?", gone_us, call.account,
    call.region, id)
end

-- The row of a recovery instance that DRS shows now; nil if there is none.
function recovery_instances.find(call, id, now)
  return call.world.db:first("SELECT * FROM drs_recovery_instances WHERE account = ? AND region = ? AND id = ? AND " .. VISIBLE,
    call.account, call.region, id, now, now)
end

-- Stores the definition of a row, which has been read.
function recovery_instances.save(call, row)
  call.world.db:run("UPDATE drs_recovery_instances SET definition = ? WHERE number = ?", json.encode(row.definition),
    row.number)
end

function recovery_instances.is_busy(call, row, now)
  return call.world.db:first([[SELECT 1 AS busy FROM drs_job_servers WHERE account = ? AND region = ? AND server = ?
    AND job_ends_us > ?]], call.account, call.region, row.source_server, now) ~= nil
end

local function machine_state(call, row, now)
  local machine = instances.find(call.world.db, call.account, call.region, row.id, now)
  -- EC2 forgets a terminated machine sooner than DRS does.
  return machine and machine.state:upper() or "NOT_FOUND"
end

local function properties_of(definition, now)
  local source, disks = definition.properties, {}
  for index, volume in ipairs(definition.volumes) do
    disks[index] = { internalDeviceName = volume.deviceName, bytes = volume.bytes, ebsVolumeID = volume.volumeId }
  end
  return {
    lastUpdatedDateTime = ids.timestamp(now - now % 60000000), disks = disks, ramBytes = source.ramBytes,
    cpus = { { cores = source.cores, modelName = source.cpu } }, os = { fullString = source.os },
    identificationHints = { fqdn = source.fqdn, hostname = source.hostname },
    networkInterfaces = { { ips = { definition.privateIp }, isPrimary = true, macAddress = source.mac } },
  }
end

local function describe(call, row, now)
  local definition = json.decode(row.definition)
  local source = definition.properties
  local failback, replicated = failback_state.describe(call, definition.failback, definition.volumes, now)
  return {
    recoveryInstanceID = row.id, ec2InstanceID = row.id, ec2InstanceState = machine_state(call, row, now), jobID = row.job,
    sourceServerID = row.source_server, arn = ids.arn(row.account, row.region, "recovery-instance", row.id),
    tags = json.decode(row.tags), isDrill = row.is_drill == 1, pointInTimeSnapshotDateTime = ids.timestamp(row.snapshot_us),
    originEnvironment = source.originRegion and "AWS" or "ON_PREMISES",
    originAvailabilityZone = source.originRegion and (source.originZone or source.originRegion .. "a") or nil,
    agentVersion = source.agentVersion or "3.7.20", recoveryInstanceProperties = properties_of(definition, now),
    failback = failback, dataReplicationInfo = row.disconnected_us and { dataReplicationState = "DISCONNECTED" } or replicated,
  }
end

local operations = {}

function operations.DescribeRecoveryInstances(call)
  local filters, now = call.input.filters or {}, time.now_us()
  recovery_instances.forget(call.world.db, now)
  local by_id = pages.one_of("id", filters.recoveryInstanceIDs)
  local by_server = pages.one_of("source_server", filters.sourceServerIDs)
  local page, token = pages.of_table(call, {
    from = "drs_recovery_instances", order = { "number" }, keyed = (by_id[2] or by_server[2]) ~= nil,
    where = { { "visible_us <= ?", now }, by_id, by_server },
  })
  local items = json.array {}
  for index, row in ipairs(page) do
    items[index] = describe(call, row, now)
  end
  return { items = items, nextToken = token }
end

-- Takes the instance out of DRS' care; the machine stays.
function operations.DisconnectRecoveryInstance(call)
  local id, now = call.input.recoveryInstanceID, time.now_us()
  local row = recovery_instances.find(call, id, now) or failures.not_found("RecoveryInstance", id)
  if recovery_instances.is_busy(call, row, now) then
    failures.conflict("The Recovery Instance is currently being processed by a Job", "RecoveryInstance", id)
  elseif row.disconnected_us then
    failures.conflict("The Recovery Instance is already disconnected.", "RecoveryInstance", id)
  end
  call.world.db:run("UPDATE drs_recovery_instances SET disconnected_us = ? WHERE number = ?", now, row.number)
  return {}
end

-- DRS forgets the instance; the machine stays. It has to be disconnected, or gone, before.
function operations.DeleteRecoveryInstance(call)
  local id, now = call.input.recoveryInstanceID, time.now_us()
  local row = recovery_instances.find(call, id, now)
  if not row then
    failures.conflict(("The Recovery Instance %s does not exist."):format(id), "RecoveryInstance", id)
  end
  local machine = machine_state(call, row, now)
  if not row.disconnected_us and machine ~= "TERMINATED" and machine ~= "NOT_FOUND" then
    failures.conflict("The Recovery Instance must be disconnected before it can be deleted.", "RecoveryInstance", id)
  end
  call.world.db:run("UPDATE drs_recovery_instances SET gone_us = ? WHERE number = ?", now, row.number)
  return {}
end

recovery_instances.operations = operations

return recovery_instances
