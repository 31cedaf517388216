#!/bin/sh
# The architecture as a program: who may include whom, and which file alone may do what. Prints each breach, exits 1 if there is any.
set -u
cd "$(dirname "$0")/../.." || exit
breaches=0

breach() {
    printf '%s\n' "$1" | sed "s|\$|    <- $2|"
    breaches=$((breaches + 1))
}

# forbid FOLDERS PATTERN WHY: no line of C in the folders may match.
forbid() {
    # shellcheck disable=SC2086  # a list of folders is meant
    found=$(grep -nE --include='*.[ch]' -r "$2" $1 2> /dev/null) && breach "$found" "$3"
}

# owner FILES PATTERN WHAT: only the files may match.
owner() {
    found=$(grep -lE --include='*.[ch]' -r "$2" host modules | sort)
    for file in $found; do
        case " $1 " in
            *" $file "*) ;;
            *) breach "$file" "$3 belongs to: $1" ;;
        esac
    done
}

# Four floors, arrows only downwards.
forbid modules/base '#include [<"](aws/|lua/|lua\.h|lauxlib|lualib|config\.h|runtime/|http/|process/|commands/)' 'base knows neither AWS nor Lua nor the host'
forbid modules/aws '#include [<"](lua/|lua\.h|lauxlib|lualib|config\.h|runtime/|http/|process/|commands/)' 'aws knows neither Lua nor the host'
forbid modules/lua '#include "(config\.h|runtime/|http/|process/|commands/)' 'bindings do not know the host'

# Single owners.
owner 'host/runtime/task.c' '\blua_resume\(' 'resuming'
owner 'host/runtime/state.c' '\b(lua_newstate|luaL_newstate)\(' 'making Lua states'
owner 'host/runtime/scripts.c modules/lua/modules.c' '\b(lua_load|luaL_loadbuffer|luaL_loadbufferx|luaL_loadstring|luaL_loadfile|luaL_loadfilex|luaL_dofile|luaL_dostring)\(' 'compiling scripts'
owner 'modules/base/loop.c' '\b(event_base_loop|event_base_dispatch|epoll_wait|poll|select|nanosleep|usleep)\(' 'waiting'
owner 'modules/base/http.c' '#include <curl/' 'curl'
owner 'modules/base/digest.c' '#include <openssl/(sha|md5|hmac)\.h>|\bEVP_(Digest|MD_CTX|sha|md)' "OpenSSL's hashing"
owner 'modules/base/p256.c' '#include <openssl/(ec|ecdsa|pem)\.h>|\b(EVP_PKEY|ECDSA)_' "OpenSSL's public keys"
owner 'modules/base/digest.c modules/base/p256.c' '#include <openssl/evp\.h>' "OpenSSL's envelopes"
owner 'host/config.c' '\b(getenv|secure_getenv|getopt|getopt_long)\(' 'flags and environment'
owner 'modules/base/clock.c' '\b(clock_gettime|gettimeofday|time)\(' 'the clock'

# What C's library offers and nobody should take.
forbid 'host modules' '\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|alloca|system|popen)\(' 'unbounded, or silent about errors'

# The scripts that are served must not be known to the AWS that serves them, nor the other way round.
found=$(grep -nE "require[ (]*['\"](lib|policies|orchestrator|endpoints)\." -r scripts/local_aws) && breach "$found" 'the local AWS does not know the scripts'
found=$(grep -nE "require[ (]*['\"]local_aws" -r scripts/endpoints scripts/lib scripts/policies scripts/orchestrator) && breach "$found" 'a script does not know the local AWS'

# Every file that exports is named for it.
for header in modules/*/*.h host/*.h host/*/*.h; do
    [ -f "$header" ] || continue
    grep -q '^#ifndef DRSH_' "$header" || breach "$header" 'a header has a guard DRSH_...'
done

if [ "$breaches" -gt 0 ]; then
    echo "rules: $breaches breached" >&2
    exit 1
fi
echo "rules: kept"
