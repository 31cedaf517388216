#!/usr/bin/env python3
"""Calls of ours against botocore's: for every operation of every built-in model random valid inputs, random answers and random
failures. What we send (method, host, path, query, headers, body, the scope of the signature) and what we read must be the same.

    botocore_requests.py [--seed N] [--inputs N] [--answers N] [--errors N] [--only SERVICE[.OPERATION]]     make conformance
    botocore_requests.py --folder [--sample N] ...      the same of botocore's own models, by DRSH_MODEL_PATH: every service, of
                                                        each N operations that the seed chooses; all without it      make conformance
    botocore_requests.py --write FILE       one call of each operation, for the tests that run without Python

Calls go as lines of JSON to two long-lived drsh processes (botocore_requests.lua), which compare; a line:
    {"service", "protocol" (if it is not the usual one), "region", "operation", "method", "input", "time",
     "request": {"method", "url", "headers", "body", "scope"},
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


def checksum_in_header(headers, body):
    """botocore puts the checksum of a body that it streams behind the body, we put it into a header: the same, said earlier."""
    name = headers.pop("x-amz-trailer")
    encodings = [encoding for encoding in headers.pop("content-encoding").split(",") if encoding != "aws-chunked"]
    if encodings:
        headers["content-encoding"] = ",".join(encodings)
    for header in ("transfer-encoding", "x-amz-decoded-content-length"):
        headers.pop(header)
    if headers["x-amz-content-sha256"] == "STREAMING-UNSIGNED-PAYLOAD-TRAILER":
        headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD"
    plain_body = b""
    while True:
        size, _, body = body.partition(b"\r\n")
        if size == b"0":
            headers[name] = body.strip().partition(b":")[2].decode()
            return plain_body
        plain_body, body = plain_body + body[:int(size, 16)], body[int(size, 16) + 2:]


def request_facts(request):
    headers = {name.lower(): value.decode() if isinstance(value, bytes) else str(value)
               for name, value in request.headers.items()}
    scope = re.search(r"Credential=[^/]+/\d+/([^/]+/[^/]+)/", headers.get("authorization", ""))
    moment = headers.get("x-amz-date")
    body = request.body if request.body is not None else b""
    body = body.read() if hasattr(body, "read") else body.encode() if isinstance(body, str) else bytes(body)
    if "x-amz-trailer" in headers:
        body = checksum_in_header(headers, body)
    facts = {
        "method": request.method, "url": request.url, "body": plain(body),
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
        self.judges, self.operation, self.random = judges, operation, randomness
        self.service, self.protocol = judge.SPOKEN_TOO.get(service, (service, None))
        self.model = judges[0][1].service
        self.shapes = self.model.operation_model(operation)

    def unknown(self):
        return self.random.random() < 0.1

    def call(self, density, answer_density, error=None):
        region, client = self.random.choice(self.judges)
        value = Values(self.random, service=self.service).top(self.shapes.input_shape, density)
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
        if self.protocol:
            line["protocol"] = self.protocol
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


def chosen(service, model, arguments):
    """Names of the operations to call."""
    only = (arguments.only or "").partition(".")[2]
    names = [name for name in model.operation_names
             if only in ("", name) and not judge.is_left_out(service, model.operation_model(name))]
    randomness = random.Random("%s %s" % (arguments.seed, service))
    return randomness.sample(names, min(arguments.sample or len(names), len(names)))


def calls(services, arguments):
    for service in services:
        regions = REGIONS if not arguments.folder else (random.Random(arguments.seed + service).choice(REGIONS),)
        judges = [(region, judge.Judge(service, region, arguments.folder)) for region in regions]
        for operation in chosen(service, judges[0][1].service, arguments):
            randomness = random.Random("%s %s.%s" % (arguments.seed, service, operation))
            of_operation = Calls(judges, service, operation, randomness)
            try:
                yield from of_operation.small() if arguments.write else of_operation.all(
                    arguments.inputs, arguments.answers, arguments.errors)
            except Exception as problem:
                print("%s.%s: botocore cannot be asked: %s: %s" % (service, operation, type(problem).__name__, problem), flush=True)
                of_operation.judges[0][1].refused += 1


def encode(line):
    return json.dumps(line, separators=(",", ":"), sort_keys=True, ensure_ascii=False) + "\n"


def work(services, arguments):
    """One process of botocore, one of drsh. True if all went well."""
    program = subprocess.Popen([os.environ.get("DRSH", "build/drsh"), "run", "tests/conformance/botocore_requests.lua"],
                               stdin=subprocess.PIPE, cwd=judge.ROOT, text=True, encoding="utf-8")
    for line in calls(services, arguments):
        program.stdin.write(encode(line))
    program.stdin.close()
    return program.wait() == 0 and not judge.Judge.refused


def halves(sizes):
    """The services, name -> size, in two parts of about the same work."""
    parts = [[0, []], [0, []]]
    for size, service in sorted(((size, name) for name, size in sizes.items()), reverse=True):
        part = min(parts)
        part[0] += size
        part[1].append(service)
    return [services for _, services in parts]


def sizes_of(arguments):
    if not arguments.folder:
        sizes = {name: len(json.dumps(judge.model_of(name))) for name in judge.service_names()}
    elif arguments.sample:
        sizes = dict.fromkeys(judge.folder_names(), 1)
    else:
        sizes = {name: judge.folder_size(name) for name in judge.folder_names()}
    only = (arguments.only or "").partition(".")[0]
    return {name: size for name, size in sizes.items() if only in ("", name)}


def parsed():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", default=str(random.SystemRandom().randrange(10**9)))
    parser.add_argument("--inputs", type=int, help="an operation; 50, of the folder's 2")
    parser.add_argument("--answers", type=int, help="that are looked at, of as many; 50, of the folder's 2")
    parser.add_argument("--errors", type=int, help="an operation at most; 99, of the folder's 1")
    parser.add_argument("--only")
    parser.add_argument("--folder", action="store_true")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--write")
    arguments = parser.parse_args()
    usual = {"inputs": 2, "answers": 2, "errors": 1} if arguments.folder else {"inputs": 50, "answers": 50, "errors": 99}
    for name, number in usual.items():
        setattr(arguments, name, number if getattr(arguments, name) is None else getattr(arguments, name))
    return arguments


def main():
    arguments = parsed()
    if arguments.write:
        arguments.seed, random_values.BUDGET = "written", 20
        with open(arguments.write, "w", encoding="utf-8") as file:
            for line in calls(judge.service_names(), arguments):
                file.write(encode(line))
        return 0
    if arguments.folder and judge.VERSION < judge.FOLDER_SINCE:
        print("skipped: botocore %s is older than the habits that we follow" % judge.botocore.__version__)
        return 0
    if arguments.folder:
        os.environ["DRSH_MODEL_PATH"] = judge.data_folder()
    began = time.monotonic()
    print("botocore %s, seed %s" % (judge.botocore.__version__, arguments.seed), flush=True)
    for name, why in (judge.FOLDER_DIFFERENCES if arguments.folder else judge.DIFFERENCES).items():
        print("  known difference: %s: %s" % (name, why))
    for name, why in judge.FOLDER_LEFT_OUT.items() if arguments.folder else ():
        print("  left out: %s: %s" % (name, why))
    sys.stdout.flush()
    parts = [part for part in halves(sizes_of(arguments)) if part]
    if len(parts) < 2:
        return 0 if parts and work(parts[0], arguments) else 1
    child = os.fork()
    if child == 0:
        os._exit(0 if work(parts[1], arguments) else 1)
    good = work(parts[0], arguments)
    good = os.waitpid(child, 0)[1] == 0 and good
    print("%.0f s" % (time.monotonic() - began))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
