#!/usr/bin/env python3
"""Our protocols against botocore's: for every operation of every built-in model, what botocore sends for an input and what it
reads from an answer. botocore's code works here on our models, so an old botocore serves as well as a new one.

    botocore_requests.py                writes the vectors to a scratch file and has the program check them (make conformance)
    botocore_requests.py --write FILE   writes the vectors with the smallest valid inputs, for the tests that run without Python

Inputs and answers are made from the model: `small` has the required members only, `full` has every member. A vector is a line:
    {"service", "operation", "size", "input", "request": {"method", "url", "headers", "body" | "form"}}
    {"service", "operation", "size", "answer": {"status", "headers", "body"}, "output"}
Bytes are written {"$bytes": base64}; times are epoch seconds.
"""

import base64
import datetime
import json
import os
import subprocess
import sys
import tempfile
from xml.sax.saxutils import escape

from botocore import parsers, serialize
from botocore.awsrequest import prepare_request_dict
from botocore.model import ServiceModel

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SERVICES = ("drs", "dynamodb", "ec2", "sfn", "sts")
MOMENT = datetime.datetime(2022, 12, 7, 19, 15, 38, tzinfo=datetime.timezone.utc)
BYTES = b"\x00\xff bytes"
MAXIMUM_DEPTH = 7


# Inputs and outputs --------------------------------------------------------------------------------------------------------------

def sample_string(shape, name):
    if getattr(shape, "enum", None):
        return shape.enum[0]
    limits = shape.metadata
    text = name + ' /+&<>"é%:'
    text = text[:limits.get("max", 60)]
    return text.ljust(limits.get("min", 0), "x")


def sample_number(shape, normal):
    limits = shape.metadata
    return min(max(normal, limits.get("min", normal)), limits.get("max", normal))


def sample(shape, name, full, stack=()):
    """A valid value of the shape."""
    kind = shape.type_name
    if kind == "structure":
        return sample_structure(shape, full, stack)
    if kind == "list":
        return sample_list(shape, name, full, stack)
    if kind == "map":
        value = sample(shape.value, name, full, stack + (shape.name,))
        return {sample_string(shape.key, "key"): value} if value is not None else {}
    if kind == "blob":
        return BYTES.ljust(shape.metadata.get("min", 0), b"x")
    if kind == "timestamp":
        return MOMENT
    if kind == "boolean":
        return True
    if kind == "integer":
        return sample_number(shape, 7)
    if kind == "long":
        return sample_number(shape, 9007199254740993)
    if kind in ("float", "double"):
        return sample_number(shape, 1.5)
    return sample_string(shape, name)


def sample_list(shape, name, full, stack):
    count = max(shape.metadata.get("min", 0), 2 if full else 0)
    count = min(count, shape.metadata.get("max", count))
    item = sample(shape.member, name, full, stack + (shape.name,)) if count else None
    return [item] * count if item is not None else []


def sample_structure(shape, full, stack):
    if stack.count(shape.name) > 0 or len(stack) > MAXIMUM_DEPTH:
        return None if shape.name in stack else {}
    names = list(shape.members)
    if shape.metadata.get("union") or shape.name == "AttributeValue":
        names = names[:1]
    elif not full:
        names = [name for name in names
                 if name in shape.required_members or shape.members[name].metadata.get("idempotencyToken")]
    value = {}
    for name in names:
        item = sample(shape.members[name], name, full, stack + (shape.name,))
        if item is not None:
            value[name] = item
    return value


# What botocore sends ------------------------------------------------------------------------------------------------------------

def request_of(service_model, operation, value):
    serializer = serialize.create_serializer(service_model.metadata["protocol"])
    request = serializer.serialize_to_request(value, operation)
    host_prefix = request.pop("host_prefix", None)  # where it goes is the business of the endpoint
    prepare_request_dict(request, endpoint_url="https://host")
    vector = {"method": request["method"], "url": request["url"][len("https://host"):]}
    vector["headers"] = {name.lower(): text for name, text in dict(request["headers"]).items()}
    if host_prefix:
        vector["hostPrefix"] = host_prefix
    body = request["body"]
    if isinstance(body, dict):
        vector["form"] = sorted([key, text if isinstance(text, str) else str(text)] for key, text in body.items())
    else:
        vector["body"] = body.decode() if isinstance(body, bytes) else body
    return vector


