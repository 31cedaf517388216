#!/usr/bin/env python3
"""work.py NAME COUNT: does the work COUNT times in this process and prints the seconds that it took; as tests/bench/work.lua."""

import os
import sys
import time


def call():
    import boto3
    drs = boto3.client("drs", endpoint_url=os.environ["AWS_ENDPOINT_URL"])  # older ones do not look for it
    return lambda: drs.describe_source_servers(maxResults=200)


def sign():
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    keys = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    signer = SigV4Auth(keys, "drs", "us-east-1")

    def one():
        signer.add_auth(AWSRequest("POST", "https://drs.us-east-1.amazonaws.com/DescribeJobs",
                                   {"content-type": "application/json"}, b"x" * 500))
    return one


def nothing():
    import boto3  # noqa: F401
    return lambda: None


WORK = {"call": call, "calls": call, "sign": sign, "nothing": nothing}


def main():
    made, count = WORK[sys.argv[1]](), int(sys.argv[2])
    began = time.monotonic()
    for _ in range(count):
        made()
    print("%.9f" % (time.monotonic() - began))


if __name__ == "__main__":
    main()
