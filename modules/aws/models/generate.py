#!/usr/bin/env python3
"""Writes the API models that are built into drsh, from the models that botocore publishes.

    python3 modules/aws/models/generate.py BOTOCORE_DATA [OUTPUT_FOLDER]

BOTOCORE_DATA is the `data` folder of an unpacked botocore. One file a service is written: facts only (operations, HTTP binding,
shapes with their limits, errors, paginators, waiters), no prose. One line a shape, so that a new model shows up as a readable diff.
"""

import gzip
import json
import os
import sys

# Our name of the service (as in AWS_ENDPOINT_URL_<NAME>) -> botocore's folder, and the operations to keep (None: all).
SERVICES = {
    "drs": ("drs", None),
    "sfn": ("stepfunctions", None),
    "dynamodb": ("dynamodb", None),
    "sts": ("sts", None),
    "ec2": ("ec2", """
        DescribeInstances DescribeInstanceStatus DescribeInstanceAttribute DescribeInstanceTypes
        RunInstances StartInstances StopInstances RebootInstances TerminateInstances ModifyInstanceAttribute
        GetConsoleOutput GetPasswordData MonitorInstances UnmonitorInstances ModifyInstanceMetadataOptions
        DescribeIamInstanceProfileAssociations AssociateIamInstanceProfile DisassociateIamInstanceProfile
        CreateTags DeleteTags DescribeTags
        CreateLaunchTemplate CreateLaunchTemplateVersion DescribeLaunchTemplates DescribeLaunchTemplateVersions
        ModifyLaunchTemplate DeleteLaunchTemplate DeleteLaunchTemplateVersions
        DescribeImages DescribeRegions DescribeAvailabilityZones DescribeVpcs DescribeSubnets
        DescribeSecurityGroups DescribeSecurityGroupRules AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress
        RevokeSecurityGroupIngress RevokeSecurityGroupEgress CreateSecurityGroup DeleteSecurityGroup
        DescribeNetworkInterfaces ModifyNetworkInterfaceAttribute AttachNetworkInterface DetachNetworkInterface
        AssignPrivateIpAddresses UnassignPrivateIpAddresses
        DescribeAddresses AllocateAddress AssociateAddress DisassociateAddress ReleaseAddress
        DescribeRouteTables CreateRoute ReplaceRoute DeleteRoute AssociateRouteTable ReplaceRouteTableAssociation
        DescribeVolumes DescribeVolumeStatus AttachVolume DetachVolume CreateVolume DeleteVolume
        DescribeSnapshots CreateSnapshot CreateSnapshots CopySnapshot DeleteSnapshot CreateImage DeregisterImage
        DescribeManagedPrefixLists GetManagedPrefixListEntries ModifyManagedPrefixList DescribeVpcEndpoints
        CreateVpc DeleteVpc DescribeVpcAttribute ModifyVpcAttribute CreateSubnet DeleteSubnet ModifySubnetAttribute
        CreateRouteTable DeleteRouteTable DisassociateRouteTable CreateInternetGateway DeleteInternetGateway
        AttachInternetGateway DetachInternetGateway DescribeInternetGateways
        CreateNetworkInterface DeleteNetworkInterface DescribeNetworkInterfaceAttribute
        CreateKeyPair DeleteKeyPair DescribeKeyPairs ImportKeyPair
        ModifySecurityGroupRules UpdateSecurityGroupRuleDescriptionsIngress UpdateSecurityGroupRuleDescriptionsEgress
        ModifyVolume DescribeVolumesModifications DescribeSnapshotAttribute ModifySnapshotAttribute
        CopyImage RegisterImage DescribeImageAttribute ModifyImageAttribute ReplaceIamInstanceProfileAssociation
        GetLaunchTemplateData DescribeAccountAttributes DescribeInstanceTypeOfferings
        CreateManagedPrefixList DeleteManagedPrefixList
    """.split()),
    "lambda": ("lambda", """
        Invoke ListFunctions GetFunction GetFunctionConfiguration GetAccountSettings
        CreateFunction UpdateFunctionCode UpdateFunctionConfiguration DeleteFunction
        PublishVersion ListVersionsByFunction CreateAlias GetAlias UpdateAlias DeleteAlias ListAliases
        GetFunctionConcurrency PutFunctionConcurrency DeleteFunctionConcurrency
        GetProvisionedConcurrencyConfig PutProvisionedConcurrencyConfig DeleteProvisionedConcurrencyConfig
        CreateEventSourceMapping GetEventSourceMapping UpdateEventSourceMapping DeleteEventSourceMapping
        ListEventSourceMappings AddPermission RemovePermission GetPolicy ListTags TagResource UntagResource
    """.split()),
    "sns": ("sns", """
        CreateTopic DeleteTopic ListTopics GetTopicAttributes SetTopicAttributes Publish PublishBatch
        Subscribe ConfirmSubscription Unsubscribe ListSubscriptions ListSubscriptionsByTopic
        GetSubscriptionAttributes SetSubscriptionAttributes AddPermission RemovePermission
        TagResource UntagResource ListTagsForResource
    """.split()),
    "route53": ("route53", """
        ChangeResourceRecordSets GetChange ListResourceRecordSets TestDNSAnswer
        ListHostedZones ListHostedZonesByName ListHostedZonesByVPC GetHostedZone GetHostedZoneCount CreateHostedZone
        DeleteHostedZone UpdateHostedZoneComment AssociateVPCWithHostedZone DisassociateVPCFromHostedZone
        CreateHealthCheck GetHealthCheck ListHealthChecks UpdateHealthCheck DeleteHealthCheck GetHealthCheckStatus
        GetHealthCheckLastFailureReason GetHealthCheckCount GetCheckerIpRanges
        ListTagsForResource ListTagsForResources ChangeTagsForResource GetAccountLimit GetHostedZoneLimit
    """.split()),
    "elbv2": ("elbv2", """
        DescribeLoadBalancers DescribeLoadBalancerAttributes ModifyLoadBalancerAttributes CreateLoadBalancer
        DeleteLoadBalancer SetSecurityGroups SetSubnets
        DescribeTargetGroups DescribeTargetGroupAttributes ModifyTargetGroup ModifyTargetGroupAttributes
        CreateTargetGroup DeleteTargetGroup RegisterTargets DeregisterTargets DescribeTargetHealth
        DescribeListeners CreateListener ModifyListener DeleteListener
        DescribeRules CreateRule ModifyRule DeleteRule SetRulePriorities DescribeListenerCertificates
        DescribeTags AddTags RemoveTags
    """.split()),
    "ssm": ("ssm", """
        StartAutomationExecution GetAutomationExecution StopAutomationExecution SendAutomationSignal
        DescribeAutomationExecutions DescribeAutomationStepExecutions
        SendCommand GetCommandInvocation ListCommands ListCommandInvocations CancelCommand
        DescribeInstanceInformation GetConnectionStatus
        GetParameter GetParameters GetParametersByPath GetParameterHistory PutParameter DeleteParameter DeleteParameters
        DescribeParameters DescribeDocument GetDocument ListDocuments CreateDocument UpdateDocument DeleteDocument
        UpdateDocumentDefaultVersion CreateOpsItem GetOpsItem UpdateOpsItem DescribeOpsItems GetCalendarState
        AddTagsToResource RemoveTagsFromResource ListTagsForResource LabelParameterVersion UnlabelParameterVersion
        DescribeDocumentPermission ModifyDocumentPermission ListDocumentVersions
    """.split()),
    "cloudwatch": ("cloudwatch", """
        DescribeAlarms DescribeAlarmsForMetric DescribeAlarmHistory PutMetricAlarm PutCompositeAlarm DeleteAlarms
        SetAlarmState EnableAlarmActions DisableAlarmActions
        GetMetricData GetMetricStatistics ListMetrics PutMetricData
        GetDashboard ListDashboards PutDashboard DeleteDashboards TagResource UntagResource ListTagsForResource
    """.split()),
    "events": ("events", """
        PutEvents ListRules DescribeRule PutRule EnableRule DisableRule DeleteRule TestEventPattern
        ListTargetsByRule ListRuleNamesByTarget PutTargets RemoveTargets
        ListEventBuses DescribeEventBus CreateEventBus DeleteEventBus PutPermission RemovePermission
        ListEndpoints DescribeEndpoint UpdateEndpoint
        StartReplay DescribeReplay ListReplays CancelReplay ListArchives DescribeArchive CreateArchive UpdateArchive
        DeleteArchive UpdateEventBus
        TagResource UntagResource ListTagsForResource
    """.split()),
}

