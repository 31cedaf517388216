-- Source networks: VPCs whose configuration DRS replicates, to deploy it again where the servers are recovered. A source server
-- is in the network of the VPC that it came from.

local after = require "local_aws.drs.after"
local agenda = require "local_aws.drs.agenda"
local behaviour = require "local_aws.drs.behaviour"
local events = require "local_aws.drs.events"
local failures = require "local_aws.drs.failures"
local ids = require "local_aws.drs.ids"
local json = require "json"
local pages = require "local_aws.drs.pages"
local time = require "time"

local source_networks = {}

-- recovery: the last one, {at=us, job=id, job_ends=us, deployed=us|nil, ends=us, result=, stack=, vpc=}; stack, launched_vpc:
-- what was there before it. replicating_us: since when, NULL when stopped.
source_networks.schema = [[
CREATE TABLE IF NOT EXISTS drs_source_networks (
  number INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, vpc TEXT NOT NULL,
  origin_account TEXT NOT NULL, origin_region TEXT NOT NULL, tags TEXT NOT NULL, replicating_us INTEGER, stack TEXT,
  launched_vpc TEXT, recovery TEXT, UNIQUE (account, region, id), UNIQUE (account, region, vpc, origin_account, origin_region)
);
CREATE INDEX IF NOT EXISTS drs_source_networks_page ON drs_source_networks (account, region, number);
]]

local MAX_NETWORKS, QUOTA = 100, "L-4B0323BD"

local function read_row(row)
  row.tags = json.decode(row.tags)
  row.recovery = row.recovery and json.decode(row.recovery)
  return row
end

-- The network with this id, nil if there is none.
function source_networks.find(call, id)
  local row = call.world.db:first("SELECT * FROM drs_source_networks WHERE account = ? AND region = ? AND id = ?", call.account,
    call.region, id)
  return row and read_row(row)
end

-- Like find, but refuses with ResourceNotFoundException.
function source_networks.get(call, id)
  return source_networks.find(call, id) or failures.not_found("SourceNetwork", id)
end

-- A function of a server's properties that gives the network it is in, nil if there is none. At most a hundred are read.
function source_networks.by_origin(call)
  local found = {}
  for row in call.world.db:rows("SELECT * FROM drs_source_networks WHERE account = ? AND region = ?", call.account,
    call.region) do
    found[("%s/%s/%s"):format(row.origin_account, row.origin_region, row.vpc)] = read_row(row)
  end
  return function(properties)
    return found[("%s/%s/%s"):format(properties.originAccount, properties.originRegion, properties.vpcId)]
  end
end

-- The stack and the VPC of the last recovery that got so far by now.
function source_networks.deployed(network, now)
  local recovery = network.recovery
  if recovery and recovery.deployed and now >= recovery.deployed then
    return recovery.stack, recovery.vpc
  end
  return network.stack, network.launched_vpc
end

-- replicationStatus, and the words of an ERROR.
function source_networks.status(call, network, now)
  if not network.replicating_us then
    return "STOPPED"
  elseif now < network.replicating_us + call.world.settings.drs.timings.network_replication * 1000000 then
    return "IN_PROGRESS"
  elseif behaviour.of(network).replication == "FAILED" then
    return "ERROR", "The configuration of the VPC could not be read."
  end
  return "PROTECTED"
end

function source_networks.refuse_busy(network, now)
  if network.recovery and now < network.recovery.job_ends then
    failures.conflict("The Source Network is currently being processed by a Job", "SourceNetwork", network.id)
  end
end

local function last_recovery(recovery, now)
  if not recovery then
    return { lastRecoveryResult = "NOT_STARTED" }
  end
  return { apiCallDateTime = recovery.at // 1000000, jobID = recovery.job,
    lastRecoveryResult = now < recovery.ends and "IN_PROGRESS" or recovery.result }
end

