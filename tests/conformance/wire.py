"""Answers as services write them: a value of an operation's output on the wire, in each protocol."""

import base64
import hashlib
import email.utils
import json
import random
import struct
import zlib
from xml.sax.saxutils import escape, quoteattr

UNKNOWN = "memberOfTheFuture"


def time_text(shape, value, usual):
    style = shape.serialization.get("timestampFormat", usual)
    if style == "iso8601":
        return value.isoformat().replace("+00:00", "Z")
    if style == "rfc822":
        return email.utils.formatdate(value.timestamp(), usegmt=True)
    return value.timestamp() if value.microsecond else int(value.timestamp())


def protocol_of(service):
    """What botocore speaks: of a service that knows several protocols, the one that it likes best."""
    return getattr(service, "resolved_protocol", None) or service.metadata["protocol"]


def outside(shape):
    return "location" in shape.serialization


# JSON ----------------------------------------------------------------------------------------------------------------------------

def to_json(shape, value, unknown):
    if value is None or getattr(shape, "is_document_type", False):
        return value
    kind = shape.type_name
    if kind == "structure":
        written = {shape.members[name].serialization.get("name", name): to_json(shape.members[name], item, unknown)
                   for name, item in value.items() if not outside(shape.members[name])}
        if unknown() and not getattr(shape, "is_tagged_union", False):
            written[UNKNOWN] = [{"a": 1}, None, "x"]
        return written
    if kind == "list":
        return [to_json(shape.member, item, unknown) for item in value]
    if kind == "map":
        return {key: to_json(shape.value, item, unknown) for key, item in value.items()}
    if kind == "blob":
        return base64.b64encode(value).decode()
    if kind == "timestamp":
        return time_text(shape, value, "unixTimestamp")
    return value


# CBOR ----------------------------------------------------------------------------------------------------------------------------

def cbor_head(major, number):
    for info, limit, form in ((24, 2**8, ">BB"), (25, 2**16, ">BH"), (26, 2**32, ">BI"), (27, 2**64, ">BQ")):
        if number < 24:
            return bytes([major << 5 | number])
        if number < limit:
            return struct.pack(form, major << 5 | info, number)
    raise ValueError(number)


def cbor_container(major, parts, count, endless):
    """Of definite length, or of indefinite."""
    body = b"".join(parts)
    return bytes([major << 5 | 31]) + body + b"\xff" if endless else cbor_head(major, count) + body


def to_cbor(value):
    """Of what JSON can hold, and bytes."""
    endless = random.Random(repr(value)).random() < 0.3
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", True: b"\xf5", False: b"\xf4"}[value]
    if isinstance(value, int):
        return cbor_head(0, value) if value >= 0 else cbor_head(1, -1 - value)
    if isinstance(value, float):
        return struct.pack(">Bd", 0xfb, value)
    if isinstance(value, bytes):
        return cbor_head(2, len(value)) + value
    if isinstance(value, str):
        return cbor_head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return cbor_container(4, [to_cbor(item) for item in value], len(value), endless)
    if isinstance(value, Tagged):
        return b"\xc1" + to_cbor(value.value)
    return cbor_container(5, [to_cbor(key) + to_cbor(item) for key, item in value.items()], len(value), endless)


class Tagged:
    """A time: seconds since 1970."""

    def __init__(self, value):
        self.value = value


def cbor_tree(shape, value, unknown):
    if value is None:
        return None
    kind = shape.type_name
    if kind == "structure":
        written = {name: cbor_tree(shape.members[name], item, unknown) for name, item in value.items()}
        if unknown() and not getattr(shape, "is_tagged_union", False):
            written[UNKNOWN] = [{"a": 1}, None, "x"]
        return written
    if kind == "list":
        return [cbor_tree(shape.member, item, unknown) for item in value]
    if kind == "map":
        return {key: cbor_tree(shape.value, item, unknown) for key, item in value.items()}
    if kind == "timestamp":
        return Tagged(time_text(shape, value, "unixTimestamp"))
    return value


# XML -----------------------------------------------------------------------------------------------------------------------------

def scalar_text(shape, value, usual):
    if shape.type_name == "blob":
        return base64.b64encode(value).decode()
    if shape.type_name == "timestamp":
        return str(time_text(shape, value, usual))
    if shape.type_name == "boolean":
        return "true" if value else "false"
    return str(value)


