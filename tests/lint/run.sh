#!/bin/sh
# make lint: the rules of the architecture, the format, the warnings, the names.
set -eu
cd "$(dirname "$0")/../.."
sh tests/lint/rules.sh
git ls-files '*.c' '*.h' | xargs clang-format --dry-run -Werror
echo "format: kept"
luacheck --quiet --codes modules host scripts tests examples
git ls-files '*.sh' .ci | xargs shellcheck
echo "shell: kept"
make --no-print-directory -s -j2 BUILD=build/lint WERROR=1 all
echo "warnings: none"