local function describe(call, network, now)
  local status, details = source_networks.status(call, network, now)
  local stack, vpc = source_networks.deployed(network, now)
  return {
    sourceNetworkID = network.id, sourceVpcID = network.vpc, arn = ids.arn(network.account, network.region, "source-network",
      network.id), tags = network.tags, replicationStatus = status, replicationStatusDetails = details, cfnStackName = stack,
    sourceRegion = network.origin_region, sourceAccountID = network.origin_account, launchedVpcID = vpc,
    lastRecovery = last_recovery(network.recovery, now),
  }
end

local operations = {}

function operations.CreateSourceNetwork(call)
  local input, db = call.input, call.world.db
  local same = db:first([[SELECT id FROM drs_source_networks WHERE account = ? AND region = ? AND vpc = ? AND origin_account = ?
    AND origin_region = ?]], call.account, call.region, input.vpcID, input.originAccountID, input.originRegion)
  if same then
    failures.conflict("A Source Network of this VPC exists already.", "SourceNetwork", same.id)
  end
  local count = db:first("SELECT count(*) AS n FROM drs_source_networks WHERE account = ? AND region = ?", call.account,
    call.region).n
  if count >= MAX_NETWORKS then
    failures.quota(("The maximum number of source networks (%d) was reached"):format(MAX_NETWORKS), QUOTA)
  end
  local id = ids.new "sn-"
  db:run([[INSERT INTO drs_source_networks (account, region, id, vpc, origin_account, origin_region, tags)
    VALUES (?, ?, ?, ?, ?, ?, ?)]], call.account, call.region, id, input.vpcID, input.originAccountID, input.originRegion,
    json.encode(json.object(input.tags or {})))
  return { sourceNetworkID = id }
end

function operations.DeleteSourceNetwork(call)
  local network = source_networks.get(call, call.input.sourceNetworkID)
  source_networks.refuse_busy(network, time.now_us())
  call.world.db:run("DELETE FROM drs_source_networks WHERE number = ?", network.number)
  return {}
end

function operations.DescribeSourceNetworks(call)
  local filters, now = call.input.filters or {}, time.now_us()
  local by_id = pages.one_of("id", filters.sourceNetworkIDs)
  local rows, token = pages.of_table(call, {
    from = "drs_source_networks", order = { "number" }, keyed = by_id[2] ~= nil, where = {
      by_id, { "origin_account = ?", filters.originAccountID }, { "origin_region = ?", filters.originRegion },
    },
  })
  local items = json.array {}
  for index, row in ipairs(rows) do
    items[index] = describe(call, read_row(row), now)
  end
  return { items = items, nextToken = token }
end

-- Told when the first synchronisation ends, unless it was stopped or begun again before.
agenda.define("network_synchronised", function(call, data)
  local network = source_networks.find(call, data.id)
  if network and network.replicating_us == data.replicating_us then
    events.network_protection(call, call.at_us, data.id, (source_networks.status(call, network, call.at_us)))
  end
end)

local function set_replication(call, network, since)
  local now = time.now_us()
  call.world.db:run("UPDATE drs_source_networks SET replicating_us = ? WHERE number = ?", since, network.number)
  network.replicating_us = since
  events.network_protection(call, now, network.id, (source_networks.status(call, network, now)))
  return { sourceNetwork = describe(call, network, now) }
end

function operations.StartSourceNetworkReplication(call)
  local network, now = source_networks.get(call, call.input.sourceNetworkID), time.now_us()
  if network.replicating_us then
    failures.conflict("Replication of the Source Network is not stopped.", "SourceNetwork", network.id)
  end
  local ready = after(now, call.world.settings.drs.timings.network_replication)
  agenda.add(call, ready, "network_synchronised", { id = network.id, replicating_us = now })
  return set_replication(call, network, now)
end

function operations.StopSourceNetworkReplication(call)
  local network = source_networks.get(call, call.input.sourceNetworkID)
  source_networks.refuse_busy(network, time.now_us())
  if not network.replicating_us then
    failures.conflict("Replication of the Source Network is already stopped.", "SourceNetwork", network.id)
  end
  return set_replication(call, network, nil)
end

source_networks.operations = operations

return source_networks