# What drsh speaks, by preference, of a service that speaks several protocols.
PROTOCOLS = ("json", "rest-json", "rest-xml", "smithy-rpc-v2-cbor", "query", "ec2")

METADATA = ("apiVersion", "awsQueryCompatible", "endpointPrefix", "globalEndpoint", "jsonVersion", "protocol", "serviceFullName", "serviceId",
            "signatureVersion", "signingName", "targetPrefix", "xmlNamespace")
OPERATION = ("name", "http", "input", "output", "errors", "idempotent", "readonly", "auth", "authtype", "endpoint",
             "httpChecksumRequired")
REFERENCE = ("shape", "location", "locationName", "queryName", "flattened", "streaming", "timestampFormat", "xmlNamespace",
             "xmlAttribute", "idempotencyToken", "jsonvalue", "eventpayload", "eventheader", "hostLabel", "resultWrapper")
SHAPE = REFERENCE + ("type", "required", "payload", "enum", "min", "max", "pattern", "sensitive", "union", "document",
                     "eventstream", "event", "exception", "fault", "error", "retryable")


def read(path):
    """The JSON of `path`, plain or gzipped; an empty table if there is no such file."""
    if os.path.exists(path + ".gz"):
        with gzip.open(path + ".gz", "rb") as file:
            return json.load(file)
    if os.path.exists(path):
        with open(path, "rb") as file:
            return json.load(file)
    return {}


