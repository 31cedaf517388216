#!/usr/bin/env python3
"""Our signatures against botocore's: random requests, each signed in its headers or in its address. The Authorization header and
the presigned URL must be the same, letter by letter.

    botocore_signatures.py [--seed N] [--count N]      make conformance

Session tokens, odd characters in paths and queries, keys of a query given twice, dots and double slashes in paths, headers with
runs of white space, bodies that are not signed, S3's way with paths. A line to drsh (botocore_signatures.lua):
    {"request": fields of sigv4.sign or sigv4.presign, "expected": {"authorization", ...} | {"url"}}
"""

import argparse
import base64
import datetime
import json
import os
import random
import string
import subprocess
import sys
import types
from urllib.parse import quote

import botocore
import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ODD = " /+&<>\"'%:=?#;,@~*()[]{}|\\^`$!_.-é漢😀\t\x01"
SERVICES = ("drs", "states", "dynamodb", "sts", "ec2", "lambda", "execute-api", "s3")
REGIONS = ("us-east-1", "eu-central-1", "ap-southeast-2", "cn-north-1", "us-gov-west-1")
# botocore leaves these out of a signature; a request that we sign has none of them but by its caller's wish.
HEADERS = ("Content-Type", "X-Amz-Target", "Accept", "X-Custom", "x-amz-meta-note", "Range", "If-None-Match")


def at(moment):
    """botocore signs at this moment from now on."""
    if hasattr(botocore.auth, "get_current_datetime"):
        botocore.auth.get_current_datetime = lambda *_, **__: moment
    else:
        frozen = types.SimpleNamespace(utcnow=lambda: moment, strptime=datetime.datetime.strptime)
        botocore.auth.datetime = types.SimpleNamespace(datetime=frozen)


class Requests:
    def __init__(self, randomness):
        self.random = randomness

    def text(self, alphabet, least, most):
        return "".join(self.random.choice(alphabet) for _ in range(self.random.randint(least, most)))

    def path(self, is_s3):
        segments = []
        for _ in range(self.random.randint(0, 4)):
            kind = self.random.random()
            if kind < 0.08:
                segments.append(self.random.choice((".", "..", "")))
            else:
                segments.append(quote(self.text(string.ascii_letters + ODD, 1, 12), safe=self.random.choice(("", "~", ":@=,;!$()*'"))))
        path = "/" + "/".join(segments)
        return path + "/" if not is_s3 and self.random.random() < 0.1 and not path.endswith("/") else path

    def query(self):
        pairs, names = [], [self.text(string.ascii_letters + ODD, 1, 6) for _ in range(3)]
        for _ in range(self.random.choice((0, 0, 1, 2, 5))):
            value = self.text(string.ascii_letters + ODD, 0, 10)
            pairs.append("%s=%s" % (quote(self.random.choice(names), safe="-_.~"), quote(value, safe="-_.~")))
        return "?" + "&".join(pairs) if pairs else ""

    def headers(self):
        chosen = self.random.sample(HEADERS, self.random.randint(0, 4))
        words = string.ascii_letters + string.digits + "!#$%&'()*+-./:;<=>?@[]^_{|}~,\""
        return {name: self.random.choice(("", " ", "\t ")) + self.random.choice(("  ", " ", "\t", " \t ")).join(
            self.text(words, 1, 8) for _ in range(self.random.randint(1, 4))) + self.random.choice(("", "  ")) for name in chosen}

    def make(self):
        service = self.random.choice(SERVICES)
        moment = datetime.datetime.fromtimestamp(self.random.randint(10**9, 4 * 10**9), datetime.timezone.utc)
        keys = {"access_key_id": "AKIA" + self.text(string.ascii_uppercase + string.digits, 16, 16),
                "secret_access_key": self.text(string.ascii_letters + string.digits + "+/", 40, 40)}
        if self.random.random() < 0.5:
            keys["session_token"] = self.text(string.ascii_letters + string.digits + "+/=", 20, 300)
        host = self.random.choice(("example.amazonaws.com", "a-b.c.example.org:8443", "127.0.0.1:4566", "h.example:443"))
        return {
            "method": self.random.choice(("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH")), "service": service,
            "url": "https://" + host + self.path(service == "s3") + self.query(),
            "region": self.random.choice(REGIONS), "time": int(moment.timestamp()), "headers": self.headers(),
            "body": self.random.choice((b"", b"{}", bytes(self.random.randrange(256) for _ in range(self.random.randint(1, 99))))),
            "credentials": keys, "unsigned_payload": service == "s3" and self.random.random() < 0.5,
            "path_normalize": service != "s3", "double_encode": service != "s3",
        }, moment


def signed(request, expires):
    keys = request["credentials"]
    credentials = Credentials(keys["access_key_id"], keys["secret_access_key"], keys.get("session_token"))
    is_s3 = request["service"] == "s3"
    if expires is None:
        kind = botocore.auth.S3SigV4Auth if is_s3 else botocore.auth.SigV4Auth
        signer = kind(credentials, request["service"], request["region"])
    else:
        kind = botocore.auth.S3SigV4QueryAuth if is_s3 else botocore.auth.SigV4QueryAuth
        signer = kind(credentials, request["service"], request["region"], expires=expires)
    wanted = AWSRequest(method=request["method"], url=request["url"], data=request["body"], headers=dict(request["headers"]))
    # The client's configuration says whether S3's bodies are signed.
    wanted.context["client_config"] = types.SimpleNamespace(s3={"payload_signing_enabled": not request["unsigned_payload"]})
    wanted.context["has_streaming_input"] = True
    signer.add_auth(wanted)
    return wanted


def without_repeats(url):
    address, mark, query = url.partition("?")
    pairs = {pair.partition("=")[0]: pair for pair in query.split("&")}
    return address + mark + "&".join(pairs.values())


def case(requests):
    request, moment = requests.make()
    at(moment)
    expires = requests.random.choice((None, requests.random.randint(1, 604800)))
    if expires is None:
        answer = signed(request, None)
        if request["service"] == "s3":  # where botocore puts the hash into a header, we are given that header
            request["headers"]["X-Amz-Content-SHA256"] = answer.headers["X-Amz-Content-SHA256"]
        expected = {"authorization": answer.headers["Authorization"], "date": answer.headers["X-Amz-Date"]}
    else:
        request["headers"].pop("Content-Type", None)  # botocore takes it out of what it presigns
        request["body"] = b""  # botocore makes it a part of the query
        request["url"] = without_repeats(request["url"])  # botocore drops all but the first value of a key
        request["expires"] = expires
        request["unsigned_payload"] = request["service"] == "s3"
        expected = {"url": signed(request, expires).url}
    return {"request": {**request, "body": base64.b64encode(request["body"]).decode()}, "expected": expected}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", default=str(random.SystemRandom().randrange(10**9)))
    parser.add_argument("--count", type=int, default=10000)
    arguments = parser.parse_args()
    print("botocore %s, seed %s" % (botocore.__version__, arguments.seed), flush=True)
    requests = Requests(random.Random(arguments.seed))
    program = subprocess.Popen([os.environ.get("DRSH", "build/drsh"), "run", "tests/conformance/botocore_signatures.lua"],
                               stdin=subprocess.PIPE, cwd=ROOT, text=True, encoding="utf-8")
    for _ in range(arguments.count):
        program.stdin.write(json.dumps(case(requests), separators=(",", ":")) + "\n")
    program.stdin.close()
    return program.wait()


if __name__ == "__main__":
    sys.exit(main())
