/* require "endpoint" (trusted): AWS's own hosts.
 *
 * endpoint.url{ service, region [, account_id] [, fips=false] [, dual_stack=false] }
 *   |-> string             "https://drs.eu-west-1.amazonaws.com"; service is the model's endpointPrefix
 *   |-> raises             {code=, message=}: ENDPOINT_REGION, ENDPOINT_SERVICE, ENDPOINT_ACCOUNT: no part of a host's name
 *   `-> raises a string    a field of a wrong type, or an unknown one
 * endpoint.partition(region)
 *   `-> string             "aws", "aws-cn", "aws-us-gov" ...: the second part of its ARNs
 */
#include "aws/endpoint.h"

#include <lauxlib.h>

#include "lua/binding.h"
#include "lua/boxed.h"
#include "lua/fields.h"
#include "lua/modules.h"

enum { URL_MAX = 512 };

static int endpoint_lua_url(lua_State *L) {
    static const char *const known[] = {"service", "region", "account_id", "fips", "dual_stack", NULL};
    struct fields fields = fields_open(L, 1, "endpoint.url", known);
    struct endpoint endpoint = {.service = fields_need_text(&fields, "service"),
                                .region = fields_need_text(&fields, "region"),
                                .account_id = fields_text(&fields, "account_id"),
                                .fips = fields_boolean(&fields, "fips", false),
                                .dual_stack = fields_boolean(&fields, "dual_stack", false)};
    struct error error;
    struct buffer *url = boxed_buffer(L, URL_MAX);
    int box = lua_gettop(L);
    if (!endpoint_write_url(url, &endpoint, &error)) {
        return binding_raise(L, &error);
    }
    boxed_push(L, box);
    return 1;
}

static int endpoint_lua_partition(lua_State *L) {
    lua_pushstring(L, endpoint_partition(luaL_checkstring(L, 1))->name);
    return 1;
}

int luaopen_endpoint(lua_State *L) {
    static const luaL_Reg functions[] = {{"url", endpoint_lua_url}, {"partition", endpoint_lua_partition}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
