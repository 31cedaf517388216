#!/bin/sh
# make bench: drsh beside its peers, in one run on one machine against the same local AWS. Read the ratios, not the milliseconds.
set -eu
cd "$(dirname "$0")/../.."
program=${DRSH:-build/drsh}
scratch=$(mktemp -d)
: > "$scratch/ready"
local_aws=

finish() {
    if [ -n "$local_aws" ]; then
        kill "$local_aws" 2> /dev/null || true
        wait "$local_aws" 2> /dev/null || true
    fi
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' INT TERM

"$program" local --listen 127.0.0.1:0 > "$scratch/ready" 2> "$scratch/log" < /dev/null &
local_aws=$!
tries=0
until grep -q '^listening on ' "$scratch/ready"; do
    tries=$((tries + 1))
    [ "$tries" -le 100 ] || { cat "$scratch/log" >&2; exit 1; }
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

"$program" run tests/bench/compare.lua "$program" "${BENCH_ROUNDS:-5}"
"$program" run tests/bench/estate.lua "${BENCH_ROUNDS:-5}"
