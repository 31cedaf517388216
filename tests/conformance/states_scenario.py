"""boto3 against the local Step Functions: one long scenario. Expects run.sh's environment, and a clock that runs 120 times
as fast as ours."""
import json
import os
import sys
import time
import unittest

import boto3
from botocore.config import Config

ROLE = "arn:aws:iam::123456789012:role/any"


def client():
    # StartSyncExecution and TestState would else go to sync-127.0.0.1
    return boto3.client("stepfunctions", endpoint_url=os.environ["AWS_ENDPOINT_URL"], region_name="us-east-1",
                        config=Config(retries={"mode": "standard", "max_attempts": 2}, inject_host_prefix=False))


def machine_of(**states):
    return json.dumps({"StartAt": next(iter(states)), "States": states})


class StepFunctions(unittest.TestCase):
    def setUp(self):
        self.sfn = client()
        self.machines, self.activities = [], []

    def tearDown(self):
        for arn in self.machines:
            self.sfn.delete_state_machine(stateMachineArn=arn)
        for arn in self.activities:
            self.sfn.delete_activity(activityArn=arn)

    def create(self, name, definition, **more):
        created = self.sfn.create_state_machine(name=name, definition=definition, roleArn=ROLE, **more)
        self.machines.append(created["stateMachineArn"])
        return created

    def ended(self, execution, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            described = self.sfn.describe_execution(executionArn=execution)
            if described["status"] not in ("RUNNING", "PENDING_REDRIVE"):
                return described
            time.sleep(0.05)
        raise AssertionError("%s did not end within %d s" % (execution, seconds))

    def run_to_end(self, machine, value=None, **more):
        started = self.sfn.start_execution(stateMachineArn=machine, input=json.dumps(value), **more)
        return self.ended(started["executionArn"])

    def types(self, execution, **more):
        pages = self.sfn.get_paginator("get_execution_history").paginate(executionArn=execution, **more)
        return [event["type"] for page in pages for event in page["events"]]

    def test_versions_and_aliases(self):
        made = self.create("s-versions", machine_of(A={"Type": "Pass", "Result": 1, "End": True}), publish=True,
                           versionDescription="first", tags=[{"key": "by", "value": "boto3"}])
        arn, first = made["stateMachineArn"], made["stateMachineVersionArn"]
        again = self.sfn.create_state_machine(name="s-versions", roleArn=ROLE, publish=True, versionDescription="first",
                                              definition=machine_of(A={"Type": "Pass", "Result": 1, "End": True}))
        self.assertEqual(again["stateMachineVersionArn"], first)
        with self.assertRaises(self.sfn.exceptions.StateMachineAlreadyExists):
            self.create("s-versions", machine_of(A={"Type": "Succeed"}))
        second = self.sfn.update_state_machine(stateMachineArn=arn, publish=True, definition=machine_of(
            A={"Type": "Pass", "Result": 2, "End": True}))["stateMachineVersionArn"]
        listed = self.sfn.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
        self.assertEqual([item["stateMachineVersionArn"] for item in listed], [second, first])
        self.assertEqual(self.sfn.describe_state_machine(stateMachineArn=first)["description"], "first")

        route = [{"stateMachineVersionArn": first, "weight": 100}]
        alias = self.sfn.create_state_machine_alias(name="live", routingConfiguration=route)["stateMachineAliasArn"]
        self.assertEqual(self.run_to_end(alias)["output"], "1")
        with self.assertRaises(self.sfn.exceptions.ConflictException):
            self.sfn.delete_state_machine_version(stateMachineVersionArn=first)
        with self.assertRaises(self.sfn.exceptions.ValidationException):
            self.sfn.update_state_machine_alias(stateMachineAliasArn=alias, routingConfiguration=[
                {"stateMachineVersionArn": first, "weight": 50}, {"stateMachineVersionArn": second, "weight": 49}])
        self.sfn.update_state_machine_alias(stateMachineAliasArn=alias, routingConfiguration=[
            {"stateMachineVersionArn": second, "weight": 100}])
        ran = self.run_to_end(alias)
        self.assertEqual((ran["output"], ran["stateMachineVersionArn"], ran["stateMachineAliasArn"]), ("2", second, alias))
        self.assertEqual(len(self.sfn.list_executions(stateMachineArn=alias)["executions"]), 2)
        self.sfn.delete_state_machine_alias(stateMachineAliasArn=alias)
        self.sfn.delete_state_machine_version(stateMachineVersionArn=first)
        self.assertEqual(self.sfn.list_tags_for_resource(resourceArn=arn)["tags"], [{"key": "by", "value": "boto3"}])

    def test_activity_and_token(self):
        activity = self.sfn.create_activity(name="s-activity")["activityArn"]
        self.activities.append(activity)
        arn = self.create("s-activity", machine_of(A={
            "Type": "Task", "Resource": activity, "HeartbeatSeconds": 3600, "End": True,
            "Retry": [{"ErrorEquals": ["Again"], "IntervalSeconds": 1, "MaxAttempts": 1}]}))["stateMachineArn"]
        started = self.sfn.start_execution(stateMachineArn=arn, name="one", input='{"empty":[]}')
        self.assertEqual(self.sfn.start_execution(stateMachineArn=arn, name="one", input='{"empty":[]}')["executionArn"],
                         started["executionArn"])
        first = self.sfn.get_activity_task(activityArn=activity, workerName="boto3")
        self.assertEqual(first["input"], '{"empty":[]}')
        self.sfn.send_task_heartbeat(taskToken=first["taskToken"])
        self.sfn.send_task_failure(taskToken=first["taskToken"], error="Again", cause="not yet")
        second = self.sfn.get_activity_task(activityArn=activity, workerName="boto3")
        self.sfn.send_task_success(taskToken=second["taskToken"], output='{"answered":true}')
        done = self.ended(started["executionArn"])
        self.assertEqual((done["status"], done["output"]), ("SUCCEEDED", '{"answered":true}'))
        with self.assertRaises(self.sfn.exceptions.TaskTimedOut):
            self.sfn.send_task_success(taskToken=second["taskToken"], output="{}")
        with self.assertRaises(self.sfn.exceptions.ExecutionAlreadyExists):
            self.sfn.start_execution(stateMachineArn=arn, name="one", input='{"other":1}')
        self.assertEqual(self.types(started["executionArn"], PaginationConfig={"PageSize": 3}), [
            "ExecutionStarted", "TaskStateEntered", "ActivityScheduled", "ActivityStarted", "ActivityFailed",
            "ActivityScheduled", "ActivityStarted", "ActivitySucceeded", "TaskStateExited", "ExecutionSucceeded"])
        self.assertEqual(self.types(started["executionArn"], reverseOrder=True)[0], "ExecutionSucceeded")

    def test_map_redrive_and_nested(self):
        activity = self.sfn.create_activity(name="s-redrive")["activityArn"]
        self.activities.append(activity)
        inner = {"StartAt": "W", "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                 "States": {"W": {"Type": "Task", "Resource": activity, "End": True}}}
        arn = self.create("s-map", machine_of(
            M={"Type": "Map", "Label": "lot", "MaxConcurrency": 1, "ItemProcessor": inner, "End": True,
               "ItemBatcher": {"MaxItemsPerBatch": 2}}))["stateMachineArn"]
        execution = self.sfn.start_execution(stateMachineArn=arn, input="[1,2,3]")["executionArn"]
        self.sfn.send_task_success(taskToken=self.sfn.get_activity_task(activityArn=activity)["taskToken"], output='"a"')
        self.sfn.send_task_failure(taskToken=self.sfn.get_activity_task(activityArn=activity)["taskToken"], error="Bad")
        failed = self.ended(execution)
        self.assertEqual((failed["error"], failed["redriveStatus"]),
                         ("States.ExceedToleratedFailureThreshold", "REDRIVABLE"))
        run = self.sfn.list_map_runs(executionArn=execution)["mapRuns"][0]["mapRunArn"]
        counts = self.sfn.describe_map_run(mapRunArn=run)
        self.assertEqual((counts["itemCounts"]["succeeded"], counts["itemCounts"]["failed"],
                          counts["executionCounts"]["total"]), (2, 1, 2))
        self.sfn.redrive_execution(executionArn=execution)
        again = self.sfn.get_activity_task(activityArn=activity)
        self.assertEqual(again["input"], '{"Items":[3]}')
        self.sfn.send_task_success(taskToken=again["taskToken"], output='"b"')
        done = self.ended(execution)
        self.assertEqual((done["output"], done["redriveCount"]), ('["a","b"]', 1))
        children = self.sfn.list_executions(mapRunArn=run)["executions"]
        self.assertEqual(sorted(child["redriveCount"] for child in children), [0, 1])
        with self.assertRaises(self.sfn.exceptions.ExecutionNotRedrivable):
            self.sfn.redrive_execution(executionArn=execution)

    def test_nested_execution_and_services(self):
        child = self.create("s-child", machine_of(
            P={"Type": "Parallel", "Branches": [json.loads(machine_of(X={"Type": "Wait", "Seconds": 60, "End": True})),
                                               json.loads(machine_of(Y={"Type": "Pass", "Result": 2, "End": True}))],
               "End": True}))["stateMachineArn"]
        parent = self.create("s-parent", machine_of(
            S={"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2",
               "Parameters": {"StateMachineArn": child, "Input.$": "$"}, "ResultSelector": {"out.$": "$.Output"},
               "Assign": {"kept.$": "$.out"}, "Next": "D"},
            D={"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:describeStateMachine", "Next": "E",
               "Parameters": {"StateMachineArn": child}, "ResultSelector": {"name.$": "$.Name", "kept.$": "$kept"}},
            E={"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "Parameters": {
                "TableName": "no-such-table", "Key": {"id": {"S": "x"}}}, "End": True,
               "Catch": [{"ErrorEquals": ["DynamoDB.ResourceNotFoundException"], "ResultPath": "$.error", "Next": "F"}]},
            F={"Type": "Choice", "Choices": [{"Variable": "$.error.Error", "StringMatches": "DynamoDB.*", "Next": "G"}],
               "Default": "H"},
            G={"Type": "Pass", "Parameters": {"text.$": "States.Format('{} {}', $.name, $.kept[1])"}, "End": True},
            H={"Type": "Fail", "Error": "Lost"}))["stateMachineArn"]
        done = self.run_to_end(parent, {"n": 1})
        self.assertEqual((done["status"], done.get("output")), ("SUCCEEDED", '{"text":"s-child 2"}'))

    def test_stop_express_and_checks(self):
        waiting = machine_of(W={"Type": "Wait", "Seconds": 99999999, "End": True})
        arn = self.create("s-stop", waiting)["stateMachineArn"]
        execution = self.sfn.start_execution(stateMachineArn=arn)["executionArn"]
        self.sfn.stop_execution(executionArn=execution, error="Enough", cause="by hand")
        self.assertEqual(self.ended(execution)["status"], "ABORTED")
        self.assertEqual(len(self.sfn.list_executions(stateMachineArn=arn, statusFilter="ABORTED")["executions"]), 1)

        express = self.create("s-express", machine_of(A={"Type": "Pass", "End": True}), type="EXPRESS")["stateMachineArn"]
        answer = self.sfn.start_sync_execution(stateMachineArn=express, input='{"a":1}')
        self.assertEqual((answer["status"], answer["output"]), ("SUCCEEDED", '{"a":1}'))
        with self.assertRaises(self.sfn.exceptions.StateMachineTypeNotSupported):
            self.sfn.start_sync_execution(stateMachineArn=arn)

        verdict = self.sfn.validate_state_machine_definition(definition=machine_of(A={"Type": "Pass", "Next": "B"}))
        self.assertEqual((verdict["result"], verdict["diagnostics"][0]["code"]), ("FAIL", "MISSING_TRANSITION_TARGET"))
        with self.assertRaises(self.sfn.exceptions.InvalidDefinition):
            self.create("s-bad", '{"StartAt":"A"}')
        tested = self.sfn.test_state(definition=json.dumps({
            "Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "End": True, "Parameters": {}}),
            inspectionLevel="TRACE", mock={"errorOutput": {"error": "E", "cause": "C"}})
        self.assertEqual((tested["status"], tested["error"], tested["inspectionData"]["input"]), ("FAILED", "E", "{}"))


if __name__ == "__main__":
    if not hasattr(client(), "validate_state_machine_definition"):
        print("skipped: boto3 %s knows no versions, redrive or TestState; one from a package index would" % boto3.__version__)
        sys.exit()
    unittest.main(verbosity=1, warnings="ignore")
