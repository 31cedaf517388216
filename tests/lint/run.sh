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
flags="-std=c11 -D_GNU_SOURCE -Imodules -Ihost -Ibuild/lint $(make -s print-flags)"
# The version header is made by the build; nothing else generated is included.
make --no-print-directory -s BUILD=build/lint build/lint/version.h
# shellcheck disable=SC2086  # a list of flags is meant
git ls-files 'host/*.c' 'modules/*.c' | xargs -P2 -I{} sh -c 'clang-tidy --quiet "$@" 2> /dev/null || exit 255' tidy {} -- $flags
echo "clang-tidy: nothing found"
make --no-print-directory -s -j2 BUILD=build/lint WERROR=1 all
echo "warnings: none"
for folder in scripts examples; do build/lint/drsh check "$folder"; done
