-- The recovery of source networks: jobs that deploy a network's VPC and turn the launch templates of its servers to it. The
-- local AWS has no CloudFormation and no VPCs: of a stack there is its name, of a VPC and its subnets their ids. What is real
-- are the launch templates, and that the servers are launched as they say.

local after = require "local_aws.drs.after"
local agenda = require "local_aws.drs.agenda"
local behaviour = require "local_aws.drs.behaviour"
local events = require "local_aws.drs.events"
local failures = require "local_aws.drs.failures"
local ids = require "local_aws.drs.ids"
local jobs = require "local_aws.drs.jobs"
local json = require "json"
local launch_configuration = require "local_aws.drs.launch_configuration"
local launch_templates = require "local_aws.ec2.launch_templates"
local network_timeline = require "local_aws.drs.network_timeline"
local source_networks = require "local_aws.drs.source_networks"
local source_servers = require "local_aws.drs.source_servers"
local time = require "time"

local network_recovery = {}

-- The stacks that were deployed, for those who go back to one.
network_recovery.schema = [[
CREATE TABLE IF NOT EXISTS drs_network_stacks (
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, network TEXT NOT NULL, vpc TEXT NOT NULL,
  PRIMARY KEY (account, region, name)
) WITHOUT ROWID;
]]

local function find_stack(call, name)
  return call.world.db:first("SELECT * FROM drs_network_stacks WHERE account = ? AND region = ? AND name = ?", call.account,
    call.region, name)
end

local function servers_of(call, network)
  return call.world.db:all([[SELECT id FROM drs_source_servers WHERE account = ? AND region = ?
    AND json_extract(properties, '$.vpcId') = ? AND json_extract(properties, '$.originAccount') = ?
    AND json_extract(properties, '$.originRegion') = ?]], call.account, call.region, network.vpc, network.origin_account,
    network.origin_region)
end

-- Gives the launch templates of the network's servers a version with the subnet of the deployed VPC.
agenda.define("network_templates", function(call, data)
  local network = source_networks.get(call, data.network)
  for _, row in ipairs(servers_of(call, network)) do
    local server = source_servers.find(call, row.id)
    local template_id = launch_configuration.of(call, server).ec2LaunchTemplateID
    launch_templates.revise(call, template_id, "Network recovery of " .. network.id, function(template)
      template.NetworkInterfaces = template.NetworkInterfaces or json.array { { DeviceIndex = 0 } }
      template.NetworkInterfaces[1].SubnetId = ids.derived("subnet-", ("%s/%s"):format(data.stack, server.properties.subnetId))
    end)
  end
end)

-- Stores what the job will do to one network: {network=, kind=, stack=, vpc=}.
local function carry_out(call, entry, way, job, now)
  local network, ends = entry.network, after(now, way.ends_at)
  local stack, vpc = source_networks.deployed(network, now)
  call.world.db:run("UPDATE drs_source_networks SET stack = ?, launched_vpc = ?, recovery = ? WHERE number = ?", stack, vpc,
    json.encode { at = now, job = job.id, job_ends = job.ends_us, deployed = after(now, way.deployed_at), ends = ends,
      result = way.result, stack = entry.stack, vpc = entry.vpc }, network.number)
  if way.deployed_at then
    call.world.db:run("INSERT OR REPLACE INTO drs_network_stacks (account, region, name, network, vpc) VALUES (?, ?, ?, ?, ?)",
      call.account, call.region, entry.stack, network.id, entry.vpc)
  end
  if way.outcome == "LAUNCHED" then
    agenda.add(call, ends, "network_templates", { network = network.id, stack = entry.stack })
  end
  events.network_recovery(call, ends, network.id, job.id, way.result)
end

