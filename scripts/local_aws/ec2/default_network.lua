-- The default VPC that every account has in every region, with a subnet in each zone, the way to the internet and a security
-- group: made when it is first needed. Its ids follow from account and region.
-- https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html

local ids = require "local_aws.ids"
local json = require "json"
local route_tables = require "local_aws.ec2.route_tables"
local security_groups = require "local_aws.ec2.security_groups"
local store = require "local_aws.ec2.store"

local default_network = {}

local BLOCK = "172.31.0.0/16"
local SUBNETS = { { "a", "172.31.0.0/20" }, { "b", "172.31.16.0/20" }, { "c", "172.31.32.0/20" } }

-- Where it was made already: whoever deletes it does not get it again.
default_network.schema = [[
CREATE TABLE IF NOT EXISTS ec2_places (account TEXT NOT NULL, region TEXT NOT NULL, PRIMARY KEY (account,
  region)) WITHOUT ROWID;
]]

local function id_of(call, prefix, what)
  return ids.derived(prefix .. "-", ("default/%s/%s/%s"):format(call.account, call.region, what))
end

local function insert_subnet(call, vpc_id, letter, block)
  local id = id_of(call, "subnet", letter)
  store.insert(call, "subnet", {
    id = id, SubnetId = id, VpcId = vpc_id, CidrBlock = block, AvailabilityZone = call.region .. letter,
    DefaultForAz = true, MapPublicIpOnLaunch = true,
  })
end

local function make(call, vpc_id)
  local vpc = { id = vpc_id, VpcId = vpc_id, CidrBlock = BLOCK, IsDefault = true, InstanceTenancy = "default" }
  store.insert(call, "vpc", vpc)
  for _, subnet in ipairs(SUBNETS) do
    insert_subnet(call, vpc_id, table.unpack(subnet))
  end
  local gateway = id_of(call, "igw", "")
  store.insert(call, "internet-gateway", { id = gateway, InternetGatewayId = gateway,
    Attachments = json.array { { VpcId = vpc_id, State = "available" } } })
  route_tables.insert_main(call, vpc, gateway)
  security_groups.insert_default(call, vpc_id)
end

-- Sees that it is there. call: world, account, region.
function default_network.ensure(call)
  local db = call.world.db
  if not db:first("SELECT 1 AS yes FROM ec2_places WHERE account = ? AND region = ?", call.account, call.region) then
    db:run("INSERT INTO ec2_places (account, region) VALUES (?, ?)", call.account, call.region)
    make(call, id_of(call, "vpc", ""))
  end
end

-- The default subnet of a zone (nil: of the first), nil where somebody deleted it.
function default_network.subnet(call, zone)
  return store.find(call, "subnet", id_of(call, "subnet", zone and zone:sub(-1) or "a"))
end

return default_network
