"""DRS's recovery plans, driven by the newest botocore: whose clients boto3's are. Expects run.sh's environment.

A plan of three steps as a drill: a critical server fails and is retried; another run has its failed step skipped and is
cancelled. Older releases than 1.44 do not know the operations; then this says so and is skipped.
"""
import os
import time
import unittest

import botocore
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

BEHAVIOUR = "drsh:behaviour"  # how the local AWS lets a server's launches go


def client(service):
    return botocore.session.get_session().create_client(
        service, endpoint_url=os.environ["AWS_ENDPOINT_URL"], region_name="us-east-1",
        config=Config(retries={"mode": "standard", "max_attempts": 2}))


DRS = client("drs")


def pages(operation, key, **parameters):
    return [item for page in DRS.get_paginator(operation).paginate(PaginationConfig={"PageSize": 2}, **parameters)
            for item in page[key]]


class RecoveryPlans(unittest.TestCase):
    def setUp(self):
        servers = DRS.describe_source_servers(maxResults=200)["items"]
        fit = [server for server in servers if server["dataReplicationInfo"]["dataReplicationState"] == "CONTINUOUS"]
        self.database, self.application, self.reports = fit[-3:]
        for server in self.database, self.application, self.reports:
            self.behave(server, "slow=0.05")
        self.plan = DRS.create_recovery_plan(name="botocore", description="three steps", tags={"by": "botocore"})[
            "recoveryPlan"]["recoveryPlanArn"]
        for name, configuration in (
                ("Database tier", self.servers(self.database)),
                ("Wait for the database", {"waitStepConfiguration": {"waitDurationMinutes": 1}}),
                ("Application tier", self.servers(self.application, self.reports))):
            DRS.create_recovery_plan_step(recoveryPlanArn=self.plan, stepName=name, configuration=configuration)

    def tearDown(self):
        for execution in pages("list_recovery_plan_executions", "recoveryPlanExecutions", recoveryPlanArn=self.plan):
            DRS.delete_recovery_plan_execution(recoveryPlanExecutionArn=execution["recoveryPlanExecutionArn"])
        DRS.delete_recovery_plan(recoveryPlanArn=self.plan)
        for server in self.database, self.application, self.reports:
            DRS.untag_resource(resourceArn=server["arn"], tagKeys=[BEHAVIOUR])
        instances = [item["recoveryInstanceID"] for item in self.instances()]
        if instances:
            job = DRS.terminate_recovery_instances(recoveryInstanceIDs=instances)["job"]["jobID"]
            self.wait(lambda: DRS.describe_jobs(filters={"jobIDs": [job]})["items"][0]["status"] == "COMPLETED", job)

    def servers(self, critical, optional=None):
        listed = [{"serverArn": critical["arn"]}]
        if optional:
            listed.append({"serverArn": optional["arn"], "impactLevel": "OPTIONAL"})
        return {"serverStepConfiguration": {"servers": listed}}

    def behave(self, server, text):
        DRS.tag_resource(resourceArn=server["arn"], tags={BEHAVIOUR: text})

    def instances(self):
        wanted = [server["sourceServerID"] for server in (self.database, self.application, self.reports)]
        return DRS.describe_recovery_instances(filters={"sourceServerIDs": wanted})["items"]

    def start(self, **parameters):
        started = DRS.start_recovery_plan_execution(recoveryPlanArn=self.plan, mode="DRILL", **parameters)
        return started["recoveryPlanExecution"]["recoveryPlanExecutionArn"]

    def state(self, run):
        steps = pages("list_recovery_plan_execution_steps", "recoveryPlanExecutionSteps", recoveryPlanExecutionArn=run)
        execution = DRS.get_recovery_plan_execution(recoveryPlanExecutionArn=run)["recoveryPlanExecution"]
        return execution["status"], [step["status"] for step in steps]

    def step(self, run, position):
        steps = DRS.list_recovery_plan_execution_steps(recoveryPlanExecutionArn=run)["recoveryPlanExecutionSteps"]
        return DRS.get_recovery_plan_execution_step(
            recoveryPlanExecutionStepArn=steps[position - 1]["recoveryPlanExecutionStepArn"])["recoveryPlanExecutionStep"]

    def wait(self, is_done, what):
        end = time.monotonic() + 60
        while not is_done():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.05)

    def wait_for(self, run, *wanted):
        self.wait(lambda: self.state(run)[0] in wanted, run)
        return self.state(run)

    def refused(self, code, operation, **parameters):
        with self.assertRaises(ClientError) as caught:
            operation(**parameters)
        self.assertEqual(caught.exception.response["Error"]["Code"], code)
        return caught.exception.response

    def test_failure_and_retry(self):
        self.behave(self.application, "launch=FAILED,slow=0.05")
        run = self.start(tags={"Ticket": "7"}, clientToken="botocore-1")
        self.assertEqual(self.start(tags={"Ticket": "7"}, clientToken="botocore-1"), run)
        active = self.refused("ConflictException", DRS.start_recovery_plan_execution, recoveryPlanArn=self.plan, mode="DRILL")
        self.assertIn("Another execution is already active for plan", active["Error"]["Message"])
        self.assertEqual((active["resourceId"], active["resourceType"]), (run, "RecoveryPlanExecution"))
        self.refused("ConflictException", DRS.delete_recovery_plan, recoveryPlanArn=self.plan)
        self.assertEqual(self.wait_for(run, "FAILED"), ("FAILED", ["COMPLETED", "COMPLETED", "FAILED"]))
        failed = self.step(run, 3)
        self.assertIn(self.application["sourceServerID"], failed["errorDetail"]["message"])
        self.assertEqual(failed["attempt"], 1)

        self.behave(self.application, "slow=0.05")
        retried = DRS.retry_recovery_plan_execution_step(recoveryPlanExecutionStepArn=failed["recoveryPlanExecutionStepArn"])[
            "recoveryPlanExecutionStep"]
        self.assertEqual((retried["status"], retried["attempt"]), ("EXECUTING", 2))
        self.assertEqual(self.wait_for(run, "COMPLETED", "FAILED"), ("COMPLETED", ["COMPLETED"] * 3))
        jobs = {server["serverArn"]: server["jobID"] for step in (1, 3) for server in
                self.step(run, step)["configuration"]["executionServerStepConfiguration"]["servers"]}
        self.assertEqual(len(set(jobs.values())), 3)  # the database's, the application's second, the reports' first
        instances = self.instances()
        self.assertEqual({item["sourceServerID"]: (item["jobID"], item["isDrill"]) for item in instances},
                         {arn.split("/")[-1]: (job, True) for arn, job in jobs.items()})
        self.assertEqual(DRS.list_tags_for_resource(resourceArn=run)["tags"], {"Ticket": "7"})

    def test_skip_and_cancel(self):
        self.behave(self.database, "launch=FAILED,slow=0.05")
        run = self.start()
        self.assertEqual(self.wait_for(run, "FAILED"), ("FAILED", ["FAILED", "NOT_STARTED", "NOT_STARTED"]))
        last = self.step(run, 3)["recoveryPlanExecutionStepArn"]
        DRS.update_recovery_plan_execution_step(
            recoveryPlanExecutionStepArn=self.step(run, 2)["recoveryPlanExecutionStepArn"], waitDurationMinutes=2)
        DRS.update_recovery_plan_execution_step(
            recoveryPlanExecutionStepArn=self.step(run, 1)["recoveryPlanExecutionStepArn"], status="SKIPPED")
        self.assertEqual(self.state(run), ("IN_PROGRESS", ["SKIPPED", "WAITING", "NOT_STARTED"]))
        cancelled = DRS.cancel_recovery_plan_execution(recoveryPlanExecutionArn=run)["recoveryPlanExecution"]
        self.assertEqual(cancelled["status"], "CANCELLING")
        self.assertEqual(self.wait_for(run, "CANCELLED"), ("CANCELLED", ["SKIPPED", "COMPLETED", "SKIPPED"]))
        self.refused("ConflictException", DRS.update_recovery_plan_execution_step, recoveryPlanExecutionStepArn=last,
                     status="SKIPPED")
        listed = pages("list_recovery_plan_executions", "recoveryPlanExecutions", recoveryPlanArn=self.plan, status="CANCELLED")
        self.assertEqual([item["recoveryPlanExecutionArn"] for item in listed], [run])
        self.assertEqual(self.instances(), [])

    def test_steps(self):
        steps = pages("list_recovery_plan_steps", "recoveryPlanSteps", recoveryPlanArn=self.plan)
        arns = [step["recoveryPlanStepArn"] for step in steps]
        self.assertEqual([step["stepOrder"] for step in steps], [1, 2, 3])
        ordered = DRS.reorder_recovery_plan_steps(recoveryPlanArn=self.plan, orderedStepArns=[arns[2], arns[1], arns[0]])
        self.assertEqual([step["stepName"] for step in ordered["recoveryPlanSteps"]],
                         ["Application tier", "Wait for the database", "Database tier"])
        self.refused("ValidationException", DRS.reorder_recovery_plan_steps, recoveryPlanArn=self.plan,
                     orderedStepArns=[arns[1], arns[0], arns[2]])
        DRS.update_recovery_plan_step(recoveryPlanStepArn=arns[1], stepName="Wait", configuration={
            "waitStepConfiguration": {"waitDurationMinutes": 120}})
        DRS.delete_recovery_plan_step(recoveryPlanStepArn=arns[0])
        self.assertEqual(DRS.get_recovery_plan_step(recoveryPlanStepArn=arns[1])["recoveryPlanStep"]["stepName"], "Wait")
        DRS.delete_recovery_plan_step(recoveryPlanStepArn=arns[2])
        plan = DRS.update_recovery_plan(recoveryPlanArn=self.plan, description="no server left")["recoveryPlan"]
        self.assertEqual((plan["status"], plan["description"]), ("INVALID", "no server left"))
        self.refused("ConflictException", DRS.start_recovery_plan_execution, recoveryPlanArn=self.plan, mode="DRILL")
        self.refused("ResourceNotFoundException", DRS.get_recovery_plan_step, recoveryPlanStepArn=arns[0])
        self.assertEqual(DRS.get_recovery_plan(recoveryPlanArn=self.plan)["recoveryPlan"]["tags"], {"by": "botocore"})


if __name__ == "__main__":
    if not hasattr(DRS, "create_recovery_plan"):
        print("skipped: botocore %s does not know DRS's recovery plans" % botocore.__version__)
    else:
        unittest.main(verbosity=1, warnings="ignore")
