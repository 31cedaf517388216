#!/usr/bin/env python3
"""Random requests to the local AWS's DynamoDB: no answer may be a failure of the server's own. Where somebody runs Amazon's
DynamoDB Local, it gets the same requests, and its answers and error texts must be the same as ours.

    dynamodb_local.py [--seed N] [--requests N] [--keep-going] [--theirs URL]        make conformance

DynamoDB Local is under terms of Amazon's own, so it is not fetched here. To compare, start one (in memory, with -sharedDb) and
give its URL with --theirs, or in DRSH_DYNAMODB_LOCAL. Where it is not what DynamoDB is, dynamodb_differences.py says why.
"""

import argparse
import json
import os
import random
import re
import sys

import botocore.config
import botocore.exceptions
import botocore.session

from dynamodb_differences import reason_of
from dynamodb_partiql import Statements
from dynamodb_requests import TABLES, Requests


def client(url):
    return botocore.session.get_session().create_client(
        "dynamodb", endpoint_url=url, region_name="us-east-1",
        config=botocore.config.Config(parameter_validation=False, retries={"max_attempts": 0}))


# Answers ----------------------------------------------------------------------------------------------------------------------

def plain(value):
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    if isinstance(value, (bytes, bytearray)):
        return {"$bytes": value.hex()}
    if isinstance(value, list):
        return [plain(member) for member in value]
    return value


def without_order(value):
    """Sets have no order."""
    if isinstance(value, dict):
        return {name: sorted(member, key=repr) if name in ("SS", "NS", "BS") else without_order(member)
                for name, member in value.items()}
    return [without_order(member) for member in value] if isinstance(value, list) else value


def answer(api, operation, request):
    method = re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
    try:
        output = getattr(api, method)(**request)
    except botocore.exceptions.ClientError as error:
        return plain({name: member for name, member in error.response.items()
                      if name not in ("ResponseMetadata", "message", "Message")})
    output.pop("ResponseMetadata")
    output.pop("ConsumedCapacity", None)
    output = without_order(plain(output))
    # Rows of a scan, and of index entries with equal keys, come in an order that DynamoDB does not promise.
    if operation == "Scan" or "IndexName" in request or operation in ("ExecuteStatement", "BatchGetItem"):
        output = json.loads(json.dumps(output, sort_keys=True))
        lists = output.get("Responses", {}).values() if operation == "BatchGetItem" else [output.get("Items", [])]
        for items in lists:
            items.sort(key=lambda item: json.dumps(item, sort_keys=True))
    return output


# The run ----------------------------------------------------------------------------------------------------------------------

def empty(api):
    for name, definition in TABLES.items():
        keys = [element["AttributeName"] for element in definition["KeySchema"]]
        for item in api.scan(TableName=name)["Items"]:
            api.delete_item(TableName=name, Key={key: item[key] for key in keys})


def tell(operation, request, theirs, ours):
    print("different: %s %s" % (operation, json.dumps(plain(request), ensure_ascii=False)))
    print("  DynamoDB Local: " + json.dumps(theirs, sort_keys=True, ensure_ascii=False))
    print("  ours:           " + json.dumps(ours, sort_keys=True, ensure_ascii=False))


def is_fault_of_ours(ours):
    return ours.get("Error", {}).get("Code") in ("InternalServerError", "InternalFailure", "500")


def compare(apis, operation, request, met):
    ours = answer(apis[0], operation, request)
    if len(apis) == 1 or is_fault_of_ours(ours):
        if is_fault_of_ours(ours):
            print("failed: %s %s" % (operation, json.dumps(plain(request), ensure_ascii=False)))
        return not is_fault_of_ours(ours)
    theirs = answer(apis[1], operation, request)
    if theirs == ours:
        return True
    for api in apis:  # so that a difference is told once
        empty(api)
    reason = reason_of(theirs, ours, operation, request)
    if reason:
        met[reason] = met.get(reason, 0) + 1
    else:
        tell(operation, request, theirs, ours)
    return reason is not None


def run(apis, arguments):
    for name, definition in TABLES.items():
        for api in apis:
            api.create_table(TableName=name, **definition)
    randomness = random.Random(arguments.seed)
    makers = (Requests(randomness), Requests(randomness), Statements(randomness))
    met, wrong = {}, 0
    for _ in range(arguments.requests):
        operation, request = randomness.choice(makers).request()
        if not compare(apis, operation, request, met):
            wrong += 1
            if not arguments.keep_going:
                break
    for reason, count in sorted(met.items()):
        print("%6d times: %s" % (count, reason))
    for name in TABLES:
        for api in apis:
            api.delete_table(TableName=name)
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--keep-going", action="store_true")
    parser.add_argument("--theirs", default=os.environ.get("DRSH_DYNAMODB_LOCAL"))
    arguments = parser.parse_args()
    apis = [client(os.environ["AWS_ENDPOINT_URL"])]
    if "ReturnValuesOnConditionCheckFailure" not in apis[0].meta.service_model.operation_model("PutItem").input_shape.members:
        print("skipped: this botocore is older than what is asked")
        return
    if arguments.theirs:
        apis.append(client(arguments.theirs))
    else:
        print("skipped: no DynamoDB Local to compare with (DRSH_DYNAMODB_LOCAL=http://...)")
    print("dynamodb_local: seed %d" % arguments.seed)
    wrong = run(apis, arguments)
    print("dynamodb_local: %d requests, %d wrong" % (arguments.requests, wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
