#!/usr/bin/env python3
"""Writes the endpoint rules that are built into drsh, from those that botocore publishes.

    python3 modules/aws/endpoints/generate.py BOTOCORE_DATA [OUTPUT_FOLDER]

BOTOCORE_DATA is the `data` folder of an unpacked botocore. Written are partitions.json, and for each service its rules with which
parameters of which operation have a say in them. Facts only, no prose; one rule a line.
"""

import gzip
import json
import os
import re
import sys

# Our name of the service -> botocore's folder.
SERVICES = {"drs": "drs", "sfn": "stepfunctions", "dynamodb": "dynamodb", "sts": "sts", "ec2": "ec2", "lambda": "lambda",
            "sns": "sns", "route53": "route53", "elbv2": "elbv2", "ssm": "ssm", "cloudwatch": "cloudwatch", "events": "events",
            "iam": "iam", "cloudfront": "cloudfront", "sso": "sso", "sso-oidc": "sso-oidc", "signin": "signin"}


def read(path):
    if os.path.exists(path + ".gz"):
        with gzip.open(path + ".gz", "rb") as file:
            return json.load(file)
    with open(path, "rb") as file:
        return json.load(file)


def compact(value):
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def trim(rule):
    """A rule without prose, and without what its other members tell: its kind, conditions that there are none of."""
    rule = {name: value for name, value in rule.items() if name not in ("documentation", "type")}
    if not rule["conditions"]:
        del rule["conditions"]
    if "rules" in rule:
        rule["rules"] = [trim(child) for child in rule["rules"]]
    if "endpoint" in rule:
        rule["endpoint"] = {name: value for name, value in rule["endpoint"].items() if value}
    return rule


def lua_patterns(regex):
    r"""^(us|eu)\-\w+\-\d+$ -> ["^us%-[%w_]+%-%d+$", ...]: Lua's patterns know no alternatives."""
    match = re.fullmatch(r"\^(?:\(([a-z|]+)\))?(.*)\$", regex)
    rest = match.group(2)
    before, choices = "", (match.group(1) or "").split("|")
    inner = re.fullmatch(r"([a-z\\-]*)\(([a-z|]+)\)(.*)", rest)
    if inner:
        before, choices, rest = inner.group(1), inner.group(2).split("|"), inner.group(3)
    if re.search(r"[()|\[\]*?.]", before + rest):
        sys.exit("a regular expression that is not foreseen: " + regex)

    def lua(text):
        return text.replace("\\-", "%-").replace("\\w", "[%w_]").replace("\\d", "%d")
    return ["^" + lua(before) + choice + lua(rest) + "$" for choice in choices]


def partitions(data):
    found = []
    for partition in read(os.path.join(data, "partitions.json"))["partitions"]:
        found.append({"outputs": dict(partition["outputs"], name=partition["id"]), "regions": sorted(partition["regions"]),
                      "patterns": lua_patterns(partition["regionRegex"])})
    return found


def contexts(model):
    """operation -> parameter of the rules -> {"value": constant} or {"path": place in the operation's input}"""
    found = {}
    for name, operation in model["operations"].items():
        said = {parameter: {"value": given["value"]} for parameter, given in operation.get("staticContextParams", {}).items()}
        for parameter, given in operation.get("operationContextParams", {}).items():
            said[parameter] = {"path": given["path"]}
        members = model["shapes"].get(operation.get("input", {}).get("shape"), {}).get("members", {})
        for member, reference in members.items():
            if "contextParam" in reference:
                said[reference["contextParam"]["name"]] = {"path": member}
        if said:
            found[name] = said
    return found


def newest_version(folder):
    return sorted(name for name in os.listdir(folder)
                  if os.path.exists(os.path.join(folder, name, "endpoint-rule-set-1.json.gz"))
                  or os.path.exists(os.path.join(folder, name, "endpoint-rule-set-1.json")))[-1]


def write(path, sections):
    with open(path, "w", encoding="utf-8") as file:
        file.write("{\n%s\n}\n" % ",\n".join(sections))


def lines(name, entries, brackets):
    return '"%s":%s\n%s\n%s' % (name, brackets[0], ",\n".join(entries), brackets[1])


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    data = sys.argv[1]
    output = sys.argv[2] if len(sys.argv) == 3 else os.path.dirname(os.path.abspath(__file__))
    write(os.path.join(output, "partitions.json"), [lines("partitions", map(compact, partitions(data)), "[]")])
    for service, folder in SERVICES.items():
        folder = os.path.join(data, folder)
        folder = os.path.join(folder, newest_version(folder))
        rules = read(os.path.join(folder, "endpoint-rule-set-1.json"))
        parameters = {name: {key: value for key, value in spec.items() if key in ("builtIn", "default")}
                      for name, spec in rules["parameters"].items()}
        said = contexts(read(os.path.join(folder, "service-2.json")))
        sections = ['"parameters":' + compact(parameters), lines("rules", [compact(trim(rule)) for rule in rules["rules"]], "[]")]
        if said:
            entries = [compact(name) + ":" + compact(value) for name, value in sorted(said.items())]
            sections.append(lines("contexts", entries, "{}"))
        write(os.path.join(output, service + ".json"), sections)


if __name__ == "__main__":
    main()
