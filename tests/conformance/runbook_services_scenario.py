"""boto3 on the services that runbooks use: SSM, SNS, CloudWatch, EventBridge. Expects run.sh's environment."""
import datetime
import json
import os
import time
import unittest
import urllib.request

from botocore.exceptions import ClientError

from boto3_scenario import client, wait_for


def unique(name):
    return "%s-%d" % (name, time.monotonic_ns())


def messages(topic):
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + "/_drsh/messages?topic=" + topic,
                                     headers={"x-drsh-control": "1"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["messages"]


def code_of(call, **parameters):
    try:
        call(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


class Ssm(unittest.TestCase):
    def setUp(self):
        self.ssm = client("ssm")
        instances = client("ec2").describe_instances(Filters=[{"Name": "tag:Role", "Values": ["bastion"]}])
        self.instance = instances["Reservations"][0]["Instances"][0]["InstanceId"]

    def test_automation(self):
        execution = self.ssm.start_automation_execution(DocumentName="AWS-RestartEC2Instance",
                                                        Parameters={"InstanceId": [self.instance]})["AutomationExecutionId"]

        def ended():
            found = self.ssm.get_automation_execution(AutomationExecutionId=execution)["AutomationExecution"]
            return found if "ExecutionEndTime" in found else None

        found = wait_for(ended)
        self.assertEqual(found["AutomationExecutionStatus"], "Success")
        self.assertEqual([(step["StepName"], step["StepStatus"]) for step in found["StepExecutions"]],
                         [("stopInstances", "Success"), ("startInstances", "Success")])
        self.assertIsInstance(found["ExecutionStartTime"], datetime.datetime)
        listed = self.ssm.describe_automation_executions(Filters=[{"Key": "ExecutionId", "Values": [execution]}])
        self.assertEqual(len(listed["AutomationExecutionMetadataList"]), 1)
        with self.assertRaises(self.ssm.exceptions.AutomationDefinitionNotFoundException):
            self.ssm.start_automation_execution(DocumentName="AWS-Nothing")
        self.assertEqual(code_of(self.ssm.stop_automation_execution, AutomationExecutionId=execution),
                         "InvalidAutomationStatusUpdateException")

    def test_own_document(self):
        name = unique("conformance")
        content = {"schemaVersion": "0.3", "mainSteps": [
            {"name": "gate", "action": "aws:approve", "inputs": {"Approvers": ["arn:aws:iam::123456789012:root"]}},
            {"name": "look", "action": "aws:executeAwsApi", "inputs": {"Service": "ec2", "Api": "DescribeInstances",
                                                                       "InstanceIds": [self.instance]},
             "outputs": [{"Name": "Id", "Selector": "$.Reservations[0].Instances[0].InstanceId", "Type": "String"}]}]}
        self.ssm.create_document(Name=name, DocumentType="Automation", Content=json.dumps(content))
        execution = self.ssm.start_automation_execution(DocumentName=name)["AutomationExecutionId"]

        def found():
            return self.ssm.get_automation_execution(AutomationExecutionId=execution)["AutomationExecution"]

        wait_for(lambda: found()["AutomationExecutionStatus"] == "Waiting")
        self.ssm.send_automation_signal(AutomationExecutionId=execution, SignalType="Approve")
        wait_for(lambda: found()["AutomationExecutionStatus"] == "Success")
        self.assertEqual(found()["Outputs"]["look.Id"], [self.instance])
        self.ssm.delete_document(Name=name)

    def test_command(self):
        wait_for(lambda: self.ssm.describe_instance_information(
            Filters=[{"Key": "InstanceIds", "Values": [self.instance]}])["InstanceInformationList"])
        command = self.ssm.send_command(DocumentName="AWS-RunShellScript", InstanceIds=[self.instance],
                                        Parameters={"commands": ["uptime"]})["Command"]["CommandId"]
        self.ssm.get_waiter("command_executed").wait(CommandId=command, InstanceId=self.instance, WaiterConfig={"Delay": 1})
        invocation = self.ssm.get_command_invocation(CommandId=command, InstanceId=self.instance)
        self.assertEqual((invocation["Status"], invocation["ResponseCode"]), ("Success", 0))

    def test_parameters(self):
        path = "/" + unique("conformance")
        for n in range(12):
            self.ssm.put_parameter(Name="%s/p%02d" % (path, n), Value="v%d" % n, Type="String")
        pages = self.ssm.get_paginator("get_parameters_by_path").paginate(Path=path, PaginationConfig={"PageSize": 5})
        self.assertEqual([len(page["Parameters"]) for page in pages], [5, 5, 2])
        self.assertEqual(self.ssm.put_parameter(Name=path + "/p00", Value="new", Overwrite=True)["Version"], 2)
        self.assertEqual(self.ssm.get_parameter(Name=path + "/p00:1")["Parameter"]["Value"], "v0")
        with self.assertRaises(self.ssm.exceptions.ParameterNotFound):
            self.ssm.get_parameter(Name=path + "/none")
        with self.assertRaises(self.ssm.exceptions.ParameterAlreadyExists):
            self.ssm.put_parameter(Name=path + "/p00", Value="x", Type="String")


class Sns(unittest.TestCase):
    def test_topic(self):
        sns = client("sns")
        topic = sns.create_topic(Name=unique("conformance"), Attributes={"DisplayName": "a & b"},
                                 Tags=[{"Key": "by", "Value": "boto3"}])["TopicArn"]
        self.assertEqual(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["DisplayName"], "a & b")
        self.assertEqual(sns.list_tags_for_resource(ResourceArn=topic)["Tags"], [{"Key": "by", "Value": "boto3"}])
        arn = sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint="+15550100", ReturnSubscriptionArn=True,
                            Attributes={"FilterPolicy": '{"kind": ["drill"]}'})["SubscriptionArn"]
        listed = [s["SubscriptionArn"] for page in sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
                  for s in page["Subscriptions"]]
        self.assertEqual(listed, [arn])
        sent = sns.publish(TopicArn=topic, Subject="Drill", Message="done <&>", MessageAttributes={
            "kind": {"DataType": "String", "StringValue": "drill"}, "raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}})
        kept = messages(topic)
        self.assertEqual((kept[0]["messageId"], kept[0]["message"], kept[0]["delivered"][0]["endpoint"]),
                         (sent["MessageId"], "done <&>", "+15550100"))
        batch = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[
            {"Id": "1", "Message": "one"}, {"Id": "2", "Message": "two", "Subject": "a\nb"}])
        self.assertEqual(([e["Id"] for e in batch["Successful"]], [e["Id"] for e in batch["Failed"]]), (["1"], ["2"]))
        sns.unsubscribe(SubscriptionArn=arn)
        sns.delete_topic(TopicArn=topic)
        with self.assertRaises(sns.exceptions.NotFoundException) as caught:
            sns.publish(TopicArn=topic, Message="x")
        self.assertEqual(caught.exception.response["Error"], {"Type": "Sender", "Code": "NotFound", "Message": "Topic does not exist"})


class CloudWatch(unittest.TestCase):
    def test_metric_and_alarm(self):
        cloudwatch, name = client("cloudwatch"), unique("Lag")
        now = cloudwatch_now()
        cloudwatch.put_metric_data(Namespace="Recovery", MetricData=[
            {"MetricName": name, "Timestamp": now - datetime.timedelta(seconds=180), "Value": value,
             "Dimensions": [{"Name": "Server", "Value": "a"}]} for value in (1.5, 2.5)])
        dimensions = [{"Name": "Server", "Value": "a"}]
        data = cloudwatch.get_metric_data(StartTime=now - datetime.timedelta(seconds=600), EndTime=now, MetricDataQueries=[
            {"Id": "lag", "MetricStat": {"Metric": {"Namespace": "Recovery", "MetricName": name, "Dimensions": dimensions},
                                         "Period": 60, "Stat": "Sum"}}])["MetricDataResults"][0]
        self.assertEqual(sum(data["Values"]), 4.0)
        points = cloudwatch.get_metric_statistics(Namespace="Recovery", MetricName=name, Dimensions=dimensions, Period=60,
                                                  StartTime=now - datetime.timedelta(seconds=600), EndTime=now,
                                                  Statistics=["Maximum"])["Datapoints"]
        self.assertEqual(max(point["Maximum"] for point in points), 2.5)
        self.assertEqual(cloudwatch.list_metrics(MetricName=name)["Metrics"][0]["Dimensions"], dimensions)
        cloudwatch.put_metric_alarm(AlarmName=name, Namespace="Recovery", MetricName=name, Dimensions=dimensions, Period=60,
                                    Statistic="Maximum", EvaluationPeriods=1, Threshold=2,
                                    ComparisonOperator="GreaterThanThreshold", TreatMissingData="ignore")
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="conformance")
        alarm = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
        self.assertEqual((alarm["StateValue"], alarm["StateReason"], alarm["Threshold"]), ("ALARM", "conformance", 2.0))
        history = cloudwatch.describe_alarm_history(AlarmName=name, HistoryItemType="StateUpdate")["AlarmHistoryItems"]
        self.assertEqual(history[0]["HistorySummary"], "Alarm updated from INSUFFICIENT_DATA to ALARM")
        cloudwatch.delete_alarms(AlarmNames=[name])
        self.assertEqual(code_of(cloudwatch.set_alarm_state, AlarmName=name, StateValue="OK", StateReason="x"), "ResourceNotFound")
        self.assertEqual(code_of(cloudwatch.put_metric_data, Namespace="AWS/EC2",
                                 MetricData=[{"MetricName": "a", "Value": 1}]), "InvalidParameterValue")


def cloudwatch_now():
    """The local AWS's own time, which runs faster than ours."""
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + "/_drsh/clock", headers={"x-drsh-control": "1"})
    with urllib.request.urlopen(request) as answer:
        return datetime.datetime.fromtimestamp(json.load(answer)["now"], datetime.timezone.utc)


