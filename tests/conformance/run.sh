#!/bin/sh
# make conformance: a local AWS on a free port, driven by clients that we did not write.
set -u
cd "$(dirname "$0")/../.." || exit
program=${DRSH:-build/drsh}
scratch=$(mktemp -d)
: > "$scratch/ready"
local_aws=

finish() {
    code=$?
    if [ -n "$local_aws" ] && kill "$local_aws" 2> /dev/null; then
        wait "$local_aws" 2> /dev/null
    fi
    rm -rf "$scratch"
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

"$program" local --listen 127.0.0.1:0 --speed 120 > "$scratch/ready" 2> "$scratch/log" < /dev/null &
local_aws=$!
tries=0
until grep -q '^listening on ' "$scratch/ready"; do
    tries=$((tries + 1))
    if [ "$tries" -gt 100 ] || ! kill -0 "$local_aws" 2> /dev/null; then
        echo "conformance: the local AWS did not start:" >&2
        cat "$scratch/log" >&2
        exit 1
    fi
    sleep 0.1
done

# Only what a client of AWS would have; nothing of the caller's own account.
AWS_ENDPOINT_URL=$(sed -n 's/^listening on //p' "$scratch/ready")
AWS_ACCESS_KEY_ID=AKIADRSHLOCAL0000000
AWS_SECRET_ACCESS_KEY=local-secret-for-development-only
AWS_DEFAULT_REGION=us-east-1
AWS_CONFIG_FILE=/dev/null
AWS_SHARED_CREDENTIALS_FILE=/dev/null
AWS_EC2_METADATA_DISABLED=true
export AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_DEFAULT_REGION AWS_CONFIG_FILE \
    AWS_SHARED_CREDENTIALS_FILE AWS_EC2_METADATA_DISABLED
unset AWS_PROFILE AWS_SESSION_TOKEN AWS_REGION

failed=0
scenario() {
    echo "== $*"
    "$@" || failed=1
}

# Debian's clients.
scenario sh tests/conformance/aws_cli.sh
scenario /usr/bin/python3 tests/conformance/boto3_scenario.py
scenario /usr/bin/python3 tests/conformance/sts_scenario.py
scenario /usr/bin/python3 tests/conformance/ec2_scenario.py
scenario /usr/bin/python3 tests/conformance/route53_scenario.py
scenario /usr/bin/python3 tests/conformance/runbook_services_scenario.py

# npm's.
scenario sh tests/conformance/javascript.sh

# The newest boto3 that can be had.
newest=$(sh tests/conformance/python.sh)
scenario "$newest" tests/conformance/recovery_plans_scenario.py
scenario "$newest" tests/conformance/dynamodb_local.py
scenario "$newest" tests/conformance/states_scenario.py

# Judges of our client, which have hosts of their own to think of.
judge() {
    scenario env -u AWS_ENDPOINT_URL "$newest" "$@"
}
judge tests/conformance/botocore_requests.py
judge tests/conformance/botocore_requests.py --folder --sample 3
judge tests/conformance/botocore_signatures.py
judge tests/conformance/sigv4a.py
judge tests/conformance/login_session.py
judge tests/conformance/endpoints.py

if [ "$failed" -ne 0 ]; then
    echo "conformance: the end of the local AWS's log:" >&2
    tail -n 20 "$scratch/log" >&2
    exit 1
fi
