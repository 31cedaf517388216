#!/usr/bin/env python3
"""Calls of ours against botocore's: for every operation of every built-in model random valid inputs, random answers and random
failures. What we send (method, host, path, query, headers, body, the scope of the signature) and what we read must be the same.

    botocore_requests.py [--seed N] [--inputs N] [--answers N] [--errors N] [--only SERVICE[.OPERATION]]     make conformance
    botocore_requests.py --write FILE       one call of each operation, for the tests that run without Python

Calls go as lines of JSON to two long-lived drsh processes (botocore_requests.lua), which compare; a line:
    {"service", "region", "operation", "method", "input", "time", "request": {"method", "url", "headers", "body", "scope"},
     "answer": {"status", "headers", "body"}, "output" | "failure": {"code", "message", "members"}}
Bytes that are no text are written {"$bytes": base64}; times are epoch seconds.
"""

import argparse
import calendar
import json
import os
import random
import re
import subprocess
import sys
import time

import judge
import random_values
import wire
from random_values import Values, plain

REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-2")
UNSIGNED = {"user-agent", "amz-sdk-invocation-id", "amz-sdk-request", "authorization", "x-amz-date", "content-length", "expect",
            "accept-encoding", "host"}


def request_facts(request):
    headers = {name.lower(): value.decode() if isinstance(value, bytes) else str(value)
               for name, value in request.headers.items()}
    scope = re.search(r"Credential=[^/]+/\d+/([^/]+/[^/]+)/", headers.get("authorization", ""))
    moment = headers.get("x-amz-date")
    body = request.body if request.body is not None else b""
    facts = {
        "method": request.method, "url": request.url, "body": plain(body.encode() if isinstance(body, str) else bytes(body)),
        "headers": {name: value for name, value in headers.items() if name not in UNSIGNED},
    }
    if scope:
        facts["scope"] = scope.group(1)
    return facts, calendar.timegm(time.strptime(moment, "%Y%m%dT%H%M%SZ")) if moment else None


def failure_facts(said, shape):
    error = said["Error"]
    members = {name: item for name, item in said.items() if name in shape.members and name.lower() != "message"}
    return {"code": error["Code"], "message": error["Message"], "members": plain(members)}


class Calls:
    """The calls of one operation."""

    def __init__(self, judges, service, operation, randomness):
        self.judges, self.service, self.operation, self.random = judges, service, operation, randomness
        self.model = judges[0][1].service
        self.shapes = self.model.operation_model(operation)

    def unknown(self):
        return self.random.random() < 0.1

    def call(self, density, answer_density, error=None):
        region, client = self.random.choice(self.judges)
        value = Values(self.random).top(self.shapes.input_shape, density)
        value = {name: item for name, item in value.items()
                 if (self.service, self.operation, name) not in judge.LEFT_OUT}
        made = Values(self.random, answers=True)
        if error is None:
            answer = wire.answer(self.model, self.shapes, made.top(self.shapes.output_shape, answer_density), self.unknown)
        else:
            answer = wire.error_answer(self.model, error, made.top(error, answer_density), "no: é <&>", self.unknown)
        request, output, failed = client.call(self.operation, value, answer)
        facts, moment = request_facts(request)
        if (self.service, self.operation) in judge.HOST_ELSEWHERE:
            facts["anyHost"] = True
        if "awsQueryCompatible" in self.model.metadata and judge.VERSION < judge.QUERY_MODE_SINCE:
            facts["headers"]["x-amzn-query-mode"] = "true"
        line = {"service": self.service, "region": region, "operation": self.operation, "input": plain(value),
                "method": client.methods[self.operation], "time": moment, "request": facts,
                "answer": {"status": answer["status"], "body": plain(answer["body"]),
                           "headers": {name.lower(): text for name, text in answer["headers"].items()}}}
        if error is None:
            if failed:
                raise RuntimeError("botocore takes the answer for a failure: %s" % failed)
            line["output"] = plain(output)
        else:
            line["failure"] = failure_facts(failed, error)
        return line

    def all(self, inputs, answers, errors):
        """The first has only what is required, the second everything; the rest what comes."""
        for index in range(inputs):
            density = (0, 1)[index] if index < 2 else self.random.choice((0.1, 0.3, 0.6, 0.9))
            wanted = density if index < answers else 0
            yield self.call(density, wanted)
        for error in self.shapes.error_shapes[:errors]:
            yield self.call(0, 0.7, error)


    def small(self):
        """One call with what is required, and a small answer."""
        yield self.call(0, 0.5)


def calls(services, arguments, only=None):
    for service in services:
        judges = [(region, judge.Judge(service, region, not arguments.folder)) for region in REGIONS]
        for operation in judges[0][1].service.operation_names:
            shapes = judges[0][1].service.operation_model(operation)
            if only in (None, operation) and not shapes.has_event_stream_output and not shapes.has_event_stream_input:
                randomness = random.Random("%s %s.%s" % (arguments.seed, service, operation))
                of_operation = Calls(judges, service, operation, randomness)
                yield from of_operation.small() if arguments.write else of_operation.all(
                    arguments.inputs, arguments.answers, arguments.errors)


def encode(line):
    return json.dumps(line, separators=(",", ":"), sort_keys=True, ensure_ascii=False) + "\n"


def work(services, arguments):
    """One process of botocore, one of drsh."""
    service, _, only = (arguments.only or "").partition(".")
    if arguments.folder:
        os.environ["DRSH_MODEL_PATH"] = judge.data_folder()
        services = arguments.folder.split(",")
    program = subprocess.Popen([os.environ.get("DRSH", "build/drsh"), "run", "tests/conformance/botocore_requests.lua"],
                               stdin=subprocess.PIPE, cwd=judge.ROOT, text=True, encoding="utf-8")
    for line in calls([name for name in services if service in ("", name)], arguments, only or None):
        program.stdin.write(encode(line))
    program.stdin.close()
    return program.wait()


def halves():
    """The services in two parts of about the same work."""
    parts = [[0, []], [0, []]]
    for size, service in sorted(((len(json.dumps(judge.model_of(name))), name) for name in judge.service_names()), reverse=True):
        part = min(parts)
        part[0] += size
        part[1].append(service)
    return [services for _, services in parts]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", default=str(random.SystemRandom().randrange(10**9)))
    parser.add_argument("--inputs", type=int, default=50)
    parser.add_argument("--answers", type=int, default=50)
    parser.add_argument("--errors", type=int, default=99)
    parser.add_argument("--only")
    parser.add_argument("--folder", help="judge these services with botocore's own models by DRSH_MODEL_PATH")
    parser.add_argument("--write")
    arguments = parser.parse_args()
    if arguments.write:
        arguments.seed, random_values.BUDGET = "written", 20
        with open(arguments.write, "w", encoding="utf-8") as file:
            for line in calls(judge.service_names(), arguments):
                file.write(encode(line))
        return 0
    began = time.monotonic()
    print("botocore %s, seed %s" % (judge.botocore.__version__, arguments.seed), flush=True)
    for name, why in judge.DIFFERENCES.items():
        print("  known difference: %s: %s" % (name, why))
    sys.stdout.flush()
    if arguments.folder:
        return work([], arguments)
    parts = halves()
    child = os.fork()
    if child == 0:
        os._exit(1 if work(parts[1], arguments) else 0)
    failed = work(parts[0], arguments) != 0
    failed = os.waitpid(child, 0)[1] != 0 or failed
    print("%.0f s" % (time.monotonic() - began))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
