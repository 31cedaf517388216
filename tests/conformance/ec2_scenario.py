"""boto3 on EC2: what runbooks do after a recovery. Expects run.sh's environment."""
import os
import unittest

import boto3
from botocore.exceptions import ClientError

from boto3_scenario import client, wait_for

IMAGE = "ami-0c101f26f147fa7fd"
QUICK = {"Delay": 1, "MaxAttempts": 60}


def code_of(call, **parameters):
    try:
        call(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


class Ec2(unittest.TestCase):
    def setUp(self):
        self.ec2 = client("ec2")

    def launch(self, count=1, **more):
        found = self.ec2.run_instances(ImageId=IMAGE, MinCount=count, MaxCount=count, **more)["Instances"]
        ids = [instance["InstanceId"] for instance in found]
        self.ec2.get_waiter("instance_running").wait(InstanceIds=ids, WaiterConfig=QUICK)
        self.addCleanup(self.ec2.terminate_instances, InstanceIds=ids)
        return ids

    def instance(self, instance_id):
        return self.ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]

    def test_a_network_by_resources(self):
        ec2 = boto3.resource("ec2", endpoint_url=os.environ["AWS_ENDPOINT_URL"], region_name="us-east-1")
        vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")
        vpc.modify_attribute(EnableDnsHostnames={"Value": True})
        self.assertTrue(vpc.describe_attribute(Attribute="enableDnsHostnames")["EnableDnsHostnames"]["Value"])
        subnet = vpc.create_subnet(CidrBlock="10.7.1.0/24")
        table = vpc.create_route_table()
        table.associate_with_subnet(SubnetId=subnet.id)
        group = vpc.create_security_group(GroupName="boto3", Description="a scenario")
        group.authorize_ingress(IpPermissions=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [{"GroupId": group.id}]}])
        group.reload()
        self.assertEqual(group.ip_permissions[0]["UserIdGroupPairs"], [{"GroupId": group.id, "UserId": "123456789012"}])
        [machine] = subnet.create_instances(ImageId=IMAGE, MinCount=1, MaxCount=1, SecurityGroupIds=[group.id], PrivateIpAddress="10.7.1.99")
        machine.wait_until_running()
        self.assertEqual((machine.private_ip_address, machine.vpc_id, [g["GroupId"] for g in machine.security_groups]),
                         ("10.7.1.99", vpc.id, [group.id]))
        self.assertEqual(code_of(subnet.delete), "DependencyViolation")
        machine.terminate()
        machine.wait_until_terminated()
        for thing in [*table.associations, table, subnet, group, vpc]:
            thing.delete()

    def test_a_disk_and_its_copy(self):
        [machine] = self.launch()
        volume = self.instance(machine)["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
        taken = self.ec2.create_snapshots(InstanceSpecification={"InstanceId": machine}, Description="boto3")["Snapshots"]
        self.assertEqual([one["VolumeId"] for one in taken], [volume])
        snapshot = taken[0]["SnapshotId"]
        self.ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[snapshot], WaiterConfig=QUICK)
        there = client("ec2", region="eu-west-1")
        copy = there.copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=snapshot)["SnapshotId"]
        there.get_waiter("snapshot_completed").wait(SnapshotIds=[copy], WaiterConfig=QUICK)
        grown = self.ec2.modify_volume(VolumeId=volume, Size=100)["VolumeModification"]
        self.assertEqual((grown["OriginalSize"], grown["TargetSize"]), (8, 100))
        image = self.ec2.create_image(InstanceId=machine, Name="boto3-" + machine)["ImageId"]
        self.ec2.get_waiter("image_available").wait(ImageIds=[image], WaiterConfig=QUICK)
        self.assertEqual(code_of(self.ec2.delete_snapshot, SnapshotId=self.ec2.describe_images(
            ImageIds=[image])["Images"][0]["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]), "InvalidSnapshot.InUse")
        self.ec2.deregister_image(ImageId=image)
        self.assertEqual(code_of(self.ec2.describe_images, ImageIds=[image]), "InvalidAMIID.NotFound")

    def test_an_interface_moves(self):
        first, second = self.launch(2)
        subnet = self.instance(first)["SubnetId"]
        interface = self.ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
        attached = self.ec2.attach_network_interface(NetworkInterfaceId=interface, InstanceId=first, DeviceIndex=1)["AttachmentId"]
        self.assertEqual(code_of(self.ec2.delete_network_interface, NetworkInterfaceId=interface), "InvalidParameterValue")
        self.ec2.detach_network_interface(AttachmentId=attached)
        self.ec2.attach_network_interface(NetworkInterfaceId=interface, InstanceId=second, DeviceIndex=1)
        shown = [one["NetworkInterfaceId"] for one in self.instance(second)["NetworkInterfaces"]]
        self.assertEqual((len(shown), shown[1]), (2, interface))

    def test_attributes(self):
        [machine] = self.launch()
        self.assertEqual(code_of(self.ec2.modify_instance_attribute, InstanceId=machine, InstanceType={"Value": "m6i.large"}),
                         "IncorrectInstanceState")
        self.ec2.stop_instances(InstanceIds=[machine])
        self.ec2.get_waiter("instance_stopped").wait(InstanceIds=[machine], WaiterConfig=QUICK)
        self.ec2.modify_instance_attribute(InstanceId=machine, InstanceType={"Value": "m6i.large"})
        self.ec2.modify_instance_attribute(InstanceId=machine, UserData={"Value": b"#!/bin/sh"})
        self.assertEqual(self.instance(machine)["InstanceType"], "m6i.large")
        self.assertEqual(self.ec2.describe_instance_attribute(InstanceId=machine, Attribute="userData")["UserData"]["Value"], "IyEvYmluL3No")
        self.ec2.start_instances(InstanceIds=[machine])
        wait_for(lambda: "login:" in self.ec2.get_console_output(InstanceId=machine)["Output"])
        types = self.ec2.describe_instance_types(InstanceTypes=["m6i.large"])["InstanceTypes"][0]
        self.assertEqual((types["VCpuInfo"]["DefaultVCpus"], types["MemoryInfo"]["SizeInMiB"]), (2, 8192))

    def test_launch_templates(self):
        made = self.ec2.create_launch_template(LaunchTemplateName="boto3", LaunchTemplateData={"ImageId": IMAGE, "InstanceType": "t3.micro"})
        template = made["LaunchTemplate"]["LaunchTemplateId"]
        self.addCleanup(self.ec2.delete_launch_template, LaunchTemplateId=template)
        self.ec2.create_launch_template_version(LaunchTemplateId=template, SourceVersion="1", LaunchTemplateData={"InstanceType": "t3.large"})
        self.ec2.modify_launch_template(LaunchTemplateId=template, DefaultVersion="2")
        launched = self.ec2.run_instances(LaunchTemplate={"LaunchTemplateName": "boto3"}, MinCount=1, MaxCount=1)["Instances"][0]
        self.addCleanup(self.ec2.terminate_instances, InstanceIds=[launched["InstanceId"]])
        self.assertEqual((launched["InstanceType"], {tag["Key"]: tag["Value"] for tag in launched["Tags"]}),
                         ("t3.large", {"aws:ec2launchtemplate:id": template, "aws:ec2launchtemplate:version": "2"}))
        gone = self.ec2.delete_launch_template_versions(LaunchTemplateId=template, Versions=["1", "2"])
        self.assertEqual([len(gone[name]) for name in ("SuccessfullyDeletedLaunchTemplateVersions",
                                                       "UnsuccessfullyDeletedLaunchTemplateVersions")], [1, 1])

    def test_pages_and_filters(self):
        self.launch(6, TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "scenario", "Value": "pages"}]}])
        wanted = [{"Name": "tag:scenario", "Values": ["pag*"]}, {"Name": "instance-state-name", "Values": ["running"]}]
        pages = list(self.ec2.get_paginator("describe_instances").paginate(Filters=wanted, PaginationConfig={"PageSize": 5}))
        ids = [i["InstanceId"] for page in pages for r in page["Reservations"] for i in r["Instances"]]
        self.assertEqual((len(pages), len(ids), len(set(ids))), (2, 6, 6))
        self.assertEqual(code_of(self.ec2.describe_instances, Filters=[{"Name": "nonsense", "Values": ["x"]}]), "InvalidParameterValue")
        self.assertEqual(code_of(self.ec2.run_instances, ImageId=IMAGE, MinCount=1, MaxCount=1, DryRun=True), "DryRunOperation")
        self.assertEqual(code_of(self.ec2.describe_hosts), "InvalidAction")


if __name__ == "__main__":
    unittest.main(verbosity=1, warnings="ignore")