def xml_map(shape, name, value, unknown):
    entries = ["%s%s" % (to_xml(shape.key, shape.key.serialization.get("name", "key"), key, unknown),
                         to_xml(shape.value, shape.value.serialization.get("name", "value"), item, unknown))
               for key, item in value.items()]
    if shape.serialization.get("flattened"):
        return "".join("<%s>%s</%s>" % (name, entry, name) for entry in entries)
    return "<%s>%s</%s>" % (name, "".join("<entry>%s</entry>" % entry for entry in entries), name)


def xml_list(shape, name, value, unknown):
    item_name = shape.member.serialization.get("name")
    if shape.serialization.get("flattened"):
        return "".join(to_xml(shape.member, item_name or name, item, unknown) for item in value)
    return "<%s>%s</%s>" % (name, "".join(to_xml(shape.member, item_name or "member", item, unknown) for item in value), name)


def to_xml(shape, name, value, unknown, space=""):
    kind = shape.type_name
    if kind == "list":
        return xml_list(shape, name, value, unknown)
    if kind == "map":
        return xml_map(shape, name, value, unknown)
    if kind != "structure":
        return "<%s>%s</%s>" % (name, escape(scalar_text(shape, value, "iso8601")), name)
    inside, attributes = "", space
    for key, item in value.items():
        member = shape.members[key]
        if member.serialization.get("xmlAttribute"):
            attributes += " %s=%s" % (member.serialization["name"], quoteattr(str(item)))
        elif not outside(member):
            inside += to_xml(member, member.serialization.get("name", key), item, unknown)
    if unknown() and not getattr(shape, "is_tagged_union", False):
        inside += "<%s><a>1</a></%s>" % (UNKNOWN, UNKNOWN)
    return "<%s%s>%s</%s>" % (name, attributes, inside, name)


# Events --------------------------------------------------------------------------------------------------------------------------

def message(headers, payload):
    """A message of application/vnd.amazon.eventstream; all headers are texts."""
    packed = b"".join(struct.pack(">B", len(name)) + name.encode() + struct.pack(">BH", 7, len(text.encode())) + text.encode()
                      for name, text in headers.items())
    prelude = struct.pack(">II", len(packed) + len(payload) + 16, len(packed))
    whole = prelude + struct.pack(">I", zlib.crc32(prelude)) + packed + payload
    return whole + struct.pack(">I", zlib.crc32(whole))


def document(service, shape, value, unknown):
    protocol = protocol_of(service)
    if protocol == "smithy-rpc-v2-cbor":
        return to_cbor(cbor_tree(shape, value, unknown))
    if protocol.startswith("rest-xml"):
        return to_xml(shape, shape.name, value, unknown).encode()
    return json.dumps(to_json(shape, value, unknown)).encode()


def event(service, shape, name, value, unknown):
    payload = next((member for member in shape.members if shape.members[member].serialization.get("eventpayload")), None)
    if payload is None:
        body = document(service, shape, value, unknown)
    else:
        item = value.get(payload)
        member = shape.members[payload]
        body = b"" if item is None else item if isinstance(item, bytes) else document(service, member, item, unknown)
    return message({":message-type": "event", ":event-type": name}, body)


def event_answer(service, operation, value, unknown):
    """The call's result, first in the stream or in the headers, and the events."""
    shape = operation.output_shape
    stream = shape.event_stream_name
    members = {name: item for name, item in value.items() if name != stream}
    body, headers = b"", {}
    if protocol_of(service) in ("json", "smithy-rpc-v2-cbor"):
        body = message({":message-type": "event", ":event-type": "initial-response"}, document(service, shape, members, unknown))
    else:
        headers = header_members(shape, members)
    for one in value[stream]:
        for name, item in one.items():
            body += event(service, shape.members[stream].members[name], name, item, unknown)
    body += message({":message-type": "event", ":event-type": "EventOfTheFuture"}, b"?") if unknown() else b""
    return {"status": 200, "headers": {"content-type": "application/vnd.amazon.eventstream", **headers}, "body": body}


# Answers -------------------------------------------------------------------------------------------------------------------------

def header_members(shape, value):
    headers = {}
    for name, item in value.items():
        member = shape.members[name]
        place = member.serialization.get("location")
        if place == "header":
            text = json.dumps(item) if member.serialization.get("jsonvalue") else scalar_text(member, item, "rfc822")
            if member.serialization.get("jsonvalue"):
                text = base64.b64encode(text.encode()).decode()
            headers[member.serialization["name"]] = text
        elif place == "headers":
            headers.update({member.serialization.get("name", "") + key: text for key, text in item.items()})
    return headers


