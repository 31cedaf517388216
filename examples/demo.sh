#!/bin/sh
# make demo: starts drsh with its local AWS on free ports, runs a drill against it (examples/drill.lua), ends what it started.
# Two demos at once do not meet: nothing is shared, neither port nor file.
set -u
cd "$(dirname "$0")/.." || exit
program=${DRSH:-build/drsh}
speed=${DEMO_SPEED:-40}
scratch=$(mktemp -d)
: > "$scratch/ready"
server=

finish() {
    code=$?
    if [ -n "$server" ] && kill "$server" 2> /dev/null; then
        wait "$server" 2> /dev/null
    fi
    rm -rf "$scratch"
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

"$program" serve --local --listen 127.0.0.1:0 --speed "$speed" > "$scratch/ready" 2> "$scratch/log" < /dev/null &
server=$!

tries=0
until grep -q '^listening on ' "$scratch/ready"; do
    tries=$((tries + 1))
    if [ "$tries" -gt 100 ] || ! kill -0 "$server" 2> /dev/null; then
        echo "demo: the server did not start; its log:" >&2
        cat "$scratch/log" >&2
        exit 1
    fi
    sleep 0.1
done
url=$(sed -n 's/^listening on //p' "$scratch/ready")

"$program" run examples/drill.lua --url "$url" "$@" || {
    code=$?
    echo "demo: the drill did not succeed; the end of the server's log:" >&2
    tail -n 20 "$scratch/log" >&2
    exit "$code"
}
