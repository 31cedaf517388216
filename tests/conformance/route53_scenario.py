"""boto3 on Route 53: a zone, its records, a switch of DNS, health checks. Expects run.sh's environment."""
import time
import unittest

from botocore.exceptions import ClientError

from boto3_scenario import client, wait_for


def upsert(name, address, **more):
    record = {"Name": name, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": address}]}
    record.update(more)
    return {"Action": "UPSERT", "ResourceRecordSet": record}


class Route53(unittest.TestCase):
    def setUp(self):
        self.route53 = client("route53")
        self.name = "conformance-%d.example.com" % time.monotonic_ns()
        made = self.route53.create_hosted_zone(Name=self.name, CallerReference=self.name,
                                               HostedZoneConfig={"Comment": "boto3 <&>"})
        self.zone = made["HostedZone"]["Id"]
        self.assertEqual(made["ResponseMetadata"]["HTTPStatusCode"], 201)
        self.assertTrue(made["Location"].endswith(self.zone))
        self.assertEqual(len(made["DelegationSet"]["NameServers"]), 4)

    def tearDown(self):
        records = [record for page in self.route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=self.zone)
                   for record in page["ResourceRecordSets"] if record["Type"] not in ("NS", "SOA")]
        if records:
            self.change(*[{"Action": "DELETE", "ResourceRecordSet": record} for record in records])
        self.route53.delete_hosted_zone(Id=self.zone)

    def change(self, *changes):
        return self.route53.change_resource_record_sets(HostedZoneId=self.zone, ChangeBatch={"Changes": list(changes)})

    def refused(self, *changes):
        with self.assertRaises(ClientError) as caught:
            self.change(*changes)
        return caught.exception.response["Error"]

    def records(self):
        return self.route53.list_resource_record_sets(HostedZoneId=self.zone)["ResourceRecordSets"]

    def test_zone(self):
        zone = self.route53.get_hosted_zone(Id=self.zone)["HostedZone"]
        self.assertEqual((zone["Name"], zone["Config"]["Comment"], zone["ResourceRecordSetCount"]),
                         (self.name + ".", "boto3 <&>", 2))
        named = self.route53.list_hosted_zones_by_name(DNSName=self.name, MaxItems="1")["HostedZones"]
        self.assertEqual([item["Id"] for item in named], [self.zone])
        listed = [item["Id"] for page in self.route53.get_paginator("list_hosted_zones").paginate() for item in page["HostedZones"]]
        self.assertIn(self.zone, listed)
        with self.assertRaises(self.route53.exceptions.HostedZoneAlreadyExists):
            self.route53.create_hosted_zone(Name=self.name, CallerReference=self.name)
        with self.assertRaises(self.route53.exceptions.NoSuchHostedZone) as caught:
            self.route53.get_hosted_zone(Id="Z00000000000000000000")
        self.assertEqual(caught.exception.response["Error"]["Message"], "No hosted zone found with ID: Z00000000000000000000")

    def test_switch(self):
        first = self.change(*[upsert("host-%d.%s" % (n, self.name), "10.0.0.%d" % n) for n in range(1, 8)])["ChangeInfo"]
        self.assertEqual(first["Status"], "PENDING")
        wait_for(lambda: self.route53.get_change(Id=first["Id"])["ChangeInfo"]["Status"] == "INSYNC")
        pages = list(self.route53.get_paginator("list_resource_record_sets").paginate(
            HostedZoneId=self.zone, PaginationConfig={"PageSize": 3}))
        self.assertEqual([len(page["ResourceRecordSets"]) for page in pages], [3, 3, 3])
        self.assertEqual(len({(r["Name"], r["Type"]) for page in pages for r in page["ResourceRecordSets"]}), 9)
        self.change(upsert("host-1." + self.name, "10.9.0.1"))
        answer = self.route53.test_dns_answer(HostedZoneId=self.zone, RecordName="host-1." + self.name, RecordType="A")
        self.assertEqual((answer["RecordData"], answer["ResponseCode"]), (["10.9.0.1"], "NOERROR"))

    def test_batch_is_atomic(self):
        name = "www." + self.name
        record = upsert(name, "10.0.0.1")["ResourceRecordSet"]
        error = self.refused(upsert("other." + self.name, "10.0.0.2"), {"Action": "DELETE", "ResourceRecordSet": record})
        self.assertEqual(error["Code"], "InvalidChangeBatch")
        self.assertEqual(error["Message"], "[Tried to delete resource record set [name='%s.', type='A'] but it was not found]" % name)
        self.assertEqual(len(self.records()), 2)
        self.change({"Action": "CREATE", "ResourceRecordSet": record})
        self.assertIn("but it already exists", self.refused({"Action": "CREATE", "ResourceRecordSet": record})["Message"])
        self.assertIn("is not permitted in zone", self.refused(upsert("www.elsewhere.org", "10.0.0.1"))["Message"])
        self.assertEqual(self.refused({"Action": "CREATE", "ResourceRecordSet": {"Name": name, "Type": "A"}})["Code"], "InvalidInput")

    def test_failover(self):
        check = self.route53.create_health_check(CallerReference=self.name, HealthCheckConfig={
            "Type": "HTTPS", "FullyQualifiedDomainName": "primary." + self.name, "ResourcePath": "/health"})["HealthCheck"]
        self.assertEqual(check["HealthCheckConfig"]["Port"], 443)
        self.change(upsert("app." + self.name, "10.0.0.1", SetIdentifier="a", Failover="PRIMARY", HealthCheckId=check["Id"]),
                    upsert("app." + self.name, "10.0.0.2", SetIdentifier="b", Failover="SECONDARY"))
        answer = self.route53.test_dns_answer(HostedZoneId=self.zone, RecordName="app." + self.name, RecordType="A")
        self.assertEqual(answer["RecordData"], ["10.0.0.1"])
        self.route53.update_health_check(HealthCheckId=check["Id"], Inverted=True)
        reports = self.route53.get_health_check_status(HealthCheckId=check["Id"])["HealthCheckObservations"]
        self.assertTrue(all(report["StatusReport"]["Status"].startswith("Failure") for report in reports))
        answer = self.route53.test_dns_answer(HostedZoneId=self.zone, RecordName="app." + self.name, RecordType="A")
        self.assertEqual(answer["RecordData"], ["10.0.0.2"])
        self.route53.change_tags_for_resource(ResourceType="healthcheck", ResourceId=check["Id"],
                                              AddTags=[{"Key": "Name", "Value": "primary"}])
        tags = self.route53.list_tags_for_resource(ResourceType="healthcheck", ResourceId=check["Id"])["ResourceTagSet"]["Tags"]
        self.assertEqual(tags, [{"Key": "Name", "Value": "primary"}])
        self.route53.delete_health_check(HealthCheckId=check["Id"])


if __name__ == "__main__":
    unittest.main(verbosity=1, warnings="ignore")
