-- Routes: what a recovery turns to the machines that live now.

local cidr = require "local_aws.ec2.cidr"
local fault = require "local_aws.fault"
local instances = require "local_aws.ec2.instances"
local store = require "local_aws.ec2.store"

-- Where a route may lead: the member of the call -> what checks it. Gateways of kinds that are not here are taken as they are.
local TARGETS = {
  GatewayId = function(call, id)
    if id:find("^igw%-") then
      store.need(call, "internet-gateway", id)
    end
  end,
  InstanceId = function(call, id)
    return instances.by_ids(call, { id })[1]
  end,
  NetworkInterfaceId = function(call, id)
    store.need(call, "network-interface", id)
  end,
  NatGatewayId = false, TransitGatewayId = false, VpcPeeringConnectionId = false, LocalGatewayId = false,
  CarrierGatewayId = false,
  CoreNetworkArn = false,
}

local DESTINATIONS = { "DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId" }

-- The member that says whereto, and its value in the form that EC2 keeps.
local function destination(call)
  for _, member in ipairs(DESTINATIONS) do
    local value = call.input[member]
    if value and member == "DestinationCidrBlock" then
      return member, cidr.text(cidr.parse(value, "destinationCidrBlock"))
    elseif value then
      return member, value
    end
  end
  fault.raise("MissingParameter", "The request must contain the parameter destinationCidrBlock or destinationIpv6CidrBlock")
end

local function target(call)
  local found
  for member, check in pairs(TARGETS) do
    local id = call.input[member]
    if id and found then
      fault.raise("InvalidParameterCombination", "The request must contain exactly one of gatewayId, natGatewayId, "
        .. "networkInterfaceId, vpcPeeringConnectionId, instanceId, transitGatewayId")
    elseif id then
      found = member
      if check then
        check(call, id)
      end
    end
  end
  return found or fault.raise("MissingParameter", "The request must contain exactly one of gatewayId, natGatewayId, "
    .. "networkInterfaceId, vpcPeeringConnectionId, instanceId, transitGatewayId")
end

local function find(route_table, member, value)
  for index, route in ipairs(route_table.Routes) do
    if route[member] == value then
      return index
    end
  end
end

local function no_route(route_table, value)
  fault.raise("InvalidRoute.NotFound", ("no route with destination-cidr-block %s in route table %s"):format(value,
    route_table.id))
end

-- A route to an instance goes through its first interface, and both are shown.
local function new_route(call, member, value, way)
  local route = { [member] = value, [way] = call.input[way], Origin = "CreateRoute", State = "active" }
  if way == "InstanceId" then
    route.InstanceOwnerId = call.account
    route.NetworkInterfaceId = store.children(call, "network-interface", call.input.InstanceId)[1].id
  end
  return route
end

local operations = {}

function operations.CreateRoute(call)
  local route_table = store.need(call, "route-table", call.input.RouteTableId)
  local member, value = destination(call)
  local way = target(call)
  if find(route_table, member, value) then
    fault.raise("RouteAlreadyExists", ("The route identified by %s already exists."):format(value))
  end
  table.insert(route_table.Routes, new_route(call, member, value, way))
  store.save(call, route_table)
  return { Return = true }
end

function operations.ReplaceRoute(call)
  local route_table = store.need(call, "route-table", call.input.RouteTableId)
  local member, value = destination(call)
  local index = find(route_table, member, value) or no_route(route_table, value)
  if call.input.LocalTarget then
    route_table.Routes[index] = { [member] = value, GatewayId = "local", Origin = "CreateRouteTable", State = "active" }
  else
    route_table.Routes[index] = new_route(call, member, value, target(call))
  end
  store.save(call, route_table)
end

function operations.DeleteRoute(call)
  local route_table = store.need(call, "route-table", call.input.RouteTableId)
  local member, value = destination(call)
  local index = find(route_table, member, value) or no_route(route_table, value)
  if route_table.Routes[index].GatewayId == "local" then
    fault.raise("InvalidParameterValue", ("cannot remove local route %s in route table %s"):format(value, route_table.id))
  end
  table.remove(route_table.Routes, index)
  store.save(call, route_table)
end

return { operations = operations }