-- Starts one job for these networks.
local function start(call, initiated_by, entries)
  local now, planned, participants = time.now_us(), {}, {}
  jobs.check_concurrency(call, now)
  for index, entry in ipairs(entries) do
    local network = entry.network
    planned[index] = { id = network.id, source_vpc = network.vpc, target_vpc = entry.vpc, stack = entry.stack,
      kind = entry.kind, behaviour = behaviour.of(network) }
    participants[index] = { network = network.id, key = network.id }
  end
  local plan = network_timeline.recover(call.world.settings.drs, jobs.next_number(call), planned)
  local job = jobs.insert(call, now, "LAUNCH", initiated_by, call.input.tags, plan, participants)
  for _, entry in ipairs(entries) do
    carry_out(call, entry, plan.ways[entry.network.id], job, now)
  end
  return { job = jobs.describe(call, job, now) }
end

-- How one network of the call is recovered: a stack of its own the first time, or when that is asked for; else the one it has.
local function read_entry(call, asked, now)
  local network = source_networks.find(call, asked.sourceNetworkID)
  if not network then
    failures.invalid(("Source Network %s does not exist."):format(asked.sourceNetworkID))
  end
  source_networks.refuse_busy(network, now)
  if source_networks.status(call, network, now) ~= "PROTECTED" then
    failures.conflict("The Source Network is not protected.", "SourceNetwork", network.id)
  end
  local stack, vpc = source_networks.deployed(network, now)
  local is_new = call.input.deployAsNew or not stack or asked.cfnStackName and asked.cfnStackName ~= stack
  if not is_new then
    return { network = network, kind = "update", stack = stack, vpc = vpc }
  end
  local name = asked.cfnStackName or ids.new("drs-" .. network.id .. "-")
  if find_stack(call, name) then
    failures.invalid(("Stack [%s] already exists"):format(name))
  end
  return { network = network, kind = "deploy", stack = name, vpc = ids.new "vpc-" }
end

local operations = {}

function operations.StartSourceNetworkRecovery(call)
  local now, entries, seen = time.now_us(), {}, {}
  local initiated_by = "UPDATE_NETWORK_RECOVERY"
  for index, asked in ipairs(call.input.sourceNetworks) do
    if seen[asked.sourceNetworkID] then
      failures.invalid(("Source Network %s is given twice."):format(asked.sourceNetworkID))
    end
    seen[asked.sourceNetworkID] = true
    entries[index] = read_entry(call, asked, now)
    if entries[index].kind == "deploy" then
      initiated_by = "CREATE_NETWORK_RECOVERY"
    end
  end
  return start(call, initiated_by, entries)
end

function operations.AssociateSourceNetworkStack(call)
  local network = source_networks.get(call, call.input.sourceNetworkID)
  local stack = find_stack(call, call.input.cfnStackName)
  source_networks.refuse_busy(network, time.now_us())
  if not stack or stack.network ~= network.id then
    failures.invalid(("Stack with id %s does not exist"):format(call.input.cfnStackName))
  end
  return start(call, "ASSOCIATE_NETWORK_RECOVERY",
    { { network = network, kind = "associate", stack = stack.name, vpc = stack.vpc } })
end

-- Nothing is written, for there is no S3: the address tells where the real service would put it.
function operations.ExportSourceNetworkCfnTemplate(call)
  local network, now = source_networks.get(call, call.input.sourceNetworkID), time.now_us()
  if source_networks.status(call, network, now) ~= "PROTECTED" then
    failures.conflict("The Source Network is not protected.", "SourceNetwork", network.id)
  end
  local template = call.world.db:first([[SELECT settings FROM drs_templates WHERE account = ? AND region = ?
    AND kind = 'launch-configuration-template']], call.account, call.region)
  local bucket = template and (json.decode(template.settings).exportBucketArn or ""):match("^arn:aws[%w-]*:s3:::(.+)$")
  if not bucket then
    failures.invalid("The launch configuration template names no bucket in exportBucketArn.")
  end
  return { s3DestinationUrl = ("https://%s.s3.%s.amazonaws.com/%s.json"):format(bucket, call.region, network.id) }
end

network_recovery.operations = operations

return network_recovery
