#!/bin/sh
# Runs every test: the C programs named on the command line, and each spec in a process of its own, two at a time.
# The last line says `N passed, N failed`; the exit code is 0 only when something ran and nothing failed.
set -u
cd "$(dirname "$0")/.." || exit
program=${DRSH:-build/drsh}
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT INT TERM

# One test program: its output is kept, and shown only when it failed or ended without the closing line.
run_one() {
    name=$(printf '%s' "$*" | tr -c 'A-Za-z0-9_\n' '_')
    "$@" > "$results/$name.out" 2>&1 < /dev/null
    code=$?
    last=$(tail -n 1 "$results/$name.out")
    case $last in
        *" passed, "*" failed") echo "$last" > "$results/$name.sum" ;;
        *) echo "0 passed, 1 failed" > "$results/$name.sum" ;;
    esac
    if [ "$code" -ne 0 ] || ! [ "${last#*, 0 failed}" != "$last" ]; then
        printf '\n=== %s (exit code %d)\n' "$*" "$code"
        cat "$results/$name.out"
    fi
}

if [ "${1:-}" = --one ]; then
    shift
    results=$1
    shift
    trap - EXIT INT TERM
    run_one "$@"
    exit 0
fi

{
    for test in "$@"; do echo "$test"; done
    find tests -name '*_spec.lua' | sort | sed "s|^|$program run tests/run.lua |"
} | xargs -P "${JOBS:-2}" -L 1 sh tests/all.sh --one "$results"

cat "$results"/*.sum 2> /dev/null | awk '
    { passed += $1; failed += $3 }
    END { printf "%d passed, %d failed\n", passed, failed; exit !(passed > 0 && failed == 0) }'