# What a service answers ---------------------------------------------------------------------------------------------------------

def wire_json(shape, value):
    kind = shape.type_name
    if kind == "structure":
        return {shape.members[name].serialization.get("name", name): wire_json(shape.members[name], item)
                for name, item in value.items() if "location" not in shape.members[name].serialization}
    if kind == "list":
        return [wire_json(shape.member, item) for item in value]
    if kind == "map":
        return {key: wire_json(shape.value, item) for key, item in value.items()}
    if kind == "blob":
        return base64.b64encode(value).decode()
    if kind == "timestamp":
        return value.isoformat() if shape.serialization.get("timestampFormat") == "iso8601" else value.timestamp()
    return value


def wire_xml(shape, name, value):
    kind = shape.type_name
    if kind == "structure":
        inside = "".join(wire_xml(member, member.serialization.get("name", key), value[key])
                         for key, member in shape.members.items() if key in value)
    elif kind == "list":
        item_name = shape.member.serialization.get("name")
        if shape.serialization.get("flattened"):
            return "".join(wire_xml(shape.member, item_name or name, item) for item in value)
        inside = "".join(wire_xml(shape.member, item_name or "member", item) for item in value)
    elif kind == "map":
        inside = "".join("<entry>%s%s</entry>" % (wire_xml(shape.key, "key", key), wire_xml(shape.value, "value", item))
                         for key, item in value.items())
    elif kind == "blob":
        inside = base64.b64encode(value).decode()
    elif kind == "timestamp":
        inside = value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    elif kind == "boolean":
        inside = "true" if value else "false"
    else:
        inside = escape(str(value))
    return "<%s>%s</%s>" % (name, inside, name)


def answer_of(service_model, operation, value):
    protocol, shape = service_model.metadata["protocol"], operation.output_shape
    status = operation.http.get("responseCode", 200)
    if protocol in ("json", "rest-json"):
        headers, body = {"content-type": "application/json"}, json.dumps(wire_json(shape, value)) if shape else ""
    else:
        headers = {"content-type": "text/xml"}
        name = operation.name + ("Result" if protocol == "query" else "Response")
        body = wire_xml(shape, name, value) if shape else ""
        if protocol == "query":
            body = "<%sResponse xmlns=\"%s\">%s<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></%sResponse>" % (
                operation.name, service_model.metadata["xmlNamespace"], body, operation.name)
    parser = parsers.create_parser(protocol)
    output = parser.parse({"status_code": status, "headers": headers, "body": body.encode()}, shape) if shape else {}
    output.pop("ResponseMetadata", None)
    return {"status": status, "headers": headers, "body": body}, output


# Vectors ------------------------------------------------------------------------------------------------------------------------

def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, datetime.datetime):
        return int(value.timestamp())
    return value


def vectors(sizes):
    for service in SERVICES:
        with open(os.path.join(ROOT, "modules/aws/models", service + ".json"), encoding="utf-8") as file:
            service_model = ServiceModel(json.load(file), service)
        for name in service_model.operation_names:
            operation = service_model.operation_model(name)
            for size in sizes:
                head = {"service": service, "operation": name, "size": size}
                value = sample_structure(operation.input_shape, size == "full", ()) if operation.input_shape else {}
                yield {**head, "input": plain(value), "request": request_of(service_model, operation, value)}
                result = sample_structure(operation.output_shape, size == "full", ()) if operation.output_shape else {}
                answer, output = answer_of(service_model, operation, result)
                yield {**head, "answer": answer, "output": plain(output)}


def write(path, sizes):
    count = 0
    with open(path, "w", encoding="utf-8") as file:
        for vector in vectors(sizes):
            file.write(json.dumps(vector, separators=(",", ":"), sort_keys=True, ensure_ascii=False) + "\n")
            count += 1
    return count


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--write":
        print("%d vectors" % write(sys.argv[2], ("small",)))
    elif len(sys.argv) == 1:
        with tempfile.TemporaryDirectory() as scratch:
            path = os.path.join(scratch, "vectors.jsonl")
            write(path, ("small", "full"))
            program = os.environ.get("DRSH", "build/drsh")
            sys.exit(subprocess.call([program, "run", "tests/conformance/botocore_requests.lua", path]))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
