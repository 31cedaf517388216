#!/usr/bin/python3
"""Writes the vectors beside this file with botocore's signer, which we did not write: one folder a case, holding
  request        METHOD URL, headers, an empty line, the body
  scope          name=value lines: who signs, when, where, and how
  canonical      the canonical request
  string-to-sign
  authorization  the header's value, or for presigned cases the URL
Run it with Debian's python3-botocore when a case is added: python3 tests/modules/aws/sigv4/generate.py"""
import datetime
import os
from unittest import mock

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

EXAMPLE_ID, EXAMPLE_SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
EXAMPLE_HOST = "https://example.amazonaws.com"
JSON = ("Content-Type", "application/x-amz-json-1.0")
FORM = ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVzLWVhc3QtMSJHMEUCIQ+abc=="

CASES = {
    # the published example of the signing guide; its signature is known: 5d672d79...
    "iam-list-users": dict(url="https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08", headers=[FORM], service="iam"),
    "get-plain": dict(),
    "get-without-path": dict(url=EXAMPLE_HOST),
    "get-query-in-order-of-bytes": dict(url=EXAMPLE_HOST + "/?Param2=b&Param1=a&param1=c&Param1=B"),
    "get-query-without-value": dict(url=EXAMPLE_HOST + "/?flag=&other="),
    "get-query-unreserved": dict(url=EXAMPLE_HOST + "/?-._~0Az=-._~0Az"),
    "get-query-encoded": dict(url=EXAMPLE_HOST + "/?tagKeys=a%20b&tagKeys=%C3%A4%2F%2B"),
    "get-path-with-space": dict(url=EXAMPLE_HOST + "/example%20space/"),
    "get-path-utf8": dict(url=EXAMPLE_HOST + "/%E1%88%B4"),
    "get-path-dots": dict(url=EXAMPLE_HOST + "/example1/./example2/../example3"),
    "get-path-dots-to-root": dict(url=EXAMPLE_HOST + "/example/.."),
    "get-path-slashes": dict(url=EXAMPLE_HOST + "//example//"),
    "get-port": dict(url="http://127.0.0.1:8000/path"),
    "get-usual-port": dict(url="https://example.amazonaws.com:443/"),
    "get-header-spaces": dict(headers=[("My-Header1", "  a   b   c  "), ("My-Header2", '"a   b   c"')]),
    "get-header-twice": dict(headers=[("My-Header1", "value4"), ("My-Header1", "value1"), ("My-Header1", "value3")]),
    "get-header-not-signed": dict(headers=[("User-Agent", "drsh/1"), ("Expect", "100-continue"), ("X-Amzn-Trace-Id", "Root=1")]),
    "post-empty": dict(method="POST"),
    "drs-describe-jobs": dict(method="POST", url="https://drs.eu-west-1.amazonaws.com/DescribeJobs",
                              headers=[("Content-Type", "application/json")], body='{"filters":{"jobIDs":["drsjob-1"]}}',
                              service="drs", region="eu-west-1"),
    "drs-tags-arn-in-path": dict(method="DELETE", service="drs", url="https://drs.us-east-1.amazonaws.com/tags/arn%3Aaws%3Adrs%3A"
                                 "us-east-1%3A123456789012%3Asource-server%2Fs-1?tagKeys=a%2Fb&tagKeys=c%20d"),
    "dynamodb-get-item": dict(method="POST", url="https://dynamodb.us-east-1.amazonaws.com/", service="dynamodb",
                              headers=[JSON, ("X-Amz-Target", "DynamoDB_20120810.GetItem")],
                              body='{"TableName":"t","Key":{"id":{"S":"\u00e4"}}}'),
    "states-with-token": dict(method="POST", url="https://states.us-gov-west-1.amazonaws.com/", service="states",
                              region="us-gov-west-1", headers=[JSON, ("X-Amz-Target", "AWSStepFunctions.StartExecution")],
                              body="{}", token=TOKEN),
    "sts-query-body": dict(method="POST", url="https://sts.us-east-1.amazonaws.com/", service="sts", headers=[FORM],
                           body="Action=GetCallerIdentity&Version=2011-06-15"),
    "unsigned-payload": dict(method="PUT", url=EXAMPLE_HOST + "/x", body="not hashed", unsigned=True),
    "payload-hash-in-header": dict(method="PUT", body="given", headers=[("X-Amz-Content-Sha256", "0" * 64)]),
    "s3-path-as-it-is": dict(url="https://bucket.s3.amazonaws.com/a//b/../c%20d", service="s3", s3=True),
    "presign-sts": dict(url="https://sts.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15", service="sts", presign=60,
                        headers=[("x-k8s-aws-id", "cluster")]),
    "presign-with-token": dict(presign=900, token=TOKEN),
    "presign-query-encoded": dict(url=EXAMPLE_HOST + "/a%20b/c?z=%2F&a=1", presign=604800),
    "end-of-february": dict(time="20240229T235959Z"),
}


def sign(name, method="GET", url=EXAMPLE_HOST + "/", headers=(), body="", service="service", region="us-east-1",
         time="20150830T123600Z", token=None, presign=None, unsigned=False, s3=False):
    now = datetime.datetime.strptime(time, "%Y%m%dT%H%M%SZ")
    request = AWSRequest(method=method, url=url, data=body.encode())
    for header, value in headers:
        request.headers.add_header(header, value)
    signer = {(False, False): botocore.auth.SigV4Auth, (False, True): botocore.auth.S3SigV4Auth,
              (True, False): botocore.auth.SigV4QueryAuth}[(presign is not None, s3)]
    keys = Credentials(EXAMPLE_ID, EXAMPLE_SECRET, token)
    signer = signer(keys, service, region, presign) if presign else signer(keys, service, region)
    if unsigned:
        request.context["client_config"] = None
        signer.payload = lambda request: "UNSIGNED-PAYLOAD"
    seen = {}
    original = signer.string_to_sign

    def string_to_sign(request, canonical):
        seen.update(canonical=canonical, text=original(request, canonical))
        return seen["text"]

    signer.string_to_sign = string_to_sign
    with mock.patch("botocore.auth.datetime") as clock:
        clock.datetime.utcnow.return_value = now
        signer.add_auth(request)
    if s3:  # botocore adds this one of itself; for us it is the caller's
        headers = list(headers) + [("X-Amz-Content-SHA256", request.headers["X-Amz-Content-SHA256"])]

    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    os.makedirs(folder, exist_ok=True)
    scope = {"region": region, "service": service, "time": time, "id": EXAMPLE_ID, "secret": EXAMPLE_SECRET, "token": token,
             "presign": presign, "unsigned": int(unsigned) or None, "s3": int(s3) or None}
    files = {
        "request": "%s %s\n%s\n%s" % (method, url, "".join("%s: %s\n" % pair for pair in headers), body),
        "scope": "".join("%s=%s\n" % pair for pair in scope.items() if pair[1] is not None),
        "canonical": seen["canonical"],
        "string-to-sign": seen["text"],
        "authorization": request.url if presign else request.headers["Authorization"],
    }
    for file, text in files.items():
        with open(os.path.join(folder, file), "w", encoding="utf-8", newline="") as out:
            out.write(text)


for case, settings in CASES.items():
    sign(case, **settings)