def pick(source, names):
    # `false` is what an absent flag means; limits of 0 stay.
    return {name: source[name] for name in names if name in source and source[name] is not False}


def trim_shape(shape):
    trimmed = pick(shape, SHAPE)
    if "members" in shape:
        trimmed["members"] = {name: pick(member, REFERENCE) for name, member in shape["members"].items()}
    for part in ("member", "key", "value"):
        if part in shape:
            trimmed[part] = pick(shape[part], REFERENCE)
    return trimmed


def trim_operation(operation):
    trimmed = pick(operation, OPERATION)
    for part in ("input", "output"):
        if part in trimmed:
            trimmed[part] = pick(trimmed[part], REFERENCE)
    if "errors" in trimmed:
        trimmed["errors"] = [pick(error, ("shape",)) for error in trimmed["errors"]]
    return trimmed


def trim_metadata(metadata):
    trimmed = pick(metadata, METADATA)
    if trimmed["protocol"] not in PROTOCOLS:
        spoken = [name for name in PROTOCOLS if name in metadata.get("protocols", ())]
        if not spoken:
            sys.exit("%s speaks only %s" % (metadata["serviceId"], metadata["protocol"]))
        trimmed["protocol"] = spoken[0]
    return trimmed


def references(shape):
    """The names of the shapes that `shape` refers to."""
    for member in shape.get("members", {}).values():
        yield member["shape"]
    for part in ("member", "key", "value"):
        if part in shape:
            yield shape[part]["shape"]


def reachable(operations, shapes):
    waiting = []
    for operation in operations.values():
        waiting += [operation[part]["shape"] for part in ("input", "output") if part in operation]
        waiting += [error["shape"] for error in operation.get("errors", [])]
    found = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += references(shapes[name])
    return found


def newest_version(folder):
    versions = [name for name in sorted(os.listdir(folder))
                if any(os.path.exists(os.path.join(folder, name, "service-2.json" + end)) for end in ("", ".gz"))]
    return versions[-1]


def paginators(folder):
    pages = read(os.path.join(folder, "paginators-1.json")).get("pagination", {})
    extras = read(os.path.join(folder, "paginators-1.sdk-extras.json")).get("merge", {}).get("pagination", {})
    for name, extra in extras.items():
        pages.setdefault(name, {}).update(extra)
    return pages


def trim(folder, keep):
    """The model in short, of the operations `keep` (None: all)."""
    model = read(os.path.join(folder, "service-2.json"))
    missing = set(keep or ()) - set(model["operations"])
    if missing:
        sys.exit("%s has no operation %s" % (folder, ", ".join(sorted(missing))))
    operations = {name: trim_operation(operation) for name, operation in model["operations"].items()
                  if keep is None or name in keep}
    used = reachable(operations, model["shapes"])
    return {
        "metadata": trim_metadata(model["metadata"]),
        "operations": operations,
        "shapes": {name: trim_shape(shape) for name, shape in model["shapes"].items() if name in used},
        "paginators": {name: pages for name, pages in paginators(folder).items() if name in operations},
        "waiters": {name: pick(waiter, ("operation", "delay", "maxAttempts", "acceptors"))
                    for name, waiter in read(os.path.join(folder, "waiters-2.json")).get("waiters", {}).items()
                    if waiter["operation"] in operations},
    }


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def write(path, model):
    with open(path, "w", encoding="utf-8") as file:
        file.write('{"metadata":' + compact(model["metadata"]))
        for section in ("operations", "shapes", "paginators", "waiters"):
            entries = [compact(name) + ":" + compact(value) for name, value in sorted(model[section].items())]
            file.write(',\n"%s":{\n%s\n}' % (section, ",\n".join(entries)))
        file.write("}\n")


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    data = sys.argv[1]
    output = sys.argv[2] if len(sys.argv) == 3 else os.path.dirname(os.path.abspath(__file__))
    for service, (folder, keep) in SERVICES.items():
        root = os.path.join(data, folder)
        version = newest_version(root)
        model = trim(os.path.join(root, version), keep)
        path = os.path.join(output, service + ".json")
        write(path, model)
        print("%s: %s %s, %d operations, %d shapes, %d paginators, %d bytes" % (
            os.path.basename(path), folder, version, len(model["operations"]), len(model["shapes"]),
            len(model["paginators"]), os.path.getsize(path)))


if __name__ == "__main__":
    main()
