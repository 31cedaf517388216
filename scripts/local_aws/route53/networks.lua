-- Which networks (VPCs) see a private zone.

local changes_log = require "local_aws.route53.change_log"
local fault = require "local_aws.fault"
local json = require "json"
local names = require "local_aws.route53.names"
local zones = require "local_aws.route53.zones"

local function place_of(vpcs, vpc)
  for index, item in ipairs(vpcs) do
    if item.VPCId == vpc.VPCId and item.VPCRegion == vpc.VPCRegion then
      return index
    end
  end
end

local function save(call, zone, vpcs)
  call.world.db:run("UPDATE route53_zones SET vpcs = ? WHERE account = ? AND id = ?", json.encode(json.array(vpcs)),
    call.account,
    zone.id)
  return { ChangeInfo = changes_log.add(call) }
end

-- Two zones of one name in one network would answer differently.
local function check_conflict(call, zone, vpc)
  for _, other in ipairs(call.world.db:all("SELECT * FROM route53_zones WHERE account = ? AND sort_key = ? AND id <> ?",
    call.account, names.sort_key(zone.name), zone.id)) do
    if place_of(json.decode(other.vpcs), vpc) then
      fault.raise("ConflictingDomainExists", ("The VPC %s in region %s has already been associated with the hosted zone %s "
        .. "with the same domain name."):format(vpc.VPCId, vpc.VPCRegion, other.id))
    end
  end
end

local operations = {}

function operations.AssociateVPCWithHostedZone(call)
  local zone, vpc = zones.get(call, call.input.HostedZoneId), call.input.VPC
  local vpcs = json.decode(zone.vpcs)
  if zone.private == 0 then
    fault.raise("PublicZoneVPCAssociation", ("Hosted zone %s is public and cannot be associated with a VPC."):format(zone.id))
  end
  check_conflict(call, zone, vpc)
  if not place_of(vpcs, vpc) then
    table.insert(vpcs, vpc)
  end
  return save(call, zone, vpcs)
end

function operations.DisassociateVPCFromHostedZone(call)
  local zone, vpc = zones.get(call, call.input.HostedZoneId), call.input.VPC
  local vpcs = json.decode(zone.vpcs)
  local place = place_of(vpcs, vpc) or fault.raise("VPCAssociationNotFound",
    ("The VPC %s in region %s is not associated with the hosted zone %s."):format(vpc.VPCId, vpc.VPCRegion, zone.id))
  if #vpcs == 1 then
    fault.raise("LastVPCAssociation",
      ("The VPC %s is the last one that is associated with the hosted zone %s."):format(vpc.VPCId, zone.id))
  end
  table.remove(vpcs, place)
  return save(call, zone, vpcs)
end

function operations.ListHostedZonesByVPC(call)
  local input, list = call.input, json.array {}
  local size = names.page_size(input, 100)
  local rows = call.world.db:all("SELECT * FROM route53_zones WHERE account = ? AND private = 1 AND id > ? ORDER BY id",
    call.account, input.NextToken or "")
  for _, zone in ipairs(rows) do
    if place_of(json.decode(zone.vpcs), input) then
      if #list == size then
        return { HostedZoneSummaries = list, MaxItems = tostring(size), NextToken = list[size].HostedZoneId }
      end
      list[#list + 1] = { HostedZoneId = zone.id, Name = zone.name, Owner = { OwningAccount = call.account } }
    end
  end
  return { HostedZoneSummaries = list, MaxItems = tostring(size) }
end

return { operations = operations }
