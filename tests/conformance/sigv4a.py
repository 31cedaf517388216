#!/usr/bin/env python3
"""Our SigV4a against AWS's own signer, awscrt: random requests, each signed by both. Signatures of this kind differ each time, so
awscrt's is checked over our string to sign (then both have the same canonical request, letter by letter), and ours over the same
text, with the public key that cryptography derives by the published rule.

    sigv4a.py [--seed N] [--count N]      make conformance

The requests are those of botocore_signatures.py; a line to drsh (sigv4a.lua) is one request, its answer
    {"authorization" | "url", "text": string to sign}
"""

import argparse
import base64
import datetime
import hashlib
import hmac
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from urllib.parse import urlsplit

try:
    import awscrt
    import awscrt.auth
    import awscrt.http
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
except ImportError as missing:
    print("skipped: %s; they come from PyPI" % missing)
    sys.exit(0)

sys.dont_write_bytecode = True
from botocore_signatures import ROOT, Requests, without_repeats  # noqa: E402

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
REGION_SETS = ("*", "us-east-1", "us-east-1,eu-west-1", "us-*")


def public_key(access_key_id, secret):
    """The key pair of an access key, by NIST SP 800-108's counter mode."""
    for counter in range(1, 255):
        text = b"\0\0\0\1AWS4-ECDSA-P256-SHA256\0" + access_key_id.encode() + bytes([counter]) + b"\0\0\1\0"
        candidate = int.from_bytes(hmac.new(b"AWS4A" + secret.encode(), text, hashlib.sha256).digest(), "big")
        if candidate <= ORDER - 2:
            return ec.derive_private_key(candidate + 1, ec.SECP256R1()).public_key()


def case(requests):
    request, moment = requests.make()
    while ":/" in urlsplit(request["url"]).path:  # awscrt takes it for the end of a scheme
        request, moment = requests.make()
    request["region_set"] = requests.random.choice(REGION_SETS)
    del request["region"]
    expires = requests.random.choice((None, requests.random.randint(1, 604800)))
    if expires:
        request["expires"] = expires
        request["url"] = without_repeats(request["url"])
        request["unsigned_payload"] = request["service"] == "s3"
    return request, moment


def by_awscrt(request, moment):
    """-> awscrt's signature in hexadecimal digits"""
    keys, kinds, parts = request["credentials"], awscrt.auth.AwsSignatureType, urlsplit(request["url"])
    config = awscrt.auth.AwsSigningConfig(
        algorithm=awscrt.auth.AwsSigningAlgorithm.V4_ASYMMETRIC, region=request["region_set"], service=request["service"],
        credentials_provider=awscrt.auth.AwsCredentialsProvider.new_static(
            keys["access_key_id"], keys["secret_access_key"], keys.get("session_token")),
        signature_type=kinds.HTTP_REQUEST_QUERY_PARAMS if "expires" in request else kinds.HTTP_REQUEST_HEADERS, date=moment,
        use_double_uri_encode=request["double_encode"], should_normalize_uri_path=request["path_normalize"],
        expiration_in_seconds=request.get("expires"),
        signed_body_value="UNSIGNED-PAYLOAD" if request["unsigned_payload"] else hashlib.sha256(request["body"]).hexdigest())
    target = (parts.path or "/") + ("?" + parts.query if parts.query else "")
    host = re.sub(":443$", "", parts.netloc)  # as botocore sends it
    headers = awscrt.http.HttpHeaders([("host", host)] + list(request["headers"].items()))
    signed = awscrt.auth.aws_sign_request(awscrt.http.HttpRequest(request["method"], target, headers), config).result()
    text = signed.path if "expires" in request else dict(signed.headers)["Authorization"]
    return re.search("Signature=([0-9a-f]+)", text).group(1)


def difference(request, theirs, ours):
    """Why the two do not agree; None when they do."""
    if "problem" in ours:
        return ours["problem"]
    key = public_key(request["credentials"]["access_key_id"], request["credentials"]["secret_access_key"])
    signed = ours.get("url") or ours["authorization"]
    for who, signature in (("awscrt", theirs), ("drsh", re.search("Signature=([0-9a-f]+)", signed).group(1))):
        try:
            key.verify(bytes.fromhex(signature), ours["text"].encode(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return "%s's signature is not of our string to sign:\n%s" % (who, ours["text"])
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", default=str(random.SystemRandom().randrange(10**9)))
    parser.add_argument("--count", type=int, default=2000)
    arguments = parser.parse_args()
    print("awscrt %s, seed %s" % (awscrt.__version__, arguments.seed), flush=True)
    requests = Requests(random.Random(arguments.seed))
    cases = [case(requests) for _ in range(arguments.count)]
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        for request, _ in cases:
            file.write(json.dumps({**request, "body": base64.b64encode(request["body"]).decode()}) + "\n")
        file.flush()
        output = subprocess.run([os.environ.get("DRSH", "build/drsh"), "run", "tests/conformance/sigv4a.lua", file.name], cwd=ROOT,
                                stdout=subprocess.PIPE, check=True)
    answers = [json.loads(line) for line in output.stdout.splitlines()]
    failed = abs(len(cases) - len(answers))
    for (request, moment), ours in zip(cases, answers):
        different = difference(request, by_awscrt(request, moment), ours)
        if different:
            failed += 1
            if failed <= 5:
                print(json.dumps({**request, "body": request["body"].hex()}))
                print(different)
    print("SigV4a judged by awscrt %s: %d passed, %d failed" % (awscrt.__version__, len(cases) - failed, failed))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
