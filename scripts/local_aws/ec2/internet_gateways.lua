-- Internet gateways.

local fault = require "local_aws.fault"
local ids = require "local_aws.ids"
local json = require "json"
local store = require "local_aws.ec2.store"
local tags = require "local_aws.ec2.tags"

local operations = {}

local function show(call, gateway)
  gateway.OwnerId = call.account
  return gateway
end

function operations.CreateInternetGateway(call)
  local id = ids.new "igw-"
  local made = store.insert(call, "internet-gateway", { id = id, InternetGatewayId = id, Attachments = json.array {} },
    tags.from_specifications(call.input.TagSpecifications, "internet-gateway"))
  return { InternetGateway = show(call, store.shown(call, made)) }
end

function operations.AttachInternetGateway(call)
  local gateway = store.need(call, "internet-gateway", call.input.InternetGatewayId)
  local vpc = store.need(call, "vpc", call.input.VpcId)
  if gateway.Attachments[1] then
    fault.raise("Resource.AlreadyAssociated", ("resource %s is already attached to network %s"):format(gateway.id,
      gateway.Attachments[1].VpcId))
  end
  for _, other in ipairs(store.all(call, "internet-gateway")) do
    if other.Attachments[1] and other.Attachments[1].VpcId == vpc.VpcId then
      fault.raise("InvalidParameterValue", ("Network %s already has an internet gateway attached"):format(vpc.VpcId))
    end
  end
  gateway.Attachments = json.array { { VpcId = vpc.VpcId, State = "available" } }
  store.save(call, gateway)
end

function operations.DetachInternetGateway(call)
  local gateway = store.need(call, "internet-gateway", call.input.InternetGatewayId)
  local vpc = store.need(call, "vpc", call.input.VpcId)
  if not gateway.Attachments[1] or gateway.Attachments[1].VpcId ~= vpc.VpcId then
    fault.raise("Gateway.NotAttached", ("resource %s is not attached to network %s"):format(gateway.id, vpc.VpcId))
  end
  gateway.Attachments = json.array {}
  store.save(call, gateway)
end

function operations.DeleteInternetGateway(call)
  local gateway = store.need(call, "internet-gateway", call.input.InternetGatewayId)
  if gateway.Attachments[1] then
    fault.raise("DependencyViolation", ("The internetGateway '%s' has dependencies and cannot be deleted."):format(gateway.id))
  end
  store.remove(call, gateway)
end

local FIELDS = {
  ["internet-gateway-id"] = "InternetGatewayId", ["attachment.vpc-id"] = "Attachments.VpcId",
  ["attachment.state"] = "Attachments.State", ["owner-id"] = "OwnerId",
}

function operations.DescribeInternetGateways(call)
  local list, token = store.describe(call, "internet-gateway", call.input.InternetGatewayIds, FIELDS, function(gateway)
    return show(call, gateway)
  end)
  return { InternetGateways = list, NextToken = token }
end

return { operations = operations }
