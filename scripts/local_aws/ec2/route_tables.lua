-- Route tables and which subnets use them. Their routes: ec2/routes.lua.

local fault = require "local_aws.fault"
local ids = require "local_aws.ids"
local json = require "json"
local store = require "local_aws.ec2.store"
local tags = require "local_aws.ec2.tags"

local route_tables = {}

local function insert(call, vpc, associations, tag_map)
  local id = ids.new "rtb-"
  for _, association in ipairs(associations) do
    association.RouteTableId = id
  end
  return store.insert(call, "route-table", {
    id = id, RouteTableId = id, VpcId = vpc.VpcId, Associations = associations, PropagatingVgws = json.array {},
    Routes = json.array { { DestinationCidrBlock = vpc.CidrBlock, GatewayId = "local", Origin = "CreateRouteTable",
      State = "active" } },
  }, tag_map)
end

-- An association of a subnet or gateway (member = SubnetId or GatewayId); without one, the main one.
local function association(member, id)
  local made = { RouteTableAssociationId = ids.new "rtbassoc-", Main = member == nil,
    AssociationState = { State = "associated" } }
  if member then
    made[member] = id
  end
  return made
end

-- A VPC's main table; `gateway` is the internet gateway of a default VPC.
function route_tables.insert_main(call, vpc, gateway)
  local main = insert(call, vpc, json.array { association() })
  if gateway then
    main.Routes[2] = { DestinationCidrBlock = "0.0.0.0/0", GatewayId = gateway, Origin = "CreateRoute", State = "active" }
    store.save(call, main)
  end
end

local function show(call, route_table)
  route_table.OwnerId = call.account
  return route_table
end

-- The table that holds an association, and its place there; raises when none does.
local function find_association(call, id)
  for _, route_table in ipairs(store.all(call, "route-table")) do
    for index, item in ipairs(route_table.Associations) do
      if item.RouteTableAssociationId == id then
        return route_table, index
      end
    end
  end
  fault.raise("InvalidAssociationID.NotFound", ("The association ID '%s' does not exist"):format(id))
end

local operations = {}

function operations.CreateRouteTable(call)
  local vpc = store.need(call, "vpc", call.input.VpcId)
  local made = insert(call, vpc, json.array {}, tags.from_specifications(call.input.TagSpecifications, "route-table"))
  return { RouteTable = show(call, store.shown(call, made)) }
end

function operations.DeleteRouteTable(call)
  local route_table = store.need(call, "route-table", call.input.RouteTableId)
  if route_table.Associations[1] then
    fault.raise("DependencyViolation", ("The routeTable '%s' has dependencies and cannot be deleted."):format(route_table.id))
  end
  store.remove(call, route_table)
end

-- The member of the call that names what is to use the table, and its id.
local function associated_thing(call)
  if call.input.SubnetId then
    return "SubnetId", store.need(call, "subnet", call.input.SubnetId).SubnetId
  elseif call.input.GatewayId then
    return "GatewayId", store.need(call, "internet-gateway", call.input.GatewayId).InternetGatewayId
  end
  fault.raise("MissingParameter", "The request must contain either a gateway id or a subnet id")
end

function operations.AssociateRouteTable(call)
  local route_table = store.need(call, "route-table", call.input.RouteTableId)
  local member, id = associated_thing(call)
  for _, other in ipairs(store.where(call, "route-table", "VpcId", route_table.VpcId)) do
    for _, item in ipairs(other.Associations) do
      if item[member] == id and other.id == route_table.id then
        return { AssociationId = item.RouteTableAssociationId, AssociationState = item.AssociationState }
      elseif item[member] == id then
        fault.raise("Resource.AlreadyAssociated", ("the specified association for route table %s conflicts with an existing "
          .. "association"):format(route_table.id))
      end
    end
  end
  local made = association(member, id)
  made.RouteTableId = route_table.id
  table.insert(route_table.Associations, made)
  store.save(call, route_table)
  return { AssociationId = made.RouteTableAssociationId, AssociationState = made.AssociationState }
end

function operations.DisassociateRouteTable(call)
  local route_table, index = find_association(call, call.input.AssociationId)
  if route_table.Associations[index].Main then
    fault.raise("InvalidParameterValue", ("cannot disassociate the main route table association %s"):format(
      call.input.AssociationId))
  end
  table.remove(route_table.Associations, index)
  store.save(call, route_table)
end

function operations.ReplaceRouteTableAssociation(call)
  local from, index = find_association(call, call.input.AssociationId)
  local to = store.need(call, "route-table", call.input.RouteTableId)
  if from.id == to.id then
    return { NewAssociationId = call.input.AssociationId, AssociationState = { State = "associated" } }
  end
  local moved = table.remove(from.Associations, index)
  moved.RouteTableAssociationId, moved.RouteTableId = ids.new "rtbassoc-", to.id
  table.insert(to.Associations, moved)
  store.save(call, from)
  store.save(call, to)
  return { NewAssociationId = moved.RouteTableAssociationId, AssociationState = moved.AssociationState }
end

local FIELDS = {
  ["route-table-id"] = "RouteTableId", ["vpc-id"] = "VpcId", ["owner-id"] = "OwnerId",
  ["association.route-table-association-id"] = "Associations.RouteTableAssociationId",
  ["association.main"] = "Associations.Main", ["association.subnet-id"] = "Associations.SubnetId",
  ["association.route-table-id"] = "Associations.RouteTableId", ["association.gateway-id"] = "Associations.GatewayId",
  ["route.destination-cidr-block"] = "Routes.DestinationCidrBlock", ["route.gateway-id"] = "Routes.GatewayId",
  ["route.destination-ipv6-cidr-block"] = "Routes.DestinationIpv6CidrBlock", ["route.instance-id"] = "Routes.InstanceId",
  ["route.destination-prefix-list-id"] = "Routes.DestinationPrefixListId", ["route.origin"] = "Routes.Origin",
  ["route.nat-gateway-id"] = "Routes.NatGatewayId", ["route.state"] = "Routes.State",
  ["route.transit-gateway-id"] = "Routes.TransitGatewayId",
  ["route.vpc-peering-connection-id"] = "Routes.VpcPeeringConnectionId",
}

function operations.DescribeRouteTables(call)
  local list, token = store.describe(call, "route-table", call.input.RouteTableIds, FIELDS, function(route_table)
    return show(call, route_table)
  end)
  return { RouteTables = list, NextToken = token }
end

route_tables.operations = operations

return route_tables
