-- EC2's networks: VPCs, subnets and their addresses, routes, gateways, security groups, interfaces, Elastic IPs.

local clock = require "clock"
local support = require "tests.support.local_aws"

describe("EC2's network", function()
  local here

  before_each(function()
    here = support.start()
  end)
  after_each(function()
    here.close()
  end)

  local function ec2(operation, input)
    return here.call("ec2", operation, input)
  end
  local function refusal(operation, input)
    local problem = here.fault("ec2", operation, input)
    return problem.code, problem.message
  end
  local function vpc(block)
    return ec2("CreateVpc", { CidrBlock = block or "10.1.0.0/16" }).Vpc.VpcId
  end
  local function subnet(vpc_id, block)
    return ec2("CreateSubnet", { VpcId = vpc_id, CidrBlock = block or "10.1.1.0/28" }).Subnet.SubnetId
  end
  local function launch(subnet_id, more)
    local input = { ImageId = "ami-0c101f26f147fa7fd", MinCount = 1, MaxCount = 1, SubnetId = subnet_id }
    for name, value in pairs(more or {}) do
      input[name] = value
    end
    return ec2("RunInstances", input).Instances[1]
  end

  it("has a default VPC in every region, with a subnet a zone and a way out, and no second one when it is deleted", function()
    local network = ec2("DescribeVpcs").Vpcs
    assert.same({ 1, true, "172.31.0.0/16" }, { #network, network[1].IsDefault, network[1].CidrBlock })
    local zones = {}
    for index, found in ipairs(ec2("DescribeSubnets").Subnets) do
      zones[index] = found.AvailabilityZone
    end
    assert.same({ "us-east-1a", "us-east-1b", "us-east-1c" }, zones)
    local routes = ec2("DescribeRouteTables").RouteTables[1].Routes
    assert.same({ "local", "igw-" }, { routes[1].GatewayId, routes[2].GatewayId:sub(1, 4) })
    assert.not_equal(network[1].VpcId, here.call("ec2", "DescribeVpcs", {}, "eu-west-1").Vpcs[1].VpcId)
    for _, found in ipairs(ec2("DescribeSubnets").Subnets) do
      ec2("DeleteSubnet", { SubnetId = found.SubnetId })
    end
    local gateway = ec2("DescribeInternetGateways").InternetGateways[1].InternetGatewayId
    ec2("DetachInternetGateway", { InternetGatewayId = gateway, VpcId = network[1].VpcId })
    ec2("DeleteVpc", { VpcId = network[1].VpcId })
    assert.same({}, ec2("DescribeVpcs").Vpcs)
    assert.equal("MissingInput", (refusal("RunInstances", { ImageId = "ami-0c101f26f147fa7fd", MinCount = 1, MaxCount = 1 })))
  end)

  it("cuts subnets out of a VPC, and gives their addresses out until none is left", function()
    local id = vpc()
    local small = subnet(id)
    assert.equal(11, ec2("DescribeSubnets", { SubnetIds = { small } }).Subnets[1].AvailableIpAddressCount)
    assert.equal("InvalidSubnet.Conflict", (refusal("CreateSubnet", { VpcId = id, CidrBlock = "10.1.0.0/20" })))
    assert.equal("InvalidSubnet.Range", (refusal("CreateSubnet", { VpcId = id, CidrBlock = "10.2.0.0/24" })))
    local addresses = {}
    for number = 1, 11 do
      local made = ec2("CreateNetworkInterface", { SubnetId = small }).NetworkInterface
      addresses[made.PrivateIpAddress] = number
    end
    assert.is_nil(addresses["10.1.1.3"])
    assert.is_nil(addresses["10.1.1.15"])
    assert.equal("InsufficientFreeAddressesInSubnet", (refusal("CreateNetworkInterface", { SubnetId = small })))
    local found = ec2("DescribeNetworkInterfaces", { Filters = { { Name = "private-ip-address", Values = { "10.1.1.4" } } } })
    ec2("DeleteNetworkInterface", { NetworkInterfaceId = found.NetworkInterfaces[1].NetworkInterfaceId })
    assert.equal("10.1.1.4", ec2("CreateNetworkInterface", { SubnetId = small }).NetworkInterface.PrivateIpAddress)
    assert.equal("InvalidIPAddress.InUse",
      (refusal("CreateNetworkInterface", { SubnetId = small, PrivateIpAddress = "10.1.1.4" })))
    assert.equal("DependencyViolation", (refusal("DeleteSubnet", { SubnetId = small })))
    assert.equal("DependencyViolation", (refusal("DeleteVpc", { VpcId = id })))
  end)

  it("refuses blocks that are none, in EC2's words", function()
    for block, code in pairs { ["10.0.0.0/8"] = "InvalidVpc.Range", ["10.0.0.300/16"] = "InvalidParameterValue",
      web = "InvalidParameterValue" } do
      assert.equal(code, (refusal("CreateVpc", { CidrBlock = block })))
    end
    assert.same({ "InvalidVpcID.NotFound", "The vpc ID 'vpc-0123' does not exist" }, { refusal("DeleteVpc", { VpcId = "vpc-0123" }) })
    assert.equal("InvalidVpcId.Malformed", (refusal("DeleteVpc", { VpcId = "web" })))
  end)

  it("keeps what is changed of a subnet, and refuses IPv6 rather than pass it over", function()
    local id = vpc()
    local place = subnet(id)
    ec2("ModifySubnetAttribute", { SubnetId = place, MapPublicIpOnLaunch = { Value = true } })
    ec2("ModifySubnetAttribute", { SubnetId = place, EnableResourceNameDnsARecordOnLaunch = { Value = true } })
    local found = ec2("DescribeSubnets", { SubnetIds = { place } }).Subnets[1]
    assert.same({ true, true }, { found.MapPublicIpOnLaunch, found.PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsARecord })
    assert.truthy(launch(place).PublicIpAddress)
    assert.equal("UnsupportedOperation", (refusal("CreateVpc", { CidrBlock = "10.0.0.0/16", AmazonProvidedIpv6CidrBlock = true })))
    assert.equal("MissingParameter", (refusal("CreateSubnet", { VpcId = id, Ipv6Native = true })))
  end)

  it("leaves an interface behind that was not to go with its machine", function()
    local place = ec2("DescribeSubnets").Subnets[1].SubnetId
    local machine = ec2("RunInstances", { ImageId = "ami-0c101f26f147fa7fd", MinCount = 1, MaxCount = 1,
      NetworkInterfaces = { { DeviceIndex = 0, SubnetId = place, DeleteOnTermination = false } } }).Instances[1]
    ec2("TerminateInstances", { InstanceIds = { machine.InstanceId } })
    clock.step(60)
    local left = ec2("DescribeNetworkInterfaces").NetworkInterfaces
    assert.same({ 1, "available" }, { #left, left[1].Status })
    ec2("DeleteNetworkInterface", { NetworkInterfaceId = left[1].NetworkInterfaceId })
  end)

  it("turns a route from the machine that is gone to the one that took its place", function()
    local id = vpc()
    local place = subnet(id, "10.1.0.0/24")
    local old, new = launch(place), launch(place)
    local route_table = ec2("CreateRouteTable", { VpcId = id }).RouteTable.RouteTableId
    local route = { RouteTableId = route_table, DestinationCidrBlock = "192.168.7.9/24", InstanceId = old.InstanceId }
    ec2("CreateRoute", route)
    assert.equal("RouteAlreadyExists", (refusal("CreateRoute", route)))
    route.InstanceId = new.InstanceId
    ec2("ReplaceRoute", route)
    local routes = ec2("DescribeRouteTables", { RouteTableIds = { route_table } }).RouteTables[1].Routes
    assert.same({ "192.168.7.0/24", new.InstanceId, new.NetworkInterfaces[1].NetworkInterfaceId },
      { routes[2].DestinationCidrBlock, routes[2].InstanceId, routes[2].NetworkInterfaceId })
    local association = ec2("AssociateRouteTable", { RouteTableId = route_table, SubnetId = place }).AssociationId
    assert.equal("DependencyViolation", (refusal("DeleteRouteTable", { RouteTableId = route_table })))
    ec2("DisassociateRouteTable", { AssociationId = association })
    ec2("DeleteRoute", { RouteTableId = route_table, DestinationCidrBlock = "192.168.7.0/24" })
    assert.equal("InvalidRoute.NotFound", (refusal("DeleteRoute", { RouteTableId = route_table,
      DestinationCidrBlock = "192.168.7.0/24" })))
    ec2("DeleteRouteTable", { RouteTableId = route_table })
  end)

  it("keeps a security group's rules one by one, and shows them together by their ports", function()
    local id = vpc()
    local group = ec2("CreateSecurityGroup", { GroupName = "web", Description = "d", VpcId = id }).GroupId
    local ports = { IpProtocol = "tcp", FromPort = 80, ToPort = 80, IpRanges = { { CidrIp = "10.0.0.0/8" }, { CidrIp = "192.168.0.0/16" } },
      UserIdGroupPairs = { { GroupId = group } } }
    assert.equal(3, #ec2("AuthorizeSecurityGroupIngress", { GroupId = group, IpPermissions = { ports } }).SecurityGroupRules)
    local shown = ec2("DescribeSecurityGroups", { Filters = { { Name = "ip-permission.cidr", Values = { "192.168.*" } } } })
    assert.same({ 1, 1, 2, group }, { #shown.SecurityGroups, #shown.SecurityGroups[1].IpPermissions,
      #shown.SecurityGroups[1].IpPermissions[1].IpRanges, shown.SecurityGroups[1].IpPermissions[1].UserIdGroupPairs[1].GroupId })
    assert.equal("InvalidPermission.Duplicate", (refusal("AuthorizeSecurityGroupIngress", { GroupId = group, IpPermissions = { ports } })))
    ports.IpRanges[2], ports.UserIdGroupPairs = nil, nil
    ec2("RevokeSecurityGroupIngress", { GroupId = group, IpPermissions = { ports } })
    assert.equal("InvalidPermission.NotFound", (refusal("RevokeSecurityGroupIngress", { GroupId = group, IpPermissions = { ports } })))
    assert.equal(2, #ec2("DescribeSecurityGroups", { GroupIds = { group } }).SecurityGroups[1].IpPermissions[1].IpRanges
      + #ec2("DescribeSecurityGroups", { GroupIds = { group } }).SecurityGroups[1].IpPermissions[1].UserIdGroupPairs)
  end)

  it("keeps a group that somebody uses, and lets it go when the machine is gone", function()
    local id = vpc()
    local place, group = subnet(id), ec2("CreateSecurityGroup", { GroupName = "g", Description = "d", VpcId = id }).GroupId
    local machine = launch(place, { SecurityGroupIds = { group } })
    assert.same({ { GroupId = group, GroupName = "g" } }, machine.SecurityGroups)
    assert.equal("DependencyViolation", (refusal("DeleteSecurityGroup", { GroupId = group })))
    ec2("TerminateInstances", { InstanceIds = { machine.InstanceId } })
    clock.step(60)
    ec2("DeleteSecurityGroup", { GroupId = group })
    ec2("DeleteSubnet", { SubnetId = place })
    ec2("DeleteVpc", { VpcId = id })
  end)

  it("moves an Elastic IP from one machine to another, and frees it when its machine ends", function()
    local first, second = launch(), launch()
    assert.same({}, ec2("DescribeAddresses").Addresses)
    clock.step(60)
    local address = ec2("AllocateAddress").AllocationId
    ec2("AssociateAddress", { AllocationId = address, InstanceId = first.InstanceId })
    assert.equal("Resource.AlreadyAssociated", (refusal("AssociateAddress", { AllocationId = address, InstanceId = second.InstanceId })))
    ec2("AssociateAddress", { AllocationId = address, InstanceId = second.InstanceId, AllowReassociation = true })
    assert.equal(second.InstanceId, ec2("DescribeAddresses").Addresses[1].InstanceId)
    assert.equal("InvalidIPAddress.InUse", (refusal("ReleaseAddress", { AllocationId = address })))
    ec2("TerminateInstances", { InstanceIds = { second.InstanceId } })
    clock.step(60)
    assert.is_nil(ec2("DescribeAddresses").Addresses[1].InstanceId)
    ec2("ReleaseAddress", { AllocationId = address })
    assert.equal("InvalidAllocationID.NotFound", (refusal("DescribeAddresses", { AllocationIds = { address } })))
  end)
end)
