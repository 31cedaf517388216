#!/usr/bin/env python3
"""Writes the API models that are built into drsh, from the models that botocore publishes.

    python3 modules/aws/models/generate.py BOTOCORE_DATA [OUTPUT_FOLDER]

BOTOCORE_DATA is the `data` folder of an unpacked botocore. One file a service is written: facts only (operations, HTTP binding,
shapes with their limits, errors, paginators), no prose. One line a shape, so that a new model shows up as a readable diff.
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
        CreateTags DeleteTags DescribeTags
        CreateLaunchTemplate CreateLaunchTemplateVersion DescribeLaunchTemplates DescribeLaunchTemplateVersions
        ModifyLaunchTemplate DeleteLaunchTemplate DeleteLaunchTemplateVersions
        DescribeImages DescribeRegions DescribeAvailabilityZones DescribeVpcs DescribeSubnets
        DescribeSecurityGroups DescribeNetworkInterfaces DescribeVolumes DescribeSnapshots
    """.split()),
}

METADATA = ("apiVersion", "endpointPrefix", "globalEndpoint", "jsonVersion", "protocol", "serviceFullName", "serviceId",
            "signatureVersion", "signingName", "targetPrefix", "xmlNamespace")
OPERATION = ("name", "http", "input", "output", "errors", "idempotent", "readonly", "authtype", "endpoint",
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
    model = read(os.path.join(folder, "service-2.json"))
    missing = set(keep or ()) - set(model["operations"])
    if missing:
        sys.exit("%s has no operation %s" % (folder, ", ".join(sorted(missing))))
    operations = {name: trim_operation(operation) for name, operation in model["operations"].items()
                  if keep is None or name in keep}
    used = reachable(operations, model["shapes"])
    return {
        "metadata": pick(model["metadata"], METADATA),
        "operations": operations,
        "shapes": {name: trim_shape(shape) for name, shape in model["shapes"].items() if name in used},
        "paginators": {name: pages for name, pages in paginators(folder).items() if name in operations},
    }


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def write(path, model):
    with open(path, "w", encoding="utf-8") as file:
        file.write('{"metadata":' + compact(model["metadata"]))
        for section in ("operations", "shapes", "paginators"):
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
