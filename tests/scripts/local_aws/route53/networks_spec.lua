-- Route 53's private zones and the networks that see them, its limits, and ids where nobody takes "/hostedzone/" off.

local support = require "tests.support.local_aws"

local FIRST, SECOND = { VPCId = "vpc-0aaaaaaaaaaaaaaaa", VPCRegion = "us-east-1" }, { VPCId = "vpc-0bbbbbbbbbbbbbbbb", VPCRegion = "eu-west-1" }

describe("Route 53", function()
  local here

  local function route53(operation, input)
    return here.call("route53", operation, input)
  end
  local function code(operation, input)
    return here.fault("route53", operation, input).code
  end
  local function zone(name, vpc)
    return route53("CreateHostedZone", { Name = name, CallerReference = name .. (vpc and vpc.VPCId or ""), VPC = vpc }).HostedZone.Id
  end

  before_each(function()
    here = support.start()
  end)
  after_each(function()
    here.close()
  end)

  it("lets networks see a private zone, the last of which stays", function()
    local id = zone("inside.example.com", FIRST)
    route53("AssociateVPCWithHostedZone", { HostedZoneId = id, VPC = SECOND })
    assert.same({ FIRST, SECOND }, route53("GetHostedZone", { Id = id }).VPCs)
    assert.equal("inside.example.com.", route53("ListHostedZonesByVPC", SECOND).HostedZoneSummaries[1].Name)
    route53("DisassociateVPCFromHostedZone", { HostedZoneId = id, VPC = FIRST })
    assert.same({}, route53("ListHostedZonesByVPC", FIRST).HostedZoneSummaries)
    assert.equal("VPCAssociationNotFound", code("DisassociateVPCFromHostedZone", { HostedZoneId = id, VPC = FIRST }))
    assert.equal("LastVPCAssociation", code("DisassociateVPCFromHostedZone", { HostedZoneId = id, VPC = SECOND }))
  end)

  it("refuses two zones of one name in one network, and networks for a public zone", function()
    zone("inside.example.com", FIRST)
    local other = zone("inside.example.com", SECOND)
    assert.equal("ConflictingDomainExists", code("AssociateVPCWithHostedZone", { HostedZoneId = other, VPC = FIRST }))
    assert.equal("PublicZoneVPCAssociation", code("AssociateVPCWithHostedZone", { HostedZoneId = zone "example.com", VPC = FIRST }))
  end)

  it("tells how much there may be and is", function()
    local id = zone "example.com"
    assert.same({ Limit = { Type = "MAX_HOSTED_ZONES_BY_OWNER", Value = 500 }, Count = 1 },
      route53("GetAccountLimit", { Type = "MAX_HOSTED_ZONES_BY_OWNER" }))
    assert.equal(2, route53("GetHostedZoneLimit", { HostedZoneId = id, Type = "MAX_RRSETS_BY_ZONE" }).Count)
  end)

  it("takes tags by the bare id alone", function()
    local id = zone "example.com"
    local tag = { ResourceType = "hostedzone", ResourceId = id, AddTags = { { Key = "k", Value = "v" } } }
    assert.equal("NoSuchHostedZone", code("ChangeTagsForResource", tag))
    tag.ResourceId = id .. "AB"
    assert.equal("InvalidInput", code("ChangeTagsForResource", tag))
    tag.ResourceId = id:gsub("/hostedzone/", "")
    route53("ChangeTagsForResource", tag)
  end)

  it("does not take a path with more parts for a shorter one", function()
    local id = zone "example.com"
    local answer = support.send(here, { service = "route53", method = "GET", path = "/2013-04-01" .. id .. "/dnssec" })
    assert.same({ 404, "UnknownOperationException" }, { answer.status, support.field(answer.body, "Code") })
  end)
end)
