#!/usr/bin/env python3
"""Our endpoints against botocore's own resolver: every service that we have rules for, in a spread of regions of all partitions,
with and without FIPS and dual stack; and what an operation's parameters and the account decide.

    endpoints.py [SERVICE ...]      make conformance; with DRSH_MODEL_PATH=.../botocore/data the other services can be named

An old botocore judges our way of running the rules, on our rules; one as new as they are judges the rules as well.
"""

import json
import os
import subprocess
import sys
import tempfile

import botocore
import botocore.session
from botocore.endpoint_provider import EndpointProvider
from botocore.loaders import Loader

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RULES = os.path.join(ROOT, "modules", "aws", "endpoints")
FOLDERS = {"sfn": "stepfunctions"}
REGIONS = ("us-east-1", "us-west-2", "eu-central-1", "ap-southeast-4", "me-central-1", "il-central-1", "mx-central-1",
           "cn-north-1", "cn-northwest-1", "us-gov-west-1", "us-gov-east-1", "us-iso-east-1", "us-iso-west-1", "us-isob-east-1",
           "us-isof-south-1", "eu-isoe-west-1", "eusc-de-east-1", "us-future-9", "aws-global", "nowhere-land-1")
ACCOUNT = "123456789012"


def generated(service):
    with open(os.path.join(RULES, service + ".json"), encoding="utf-8") as file:
        return json.load(file)


def restored(rule):
    """One of our rules as botocore writes it: with its kind."""
    rule = dict(rule, conditions=rule.get("conditions", []))
    rule["type"] = "tree" if "rules" in rule else "error" if "error" in rule else "endpoint"
    if "rules" in rule:
        rule["rules"] = [restored(child) for child in rule["rules"]]
    return rule


def partitions():
    """Ours, with the expressions that the patterns came from."""
    with open(os.path.join(RULES, "partitions.json"), encoding="utf-8") as file:
        ours = json.load(file)["partitions"]
    found = []
    for partition in ours:
        patterns = [pattern.strip("^$").replace("%-", "-").replace("[%w_]", r"\w").replace("%d", r"\d")
                    for pattern in partition["patterns"]]
        found.append({"id": partition["outputs"]["name"], "regionRegex": "^(%s)$" % "|".join(patterns),
                      "regions": {region: {} for region in partition["regions"]}, "outputs": dict(partition["outputs"])})
    return {"version": "1.1", "partitions": found}


def provider(service, loader, newest):
    """botocore's resolver: on its own rules if it is new enough, else on ours."""
    if newest:
        return EndpointProvider(loader.load_service_model(FOLDERS.get(service, service), "endpoint-rule-set-1"),
                                loader.load_data("partitions"))
    ours = generated(service)
    kinds = {"UseFIPS": "Boolean", "UseDualStack": "Boolean", "UseGlobalEndpoint": "Boolean", "ResourceArnList": "stringArray",
             "IsControlPlane": "Boolean", "IsSearchOperation": "Boolean"}
    parameters = {name: dict(spec, type=kinds.get(name, "String")) for name, spec in ours["parameters"].items()}
    return EndpointProvider({"version": "1.0", "parameters": parameters, "rules": [restored(rule) for rule in ours["rules"]]},
                            partitions())


def questions(service, with_rules):
    for region in REGIONS:
        for fips in (False, True):
            for dual_stack in (False, True):
                yield {"service": service, "region": region, "fips": fips, "dual_stack": dual_stack}
                if service == "sts":
                    yield {"service": service, "region": region, "fips": fips, "dual_stack": dual_stack, "legacy": True}
                if service == "dynamodb":
                    for mode in ("preferred", "disabled", "required"):
                        yield {"service": service, "region": region, "fips": fips, "dual_stack": dual_stack, "mode": mode}
                        yield {"service": service, "region": region, "fips": fips, "dual_stack": dual_stack, "mode": mode,
                               "account": ACCOUNT}
                        for table in ("table", "arn:aws:dynamodb:%s:999999999999:table/t" % region):
                            for operation, given in (("GetItem", {"TableName": table}), ("ListTables", {}),
                                                     ("BatchGetItem", {"RequestItems": {table: {}}}),
                                                     ("TransactWriteItems", {"TransactItems": [{"Put": {"TableName": table}}]})):
                                yield {"service": service, "region": region, "fips": fips, "dual_stack": dual_stack, "mode": mode,
                                       "account": ACCOUNT, "operation": operation, "input": given}
                if service == "s3":
                    for bucket in ("bucket", "b.with.dots", "B_old", "arn:aws:s3:%s:%s:accesspoint/name" % (region, ACCOUNT),
                                   "arn:aws:s3::%s:accesspoint:abc.mrap" % ACCOUNT):
                        yield {"service": service, "region": region, "fips": fips, "dual_stack": dual_stack,
                               "operation": "GetObject", "input": {"Bucket": bucket, "Key": "a/b"}}
                if service == "events" and with_rules:
                    yield {"service": service, "region": region, "fips": fips, "dual_stack": dual_stack,
                           "operation": "PutEvents", "input": {"EndpointId": "abcde.veo", "Entries": []}}


