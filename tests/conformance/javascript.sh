#!/bin/sh
# The AWS SDK for JavaScript v3 against the local AWS: javascript/*_scenario.js, one a service. Expects run.sh's environment. The SDK
# is installed to build/javascript, in the versions of javascript/package.json; where that cannot be, this is skipped.
set -u
cd "$(dirname "$0")/../.." || exit 1
home=build/javascript
wanted=tests/conformance/javascript/package.json

skip() {
    echo "skipped: the AWS SDK for JavaScript: $1"
    exit 0
}

has_node() {
    command -v node > /dev/null && command -v npm > /dev/null
}

has_node || sh .ci/install javascript > /dev/null 2>&1
has_node || skip 'no node and npm, and Debian'"'"'s packages cannot be installed'
if ! cmp -s "$wanted" "$home/installed.json"; then
    rm -rf "$home"
    mkdir -p "$home" && cp "$wanted" "$home/package.json" || exit 1
    (cd "$home" && timeout 600 npm install --silent --no-audit --no-fund --no-package-lock --ignore-scripts < /dev/null > npm.log 2>&1) ||
        skip "npm cannot install it ($home/npm.log)"
    cp "$wanted" "$home/installed.json"
fi
NODE_PATH=$PWD/$home/node_modules exec node --test tests/conformance/javascript/*_scenario.js
