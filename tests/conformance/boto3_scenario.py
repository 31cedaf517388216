"""boto3 against the local AWS: one scenario a service. Expects run.sh's environment."""
import os
import time
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError


def client(service, region="us-east-1", **keywords):
    return boto3.client(service, endpoint_url=os.environ["AWS_ENDPOINT_URL"], region_name=region,
                        config=Config(retries={"mode": "standard", "max_attempts": 2}), **keywords)


def wait_for(what, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = what()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("did not come true within %d s" % seconds)


class DynamoDb(unittest.TestCase):
    def test_table_life(self):
        dynamodb = client("dynamodb")
        self.assertIn("drsh-execution-history", dynamodb.list_tables()["TableNames"])
        dynamodb.create_table(TableName="boto3", BillingMode="PAY_PER_REQUEST",
                              AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"},
                                                    {"AttributeName": "n", "AttributeType": "N"}],
                              KeySchema=[{"AttributeName": "id", "KeyType": "HASH"},
                                         {"AttributeName": "n", "KeyType": "RANGE"}])
        dynamodb.get_waiter("table_exists").wait(TableName="boto3")
        table = boto3.resource("dynamodb", endpoint_url=os.environ["AWS_ENDPOINT_URL"], region_name="us-east-1").Table("boto3")
        with table.batch_writer() as batch:
            for n in range(60):
                batch.put_item(Item={"id": "a", "n": n, "list": [], "map": {}, "set": {"x", "y"}, "bytes": b"\x00\xff"})
        page = table.query(KeyConditionExpression=boto3.dynamodb.conditions.Key("id").eq("a"), Limit=25, ScanIndexForward=False)
        self.assertEqual([int(item["n"]) for item in page["Items"]], list(range(59, 34, -1)))
        self.assertEqual(page["Items"][0]["list"], [])
        self.assertEqual(page["Items"][0]["map"], {})
        self.assertEqual(page["Items"][0]["set"], {"x", "y"})
        self.assertIn("LastEvaluatedKey", page)
        with self.assertRaises(dynamodb.exceptions.ConditionalCheckFailedException):
            table.put_item(Item={"id": "a", "n": 1}, ConditionExpression="attribute_not_exists(id)")
        updated = table.update_item(Key={"id": "a", "n": 1}, UpdateExpression="SET hits = if_not_exists(hits, :z) + :one",
                                    ExpressionAttributeValues={":z": 0, ":one": 1}, ReturnValues="UPDATED_NEW")
        self.assertEqual(updated["Attributes"], {"hits": 1})
        dynamodb.delete_table(TableName="boto3")

    def test_transaction_reasons(self):
        dynamodb = client("dynamodb")
        put = {"Put": {"TableName": "drsh-recovery-plans", "Item": {"planId": {"S": "boto3-transaction"}},
                       "ConditionExpression": "attribute_not_exists(planId)"}}
        dynamodb.transact_write_items(TransactItems=[put])
        with self.assertRaises(dynamodb.exceptions.TransactionCanceledException) as caught:
            dynamodb.transact_write_items(TransactItems=[put])
        self.assertEqual(caught.exception.response["CancellationReasons"][0]["Code"], "ConditionalCheckFailed")
        dynamodb.delete_item(TableName="drsh-recovery-plans", Key={"planId": {"S": "boto3-transaction"}})

    def test_scan_executions(self):
        pages = client("dynamodb").get_paginator("scan").paginate(TableName="drsh-execution-history")
        self.assertGreaterEqual(sum(page["Count"] for page in pages), 0)


class Drs(unittest.TestCase):
    def job_done(self, drs, job):
        return drs.describe_jobs(filters={"jobIDs": [job]})["items"][0]["status"] == "COMPLETED"

    def test_drill(self):
        drs, ec2 = client("drs"), client("ec2")
        pages = list(drs.get_paginator("describe_source_servers").paginate(PaginationConfig={"PageSize": 5}))
        servers = [server for page in pages for server in page["items"]]
        self.assertGreater(len(pages), 1)
        self.assertTrue(all(len(page["items"]) <= 5 for page in pages))
        self.assertEqual(len({server["sourceServerID"] for server in servers}), len(servers))
        chosen = [server["sourceServerID"] for server in servers if server["tags"].get("Tier") == "application"][:2]
        job = drs.start_recovery(isDrill=True, sourceServers=[{"sourceServerID": i} for i in chosen], tags={"by": "boto3"})["job"]
        self.assertEqual((job["type"], job["initiatedBy"]), ("LAUNCH", "START_DRILL"))
        wait_for(lambda: self.job_done(drs, job["jobID"]))
        instances = [item for page in drs.get_paginator("describe_recovery_instances").paginate(
            filters={"sourceServerIDs": chosen}) for item in page["items"] if item["jobID"] == job["jobID"]]
        self.assertEqual(len(instances), 2)
        self.assertTrue(all(instance["isDrill"] for instance in instances))
        ids = [instance["recoveryInstanceID"] for instance in instances]
        states = [i["State"]["Name"] for r in ec2.describe_instances(InstanceIds=ids)["Reservations"] for i in r["Instances"]]
        self.assertEqual(states, ["running", "running"])
        ending = drs.terminate_recovery_instances(recoveryInstanceIDs=ids)["job"]
        wait_for(lambda: self.job_done(drs, ending["jobID"]))
        self.assertEqual(drs.describe_recovery_instances(filters={"recoveryInstanceIDs": ids})["items"], [])

    def test_tags(self):
        drs = client("drs")
        arn = drs.describe_source_servers(maxResults=1)["items"][0]["arn"]
        drs.tag_resource(resourceArn=arn, tags={"boto3": "a b/c=+"})
        self.assertEqual(drs.list_tags_for_resource(resourceArn=arn)["tags"]["boto3"], "a b/c=+")
        drs.untag_resource(resourceArn=arn, tagKeys=["boto3"])
        self.assertNotIn("boto3", drs.list_tags_for_resource(resourceArn=arn)["tags"])


if __name__ == "__main__":
    unittest.main(verbosity=1, warnings="ignore")