def context(question):
    """What the operation's own parameters say, written down once more by hand."""
    given = question.get("input", {})
    if "TableName" in given:
        return {"ResourceArn": given["TableName"]}
    if "RequestItems" in given:
        return {"ResourceArnList": tuple(given["RequestItems"])}
    if "TransactItems" in given:
        return {"ResourceArnList": tuple(item["Put"]["TableName"] for item in given["TransactItems"])}
    if "Bucket" in given:
        return {"Bucket": given["Bucket"], "Key": given["Key"]}
    return {"EndpointId": given["EndpointId"]} if "EndpointId" in given else {}


def judged(question, resolver, signing_name):
    parameters = {"Region": question["region"], "UseFIPS": question["fips"], "UseDualStack": question["dual_stack"]}
    if question["service"] == "sts":
        parameters["UseGlobalEndpoint"] = question.get("legacy", False)
    if "mode" in question:
        parameters["AccountIdEndpointMode"] = question["mode"]
    if "account" in question:
        parameters["AccountId"] = question["account"]
    parameters.update(context(question))
    known = resolver.ruleset.parameters
    try:
        endpoint = resolver.resolve_endpoint(**{name: value for name, value in parameters.items() if name in known})
    except Exception as refusal:  # botocore has several kinds, by version
        return {"refused": str(refusal)}
    schemes = endpoint.properties.get("authSchemes", [])
    scheme = next((scheme for scheme in schemes if scheme["name"] in ("sigv4", "sigv4a")), {})
    if schemes and not scheme and schemes[0]["name"] != "none":
        return {"refused": "signatures of the kind " + schemes[0]["name"]}
    answer = {"url": endpoint.url.rstrip("/"), "name": scheme.get("signingName", signing_name),
              "region": scheme.get("signingRegion", question["region"])}
    return dict(answer, regions=",".join(scheme["signingRegionSet"])) if scheme.get("name") == "sigv4a" else answer


def is_newest(loader, services):
    """Are botocore's rules those that ours were made from?"""
    sys.path.insert(0, RULES)
    import generate
    for service in services:
        folder = FOLDERS.get(service, service)
        try:
            theirs = loader.load_service_model(folder, "endpoint-rule-set-1")["rules"]
        except botocore.exceptions.DataNotFoundError:
            return False
        if [generate.trim(rule) for rule in theirs] != generated(service)["rules"]:
            print("endpoints: botocore %s has other rules for %s than ours" % (botocore.__version__, service))
            return False
    return True


def main():
    sys.dont_write_bytecode = True
    session = botocore.session.get_session()
    loader = session.get_component("data_loader")
    own = sorted(name[:-5] for name in os.listdir(RULES) if name.endswith(".json") and name != "partitions.json")
    # IAM and CloudFront have rules for those who bring a model of theirs.
    models = {name[:-5] for name in os.listdir(os.path.join(ROOT, "modules", "aws", "models")) if name.endswith(".json")}
    services = sys.argv[1:] or [service for service in own if service in models]
    newest = bool(sys.argv[1:]) or is_newest(loader, own)
    asked, expected = [], []
    for service in services:
        metadata = loader.load_service_model(FOLDERS.get(service, service), "service-2")["metadata"]
        try:
            resolver = provider(service, loader, newest)
        except Exception as problem:  # an old botocore does not know all that newer rules are written in
            print("left out: %s: botocore %s cannot read its rules: %s" % (service, botocore.__version__, problem))
            continue
        for question in questions(service, service in own):
            asked.append(question)
            expected.append(judged(question, resolver, metadata.get("signingName", metadata["endpointPrefix"])))
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.writelines(json.dumps(question) + "\n" for question in asked)
        file.flush()
        program = os.environ.get("DRSH", "build/drsh")
        output = subprocess.run([program, "run", "tests/conformance/endpoints.lua", file.name], stdout=subprocess.PIPE, check=True)
    answers = [json.loads(line) for line in output.stdout.splitlines()]
    failed, unread = 0, {}
    for question, ours, theirs in zip(asked, answers, expected):
        if "unread" in ours:
            unread[question["service"]] = ours["unread"]
        elif "required parameter" in theirs.get("refused", ""):  # what an operation decides; these questions name none
            unread[question["service"]] = theirs["refused"]
        # Both refuse: the words may differ.
        elif ours != theirs and not ("refused" in ours and "refused" in theirs):
            failed += 1
            if failed <= 20:
                print("%s\n  drsh:     %s\n  botocore: %s" % (json.dumps(question), json.dumps(ours), json.dumps(theirs)))
    for service, why in unread.items():
        print("left out: %s: %s" % (service, why))
    failed += abs(len(asked) - len(answers))
    print("endpoints judged by botocore %s on %s rules: %d passed, %d failed"
          % (botocore.__version__, "its own" if newest else "our", len(asked) - failed, failed))
    sys.exit(failed > 0 or not asked)


if __name__ == "__main__":
    main()
