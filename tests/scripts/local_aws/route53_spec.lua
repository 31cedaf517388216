-- Route 53: zones, atomic changes that take their time, the order and pages of record sets, routing by health, and AWS's words.

local clock = require "clock"
local json = require "json"
local support = require "tests.support.local_aws"

describe("Route 53", function()
  local here, zone

  local function route53(operation, input)
    return here.call("route53", operation, input)
  end
  local function fault(operation, input)
    return here.fault("route53", operation, input)
  end
  local function change(...)
    return { HostedZoneId = zone, ChangeBatch = { Changes = json.array { ... } } }
  end
  local function a(name, value, more)
    local record = { Name = name, Type = "A", TTL = 60, ResourceRecords = json.array { { Value = value } } }
    for key, item in pairs(more or {}) do
      record[key] = item
    end
    return record
  end
  local function action(what, record)
    return { Action = what, ResourceRecordSet = record }
  end
  local function apply(...)
    return route53("ChangeResourceRecordSets", change(...)).ChangeInfo
  end
  local function refusal(...)
    return fault("ChangeResourceRecordSets", change(...))
  end
  local function names()
    local list = {}
    for index, record in ipairs(route53("ListResourceRecordSets", { HostedZoneId = zone }).ResourceRecordSets) do
      list[index] = record.Name .. " " .. record.Type
    end
    return list
  end

  before_each(function()
    here = support.start()
    zone = route53("CreateHostedZone", { Name = "Example.com", CallerReference = "one" }).HostedZone.Id
  end)
  after_each(function()
    here.close()
  end)

  describe("hosted zones", function()
    it("begin with their name servers and their SOA, and say so in their count", function()
      assert.same({ "example.com. NS", "example.com. SOA" }, names())
      local found = route53("GetHostedZone", { Id = zone })
      assert.equal(2, found.HostedZone.ResourceRecordSetCount)
      assert.equal(4, #found.DelegationSet.NameServers)
      assert.is_nil(found.VPCs)
    end)

    it("are made once for a caller's reference, and only with a name", function()
      assert.equal("HostedZoneAlreadyExists", fault("CreateHostedZone", { Name = "b.org", CallerReference = "one" }).code)
      assert.equal("InvalidDomainName", fault("CreateHostedZone", { Name = "a..org", CallerReference = "two" }).code)
      assert.equal("InvalidVPCId", fault("CreateHostedZone", {
        Name = "a.org", CallerReference = "two", HostedZoneConfig = { PrivateZone = true },
      }).code)
      local private = route53("CreateHostedZone", {
        Name = "inside.example", CallerReference = "two", VPC = { VPCId = "vpc-1", VPCRegion = "us-east-1" },
      }).HostedZone
      assert.is_true(private.Config.PrivateZone)
      assert.equal("vpc-1", route53("GetHostedZone", { Id = private.Id }).VPCs[1].VPCId)
      assert.equal(private.Id, route53("ListHostedZones", { HostedZoneType = "PrivateHostedZone" }).HostedZones[1].Id)
    end)

    it("are listed in pages, by id and by name, and counted", function()
      for _, name in ipairs { "b.org", "a.org", "z.net" } do
        route53("CreateHostedZone", { Name = name, CallerReference = name })
      end
      local seen, marker = {}, nil
      repeat
        local page = route53("ListHostedZones", { MaxItems = "3", Marker = marker })
        for _, item in ipairs(page.HostedZones) do
          seen[#seen + 1] = item.Id
        end
        marker = page.NextMarker
      until not page.IsTruncated
      assert.equal(4, #seen)
      assert.equal(4, route53("GetHostedZoneCount").HostedZoneCount)
      local page = route53("ListHostedZonesByName", { DNSName = "a.org", MaxItems = "2" })
      assert.same({ "a.org.", "b.org." }, { page.HostedZones[1].Name, page.HostedZones[2].Name })
      assert.is_false(page.IsTruncated)
      assert.equal("z.net.", route53("ListHostedZonesByName", { MaxItems = "1", DNSName = "net" }).HostedZones[1].Name)
      assert.equal("InvalidInput", fault("ListHostedZonesByName", { HostedZoneId = zone }).code)
      assert.equal("InvalidInput", fault("ListHostedZones", { MaxItems = "none" }).code)
    end)

    it("are deleted when only their own records are left", function()
      apply(action("CREATE", a("www.example.com", "10.0.0.1")))
      assert.equal("HostedZoneNotEmpty", fault("DeleteHostedZone", { Id = zone }).code)
      apply(action("DELETE", a("www.example.com", "10.0.0.1")))
      assert.equal("PENDING", route53("DeleteHostedZone", { Id = zone }).ChangeInfo.Status)
      assert.equal("No hosted zone found with ID: " .. zone:match("[^/]+$"), fault("GetHostedZone", { Id = zone }).message)
    end)

    it("are known by their bare id too, and their comment changes", function()
      local bare = zone:match("[^/]+$")
      assert.equal("new", route53("UpdateHostedZoneComment", { Id = bare, Comment = "new" }).HostedZone.Config.Comment)
    end)
  end)

  describe("a change", function()
    it("is pending until every name server has it", function()
      local made = apply(action("UPSERT", a("www.example.com", "10.0.0.1")))
      assert.equal("PENDING", made.Status)
      clock.step(29)
      assert.equal("PENDING", route53("GetChange", { Id = made.Id }).ChangeInfo.Status)
      clock.step(1)
      assert.equal("INSYNC", route53("GetChange", { Id = made.Id:match("[^/]+$") }).ChangeInfo.Status)
      assert.equal("NoSuchChange", fault("GetChange", { Id = "C0" }).code)
    end)

    it("happens as a whole or not at all, and tells all that is wrong", function()
      local problem = refusal(action("UPSERT", a("a.example.com", "10.0.0.1")), action("DELETE", a("b.example.com", "10.0.0.1")),
        action("UPSERT", a("c.example.org", "10.0.0.1")), action("UPSERT", a("d.example.com", "10.0.0.256")))
      assert.equal("InvalidChangeBatch", problem.code)
      assert.equal("[Tried to delete resource record set [name='b.example.com.', type='A'] but it was not found, "
        .. "RRSet with DNS name c.example.org. is not permitted in zone example.com., Invalid Resource Record: 'FATAL problem: "
        .. "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with '10.0.0.256'']", problem.message)
      assert.equal(2, #names())
    end)

    it("creates what is not there, upserts either, deletes what is exactly so", function()
      apply(action("CREATE", a("www.example.com", "10.0.0.1")))
      assert.matches("but it already exists", refusal(action("CREATE", a("WWW.example.com.", "10.0.0.2"))).message, 1, true)
      apply(action("UPSERT", a("www.example.com", "10.0.0.2")))
      assert.matches("but the values provided do not match the current values",
        refusal(action("DELETE", a("www.example.com", "10.0.0.1"))).message, 1, true)
      apply(action("DELETE", a("www.example.com", "10.0.0.2")), action("CREATE", a("www.example.com", "10.0.0.3")))
      assert.equal(3, #names())
    end)

    it("names a record set once, but for deleting it first", function()
      assert.equal("[The request contains an invalid set of changes for a resource record set 'A www.example.com.']",
        refusal(action("UPSERT", a("www.example.com", "10.0.0.2")), action("UPSERT", a("www.example.com", "10.0.0.3"))).message)
    end)

    it("leaves CNAME alone with its name, and none at the zone's own", function()
      local function cname(name)
        return { Name = name, Type = "CNAME", TTL = 60, ResourceRecords = { { Value = "elsewhere.example.net" } } }
      end
      apply(action("CREATE", cname("alias.example.com")))
      assert.matches("conflicts with other records with the same DNS name in zone example.com.",
        refusal(action("CREATE", a("alias.example.com", "10.0.0.1"))).message, 1, true)
      assert.matches("is not permitted at apex", refusal(action("CREATE", cname("example.com"))).message, 1, true)
    end)

    it("keeps the zone's name servers and SOA", function()
      local own = route53("ListResourceRecordSets", { HostedZoneId = zone }).ResourceRecordSets
      assert.equal("[A HostedZone must contain at least one NS record for the zone itself.]",
        refusal(action("DELETE", own[1])).message)
      assert.equal("[A HostedZone must contain exactly one SOA record.]", refusal(action("DELETE", own[2])).message)
    end)

    it("is refused for its form before anything is looked at", function()
      assert.equal("Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or "
        .. "TrafficPolicyInstanceId], but found none in Change with [Action=CREATE, Name=www.example.com., Type=A, "
        .. "SetIdentifier=null]", refusal(action("CREATE", { Name = "www.example.com", Type = "A" })).message)
      assert.matches("Missing field 'SetIdentifier'", refusal(action("CREATE", a("w.example.com", "10.0.0.1",
        { Weight = 1 }))).message, 1, true)
      assert.matches("found more than one", refusal(action("CREATE", a("w.example.com", "10.0.0.1",
        { Weight = 1, Failover = "PRIMARY", SetIdentifier = "x" }))).message, 1, true)
      assert.equal("InvalidInput", refusal(action("CREATE", a("w.example.com", "10.0.0.1", { SetIdentifier = "x" }))).code)
      assert.equal("NoSuchHealthCheck", refusal(action("CREATE", a("w.example.com", "10.0.0.1", { HealthCheckId = "x" }))).code)
      assert.matches("Domain label is empty", refusal(action("CREATE", a("a..example.com", "10.0.0.1"))).message, 1, true)
    end)

    it("has at most 1,000 values, an upsert counting twice", function()
      local changes = {}
      for number = 1, 501 do
        changes[number] = action("UPSERT", a(("h%d.example.com"):format(number), "10.0.0.1"))
      end
      assert.equal("[Number of records limit of 1000 exceeded.]", refusal(table.unpack(changes)).message)
    end)

    it("takes values as their types have them", function()
      local function of(kind, value)
        return action("UPSERT", { Name = "t.example.com", Type = kind, TTL = 60, ResourceRecords = { { Value = value } } })
      end
      for _, case in ipairs { { "AAAA", "2001:db8::1", "2001:db8::1::2" }, { "AAAA", "1:2:3:4:5:6:7:8", "1:2:3" },
        { "TXT", '"v=spf1 -all"', "v=spf1" }, { "MX", "10 mail.example.com", "mail.example.com" },
        { "SRV", "1 2 443 host.example.com", "1 2 host.example.com" } } do
        apply(of(case[1], case[2]))
        assert.matches("Invalid Resource Record", refusal(of(case[1], case[3])).message, 1, true)
      end
      assert.equal("[Duplicate Resource Record: '10.0.0.1']", refusal(action("UPSERT", { Name = "t.example.com", Type = "A",
        TTL = 60, ResourceRecords = { { Value = "10.0.0.1" }, { Value = "10.0.0.1" } } })).message)
    end)
  end)

  describe("record sets", function()
    it("are listed by their labels the other way round, then type, then identifier; in pages", function()
      apply(action("CREATE", a("b.a.example.com", "10.0.0.1")), action("CREATE", a("z.example.com", "10.0.0.1")),
        action("CREATE", a("*.example.com", "10.0.0.1")),
        action("CREATE", a("w.example.com", "10.0.0.2", { Weight = 1, SetIdentifier = "two" })),
        action("CREATE", a("w.example.com", "10.0.0.1", { Weight = 1, SetIdentifier = "one" })))
      assert.same({ "example.com. NS", "example.com. SOA", "\\052.example.com. A", "b.a.example.com. A", "w.example.com. A",
        "w.example.com. A", "z.example.com. A" }, names())
      local page = route53("ListResourceRecordSets", { HostedZoneId = zone, MaxItems = "4", StartRecordName = "*.example.com" })
      assert.is_true(page.IsTruncated == false or #page.ResourceRecordSets == 4)
      assert.equal("two", page.ResourceRecordSets[4].SetIdentifier)
      assert.same({ "z.example.com.", "A" }, { page.NextRecordName, page.NextRecordType })
      local rest = route53("ListResourceRecordSets", { HostedZoneId = zone, StartRecordName = "w.example.com",
        StartRecordType = "A", StartRecordIdentifier = "two" })
      assert.equal(2, #rest.ResourceRecordSets)
      assert.equal("InvalidInput", fault("ListResourceRecordSets", { HostedZoneId = zone, StartRecordType = "A" }).code)
      assert.equal("InvalidInput", fault("ListResourceRecordSets",
        { HostedZoneId = zone, StartRecordName = "a", StartRecordIdentifier = "x" }).code)
    end)

    it("of one name have one policy, and one primary", function()
      apply(action("CREATE", a("f.example.com", "10.0.0.1", { Failover = "PRIMARY", SetIdentifier = "one" })))
      assert.matches("a failover rrset exists", refusal(action("CREATE", a("f.example.com", "10.0.0.1", { Weight = 1,
        SetIdentifier = "two" }))).message, 1, true)
      assert.matches("a primary rrset already exists", refusal(action("CREATE", a("f.example.com", "10.0.0.1",
        { Failover = "PRIMARY", SetIdentifier = "two" }))).message, 1, true)
    end)

    it("of an alias lead to one that is there", function()
      local function alias(target)
        return action("UPSERT", { Name = "alias.example.com", Type = "A", AliasTarget = {
          HostedZoneId = zone, DNSName = target, EvaluateTargetHealth = false } })
      end
      assert.matches("but that target was not found", refusal(alias("www.example.com")).message, 1, true)
      assert.matches("does not lie within the target zone", refusal(alias("www.example.net")).message, 1, true)
      apply(action("CREATE", a("www.example.com", "10.0.0.7")))
      apply(alias("www.example.com"))
      local answer = route53("TestDNSAnswer", { HostedZoneId = zone, RecordName = "alias.example.com", RecordType = "A" })
      assert.same({ "10.0.0.7" }, { table.unpack(answer.RecordData) })
    end)
  end)

  describe("health", function()
    local function check(reference, config)
      return route53("CreateHealthCheck", { CallerReference = reference, HealthCheckConfig = config }).HealthCheck.Id
    end
    local function answer(name)
      return route53("TestDNSAnswer", { HostedZoneId = zone, RecordName = name, RecordType = "A" })
    end
    local function unhealthy(...)
      require("local_aws.world").change_settings(here.world, "route53", { unhealthy = json.array { ... } })
    end

    it("sends the answers of a failover pair to the secondary while the primary is down", function()
      local id = check("one", { Type = "HTTP", IPAddress = "10.0.0.1" })
      apply(action("CREATE", a("f.example.com", "10.0.0.1", { Failover = "PRIMARY", SetIdentifier = "p", HealthCheckId = id })),
        action("CREATE", a("f.example.com", "10.0.0.2", { Failover = "SECONDARY", SetIdentifier = "s" })))
      assert.equal("10.0.0.1", answer("f.example.com").RecordData[1])
      unhealthy(id)
      assert.equal("10.0.0.2", answer("f.example.com").RecordData[1])
      assert.matches("^Failure",
        route53("GetHealthCheckLastFailureReason", { HealthCheckId = id }).HealthCheckObservations[1].StatusReport.Status)
      unhealthy()
      assert.equal("10.0.0.1", answer("f.example.com").RecordData[1])
      assert.equal(0, #route53("GetHealthCheckLastFailureReason", { HealthCheckId = id }).HealthCheckObservations)
    end)

    it("takes a weighted record set out, and says when there is no name", function()
      local id = check("one", { Type = "TCP", IPAddress = "10.0.0.1", Port = 22 })
      apply(action("CREATE", a("w.example.com", "10.0.0.1", { Weight = 255, SetIdentifier = "a", HealthCheckId = id })),
        action("CREATE", a("w.example.com", "10.0.0.2", { Weight = 1, SetIdentifier = "b" })))
      unhealthy(id)
      for _ = 1, 20 do
        assert.equal("10.0.0.2", answer("w.example.com").RecordData[1])
      end
      assert.equal("NXDOMAIN", answer("nobody.example.com").ResponseCode)
    end)

    it("is computed from children, may be inverted or disabled", function()
      local one, two = check("one", { Type = "HTTP", IPAddress = "10.0.0.1" }), check("two", { Type = "HTTP", IPAddress = "10.0.0.2" })
      local both = check("both", { Type = "CALCULATED", ChildHealthChecks = { one, two }, HealthThreshold = 2 })
      unhealthy(two)
      local function status(id)
        return route53("GetHealthCheckStatus", { HealthCheckId = id }).HealthCheckObservations[1].StatusReport.Status
      end
      assert.matches("^Failure", status(both))
      assert.equal(2, route53("UpdateHealthCheck", { HealthCheckId = both, HealthThreshold = 1 }).HealthCheck.HealthCheckVersion)
      assert.matches("^Success", status(both))
      route53("UpdateHealthCheck", { HealthCheckId = both, Inverted = true })
      assert.matches("^Failure", status(both))
      route53("UpdateHealthCheck", { HealthCheckId = both, Disabled = true })
      assert.matches("^Success", status(both))
    end)

    it("is checked when it is made, and found by id only", function()
      assert.equal("InvalidInput", fault("CreateHealthCheck", { CallerReference = "x", HealthCheckConfig = { Type = "HTTP" } }).code)
      assert.equal("InvalidInput", fault("CreateHealthCheck",
        { CallerReference = "x", HealthCheckConfig = { Type = "TCP", IPAddress = "10.0.0.1" } }).code)
      local id = check("one", { Type = "HTTP", IPAddress = "10.0.0.1" })
      assert.equal(id, check("one", { Type = "HTTP", IPAddress = "10.0.0.1" }))
      assert.equal("HealthCheckAlreadyExists", fault("CreateHealthCheck",
        { CallerReference = "one", HealthCheckConfig = { Type = "HTTP", IPAddress = "10.0.0.2" } }).code)
      assert.equal("HealthCheckVersionMismatch", fault("UpdateHealthCheck", { HealthCheckId = id, HealthCheckVersion = 7 }).code)
      assert.equal(id, route53("ListHealthChecks").HealthChecks[1].Id)
      assert.equal(1, route53("GetHealthCheckCount").HealthCheckCount)
      route53("DeleteHealthCheck", { HealthCheckId = id })
      assert.equal("NoSuchHealthCheck", fault("GetHealthCheck", { HealthCheckId = id }).code)
    end)
  end)

  it("tags zones and health checks", function()
    route53("ChangeTagsForResource", { ResourceType = "hostedzone", ResourceId = zone:match("[^/]+$"),
      AddTags = { { Key = "a", Value = "1" }, { Key = "b", Value = "2" } } })
    route53("ChangeTagsForResource", { ResourceType = "hostedzone", ResourceId = zone:match("[^/]+$"), RemoveTagKeys = { "a" } })
    local sets = route53("ListTagsForResources", { ResourceType = "hostedzone", ResourceIds = { zone:match("[^/]+$") } })
    assert.equal("b", sets.ResourceTagSets[1].Tags[1].Key)
    assert.equal("InvalidInput", fault("ChangeTagsForResource", { ResourceType = "hostedzone",
      ResourceId = zone:match("[^/]+$") }).code)
  end)

  describe("on the wire", function()
    local function send(given)
      given.service = "route53"
      return support.send(here, given)
    end

    it("answers an unknown element, broken XML and an unknown path as AWS does", function()
      local path = "/2013-04-01/hostedzone"
      local answer = send { path = path, body = "<CreateHostedZoneRequest><Nme>x</Nme></CreateHostedZoneRequest>" }
      assert.equal(400, answer.status)
      assert.equal("InvalidInput", support.field(answer.body, "Code"))
      assert.equal("InvalidInput", support.field(send { path = path, body = "<broken" }.body, "Code"))
      assert.equal(404, send { method = "GET", path = "/2013-04-01/nothing" }.status)
      assert.equal(404, send { method = "GET", path = path .. "/Z1" }.status)
      local unsigned = support.send(here, { method = "GET", path = path, unsigned = true })
      assert.same({ 403, "MissingAuthenticationToken" }, { unsigned.status, support.field(unsigned.body, "Code") })
    end)

    it("reads numbers, booleans and lists from XML", function()
      local answer = send { path = "/2013-04-01" .. zone .. "/rrset/", body =
        '<ChangeResourceRecordSetsRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ChangeBatch><Changes><Change>'
        .. "<Action>CREATE</Action><ResourceRecordSet><Name>x.example.com</Name><Type>A</Type><TTL>60</TTL><ResourceRecords>"
        .. "<ResourceRecord><Value>10.0.0.1</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></Change></Changes>"
        .. "</ChangeBatch></ChangeResourceRecordSetsRequest>" }
      assert.equal(200, answer.status, answer.body)
      assert.equal("PENDING", support.field(answer.body, "Status"))
      assert.equal("2026-11-23T06:00:00.000Z", support.field(answer.body, "SubmittedAt"))
      assert.equal("InvalidInput", support.field(send { path = "/2013-04-01" .. zone .. "/rrset/", body =
        "<R><ChangeBatch><Changes><Change><Action>CREATE</Action><ResourceRecordSet><Name>x.example.com</Name><Type>A</Type>"
        .. "<TTL>soon</TTL></ResourceRecordSet></Change></Changes></ChangeBatch></R>" }.body, "Code"))
    end)
  end)
end)