def body_of(service, operation, shape, value, unknown):
    """The body's bytes and its content type."""
    protocol = protocol_of(service)
    payload = shape.serialization.get("payload")
    if payload and protocol.startswith("rest"):
        member, item = shape.members[payload], value.get(payload)
        if item is None:
            return b"", "application/octet-stream"
        if member.type_name in ("blob", "string"):
            return (item if isinstance(item, bytes) else item.encode()), "application/octet-stream"
        shape, value = member, item
    if protocol in ("json", "rest-json"):
        return json.dumps(to_json(shape, value, unknown)).encode(), "application/json"
    if protocol == "smithy-rpc-v2-cbor":
        return to_cbor(cbor_tree(shape, value, unknown)), "application/cbor"
    space = ' xmlns="https://%s.example.com/doc" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"' % service.service_name
    if protocol == "query":
        result = to_xml(shape, operation.name + "Result", value, unknown)
        return ("<%sResponse%s>%s<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></%sResponse>" % (
            operation.name, space, result, operation.name)).encode(), "text/xml"
    name = operation.name + "Response" if protocol == "ec2" else shape.serialization.get("name", shape.name)
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + to_xml(shape, name, value, unknown, space)).encode(), "text/xml"


SUMS = {"crc32": lambda body: zlib.crc32(body).to_bytes(4, "big"), "sha1": lambda body: hashlib.sha1(body).digest(),
        "sha256": lambda body: hashlib.sha256(body).digest(), "sha512": lambda body: hashlib.sha512(body).digest()}


def settle_headers(operation, shape, value, body):
    """Makes what headers say of the body true: its length, and checksums where they are looked at."""
    checked = operation.http_checksum.get("responseAlgorithms")
    for name, member in shape.members.items():
        header = member.serialization.get("name", "").lower()
        if name in value and header == "content-length":
            value[name] = len(body)
        elif name in value and checked and header.startswith("x-amz-checksum-") and header != "x-amz-checksum-type":
            make = SUMS.get(header[len("x-amz-checksum-"):])
            value[name] = make and base64.b64encode(make(body)).decode()
    return {name: item for name, item in value.items() if item is not None}


def answer(service, operation, value, unknown):
    """{status, headers, body} of a success; `unknown` says at each structure whether it gets a member that no model has."""
    shape = operation.output_shape
    status = operation.http.get("responseCode", 200)
    if shape is None:
        body = b"" if "json" in protocol_of(service) or "cbor" in protocol_of(service) else b"<%sResponse/>" % operation.name.encode()
        return {"status": status, "headers": {"content-type": "text/xml"}, "body": body}
    if operation.has_event_stream_output:
        return event_answer(service, operation, value, unknown)
    for name, member in shape.members.items():
        if member.serialization.get("location") == "statusCode" and name in value:
            status = value[name] = 200 + value[name] % 90
    body, kind = body_of(service, operation, shape, value, unknown)
    value = settle_headers(operation, shape, value, body)
    return {"status": status, "headers": {"content-type": kind, **header_members(shape, value)}, "body": body}


def error_answer(service, shape, value, message, unknown):
    """A failure with the error `shape`, as its protocol writes it."""
    fact = shape.metadata.get("error") or {}
    code, status = fact.get("code", shape.name), fact.get("httpStatusCode", 400)
    protocol = protocol_of(service)
    if protocol in ("json", "rest-json", "smithy-rpc-v2-cbor"):
        body = (cbor_tree if protocol == "smithy-rpc-v2-cbor" else to_json)(shape, value, unknown)
        body["message"] = message
        headers = {"content-type": "application/json", **header_members(shape, value)}
        if protocol != "rest-json":
            body["__type"] = "com.amazonaws.%s#%s" % (service.service_name, shape.name)
            if "awsQueryCompatible" in service.metadata:
                headers["x-amzn-query-error"] = code + ";Sender"
        else:
            headers["x-amzn-ErrorType"] = code + ":http://internal.amazon.com/coral/"
        if protocol == "smithy-rpc-v2-cbor":
            headers.update({"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"})
            return {"status": status, "headers": headers, "body": to_cbor(body)}
        return {"status": status, "headers": headers, "body": json.dumps(body).encode()}
    members = {name: item for name, item in value.items() if name.lower() not in ("message", "code", "type")}
    inside = to_xml(shape, "Error", members, unknown)[len("<Error>"):-len("</Error>")]
    error = "<Error><Code>%s</Code><Message>%s</Message>%s</Error>" % (code, escape(message), inside)
    if protocol == "ec2":
        body = "<Response><Errors>%s</Errors><RequestID>r-1</RequestID></Response>" % error
    else:
        body = "<ErrorResponse>%s<RequestId>r-1</RequestId></ErrorResponse>" % error
    return {"status": status, "headers": {"content-type": "text/xml"}, "body": body.encode()}
