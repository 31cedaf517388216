#!/usr/bin/python3
"""Writes the SigV4a vectors beside this file, with signers that we did not write: AWS's own awscrt signs, botocore writes the
canonical request, cryptography derives the public key and checks that the one belongs to the other. The files are those of
../sigv4/generate.py; `scope` has region_set, and x and y of the public key. awscrt's signature differs each time.

Run it with botocore, awscrt and cryptography from PyPI when a case is added."""
import datetime
import hashlib
import hmac
import os
import re
import struct
from urllib.parse import urlsplit

import awscrt.auth
import awscrt.http
import botocore.auth
from botocore.awsrequest import AWSRequest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

ID, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVzLWVhc3QtMSJHMEUCIQ+abc=="
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
JSON = ("Content-Type", "application/x-amz-json-1.1")

CASES = {
    "get-plain": dict(),
    "get-query-and-path": dict(url="https://example.amazonaws.com/a%20b/../c?z=%2F&a=1&Z="),
    "events-put-events": dict(method="POST", url="https://abc.456.endpoint.events.amazonaws.com/", service="events", region_set="*",
                              headers=[JSON, ("X-Amz-Target", "AWSEvents.PutEvents")], body='{"Entries":[]}', token=TOKEN),
    "s3-two-regions": dict(url="https://m.mrap.accesspoint.s3-global.amazonaws.com/a//b/../c%20d", service="s3", s3=True,
                           region_set="us-east-1,eu-west-1", headers=[("X-Amz-Content-SHA256", hashlib.sha256(b"").hexdigest())]),
    "presign-plain": dict(presign=900),
    "presign-with-token": dict(presign=604800, region_set="*", token=TOKEN, url="https://example.amazonaws.com/x?b=2&a=1"),
    "other-key": dict(id="AKISORANDOMAASORANDOM", secret="q+jcrXGc+0zWN6uzclKVhvMmUsIfRPa4rlRandom"),
}


def private_key(access_key_id, secret):
    for counter in range(1, 255):
        text = struct.pack(">I", 1) + b"AWS4-ECDSA-P256-SHA256\0" + access_key_id.encode() + bytes([counter]) + struct.pack(">I", 256)
        candidate = int.from_bytes(hmac.new(b"AWS4A" + secret.encode(), text, hashlib.sha256).digest(), "big")
        if candidate <= ORDER - 2:
            return ec.derive_private_key(candidate + 1, ec.SECP256R1())


def signed_by_awscrt(method, url, headers, body_hash, service, region_set, now, keys, presign, s3):
    kinds, body_header = awscrt.auth.AwsSignatureType, awscrt.auth.AwsSignedBodyHeaderType
    has_hash = "X-Amz-Content-SHA256" in dict(headers)  # awscrt will write it itself
    config = awscrt.auth.AwsSigningConfig(
        algorithm=awscrt.auth.AwsSigningAlgorithm.V4_ASYMMETRIC, credentials_provider=keys, region=region_set, service=service,
        signature_type=kinds.HTTP_REQUEST_QUERY_PARAMS if presign else kinds.HTTP_REQUEST_HEADERS, date=now,
        use_double_uri_encode=not s3, should_normalize_uri_path=not s3, expiration_in_seconds=presign,
        signed_body_value=body_hash, signed_body_header_type=body_header.X_AMZ_CONTENT_SHA_256 if has_hash else body_header.NONE)
    parts = urlsplit(url)
    sent = [("host", parts.netloc)] + [pair for pair in headers if pair[0] != "X-Amz-Content-SHA256"]
    request = awscrt.http.HttpRequest(method, (parts.path or "/") + ("?" + parts.query if parts.query else ""),
                                      awscrt.http.HttpHeaders(sent))
    return awscrt.auth.aws_sign_request(request, config).result()


def canonical_request(method, url, headers, body_hash, s3):
    request = AWSRequest(method=method, url=url)
    for name, value in headers:
        request.headers.add_header(name, value)
    if "X-Amz-Content-SHA256" not in dict(headers):
        request.headers["X-Amz-Content-SHA256"] = body_hash  # else botocore hashes the body, which it was not given
    signer = (botocore.auth.S3SigV4Auth if s3 else botocore.auth.SigV4Auth)(None, "service", "region")
    text = signer.canonical_request(request)
    if "X-Amz-Content-SHA256" in dict(headers):
        return text
    lines = [line for line in text.split("\n") if not line.startswith("x-amz-content-sha256:")]
    lines[-2] = lines[-2].replace("x-amz-content-sha256;", "").replace(";x-amz-content-sha256", "")
    return "\n".join(lines)


def make(name, method="GET", url="https://example.amazonaws.com/", headers=(), body="", service="service", region_set="us-east-1",
         token=None, presign=None, s3=False, id=ID, secret=SECRET):
    now = datetime.datetime(2015, 8, 30, 12, 36, tzinfo=datetime.timezone.utc)
    body_hash = hashlib.sha256(body.encode()).hexdigest()
    keys = awscrt.auth.AwsCredentialsProvider.new_static(id, secret, token)
    answer = signed_by_awscrt(method, url, headers, body_hash, service, region_set, now, keys, presign, s3)
    host = "%s://%s" % urlsplit(url)[:2]
    date, scope = "20150830T123600Z", "20150830/%s/aws4_request" % service
    if presign:
        authorization = host + answer.path
        signature = re.search("X-Amz-Signature=([0-9a-f]+)", authorization).group(1)
        canonical = canonical_request(method, re.sub("&X-Amz-Signature=[0-9a-f]+", "", authorization), headers, body_hash, s3)
    else:
        authorization = dict(answer.headers)["Authorization"]
        signature = authorization.rpartition("Signature=")[2]
        added = [pair for pair in answer.headers if pair[0].lower() in ("x-amz-date", "x-amz-region-set", "x-amz-security-token")]
        canonical = canonical_request(method, url, list(headers) + added, body_hash, s3)
    text = "AWS4-ECDSA-P256-SHA256\n%s\n%s\n%s" % (date, scope, hashlib.sha256(canonical.encode()).hexdigest())
    public = private_key(id, secret).public_key()
    public.verify(bytes.fromhex(signature), text.encode(), ec.ECDSA(hashes.SHA256()))

    numbers = public.public_numbers()
    scope = {"region_set": region_set, "service": service, "time": date, "id": id, "secret": secret, "token": token,
             "presign": presign, "s3": int(s3) or None, "x": "%064x" % numbers.x, "y": "%064x" % numbers.y}
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    os.makedirs(folder, exist_ok=True)
    for file, content in {
        "request": "%s %s\n%s\n%s" % (method, url, "".join("%s: %s\n" % pair for pair in headers), body),
        "scope": "".join("%s=%s\n" % pair for pair in scope.items() if pair[1] is not None),
        "canonical": canonical, "string-to-sign": text, "authorization": authorization,
    }.items():
        with open(os.path.join(folder, file), "w", encoding="utf-8", newline="") as out:
            out.write(content)


for case, settings in CASES.items():
    make(case, **settings)
