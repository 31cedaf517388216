#!/bin/sh
# Prints the Python whose botocore judges: the newest botocore, in build/botocore, where a package index can be reached, else
# Debian's. Asked for once a day.
set -u
cd "$(dirname "$0")/../.." || exit 1
home=build/botocore

newest() {
    if [ ! -x "$home/bin/pip" ]; then
        /usr/bin/python3 -m venv "$home" || return 1
    fi
    if [ -z "$(find "$home/asked" -mmin -1440 2> /dev/null)" ]; then
        timeout 60 "$home/bin/pip" install -q --disable-pip-version-check --timeout 5 --retries 1 --upgrade botocore && touch "$home/asked"
        # Their judges say so when they are not there.
        timeout 60 "$home/bin/pip" install -q --disable-pip-version-check --timeout 5 --retries 1 --upgrade awscrt cryptography
    fi
    "$home/bin/python" -c 'import botocore'
}

if newest > /dev/null 2>&1; then
    echo "$home/bin/python"
else
    echo /usr/bin/python3
fi