class Events(unittest.TestCase):
    def test_rule(self):
        events, sns, name = client("events"), client("sns"), unique("conformance")
        topic = sns.create_topic(Name=name)["TopicArn"]
        events.put_rule(Name=name, EventPattern=json.dumps({"source": [name], "detail": {"wave": [{"numeric": [">", 1]}]}}))
        events.put_targets(Rule=name, Targets=[{"Id": "topic", "Arn": topic, "InputPath": "$.detail"}])
        put = events.put_events(Entries=[{"Source": name, "DetailType": "Wave", "Detail": json.dumps({"wave": wave})}
                                         for wave in (1, 2)] + [{"Source": "aws.drs", "DetailType": "x", "Detail": "{}"}])
        self.assertEqual(put["FailedEntryCount"], 1)
        self.assertEqual([message["message"] for message in messages(topic)], ['{"wave":2}'])
        self.assertEqual([rule["Name"] for rule in events.list_rules(NamePrefix=name)["Rules"]], [name])
        self.assertEqual(events.list_rule_names_by_target(TargetArn=topic)["RuleNames"], [name])
        self.assertEqual(code_of(events.put_rule, Name=name, EventPattern="{"), "InvalidEventPatternException")
        self.assertEqual(code_of(events.delete_rule, Name=name), "ValidationException")
        events.remove_targets(Rule=name, Ids=["topic"])
        events.delete_rule(Name=name)
        with self.assertRaises(events.exceptions.ResourceNotFoundException):
            events.describe_rule(Name=name)


if __name__ == "__main__":
    unittest.main(verbosity=1, warnings="ignore")
