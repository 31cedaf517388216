#!/bin/sh
# Prints the Python whose botocore judges and whose boto3 calls: the newest, in build/botocore, where a package index can be
# reached, else Debian's. Asked for once a day.
set -u
cd "$(dirname "$0")/../.." || exit 1
home=build/botocore

newest() {
    if [ ! -x "$home/bin/pip" ]; then
        /usr/bin/python3 -m venv "$home" || return 1
    fi
    if ! "$home/bin/python" -c 'import boto3' 2> /dev/null; then
        rm -f "$home/asked"
    fi
    if [ -z "$(find "$home/asked" -mmin -1440 2> /dev/null)" ]; then
        timeout 60 "$home/bin/pip" install -q --disable-pip-version-check --timeout 5 --retries 1 --upgrade boto3 && touch "$home/asked"
        # Their judges say so when they are not there.
        timeout 60 "$home/bin/pip" install -q --disable-pip-version-check --timeout 5 --retries 1 --upgrade awscrt cryptography
    fi
    "$home/bin/python" -c 'import boto3'
}

if newest > /dev/null 2>&1; then
    echo "$home/bin/python"
else
    echo /usr/bin/python3
fi
