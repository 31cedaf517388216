"""Answers as services write them: a value of an operation's output on the wire, in each protocol."""

import base64
import email.utils
import json
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
    if unknown():
        inside += "<%s><a>1</a></%s>" % (UNKNOWN, UNKNOWN)
    return "<%s%s>%s</%s>" % (name, attributes, inside, name)


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
    space = ' xmlns="https://%s.example.com/doc"' % service.service_name
    if protocol == "query":
        result = to_xml(shape, operation.name + "Result", value, unknown)
        return ("<%sResponse%s>%s<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></%sResponse>" % (
            operation.name, space, result, operation.name)).encode(), "text/xml"
    name = operation.name + "Response" if protocol == "ec2" else shape.serialization.get("name", shape.name)
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + to_xml(shape, name, value, unknown, space)).encode(), "text/xml"


def answer(service, operation, value, unknown):
    """{status, headers, body} of a success; `unknown` says at each structure whether it gets a member that no model has."""
    shape = operation.output_shape
    status = operation.http.get("responseCode", 200)
    if shape is None:
        body = b"" if "json" in protocol_of(service) else b"<%sResponse/>" % operation.name.encode()
        return {"status": status, "headers": {"content-type": "text/xml"}, "body": body}
    for name, member in shape.members.items():
        if member.serialization.get("location") == "statusCode" and name in value:
            status = value[name] = 200 + value[name] % 90
    body, kind = body_of(service, operation, shape, value, unknown)
    return {"status": status, "headers": {"content-type": kind, **header_members(shape, value)}, "body": body}


def error_answer(service, shape, value, message, unknown):
    """A failure with the error `shape`, as its protocol writes it."""
    fact = shape.metadata.get("error") or {}
    code, status = fact.get("code", shape.name), fact.get("httpStatusCode", 400)
    protocol = protocol_of(service)
    if protocol in ("json", "rest-json"):
        body = to_json(shape, value, unknown)
        body["message"] = message
        headers = {"content-type": "application/json", **header_members(shape, value)}
        if protocol == "json":
            body["__type"] = "com.amazonaws.%s#%s" % (service.service_name, shape.name)
            if "awsQueryCompatible" in service.metadata:
                headers["x-amzn-query-error"] = code + ";Sender"
        else:
            headers["x-amzn-ErrorType"] = code + ":http://internal.amazon.com/coral/"
        return {"status": status, "headers": headers, "body": json.dumps(body).encode()}
    members = {name: item for name, item in value.items() if name.lower() not in ("message", "code", "type")}
    inside = to_xml(shape, "Error", members, unknown)[len("<Error>"):-len("</Error>")]
    error = "<Error><Code>%s</Code><Message>%s</Message>%s</Error>" % (code, escape(message), inside)
    if protocol == "ec2":
        body = "<Response><Errors>%s</Errors><RequestID>r-1</RequestID></Response>" % error
    else:
        body = "<ErrorResponse>%s<RequestId>r-1</RequestId></ErrorResponse>" % error
    return {"status": status, "headers": {"content-type": "text/xml"}, "body": body.encode()}
