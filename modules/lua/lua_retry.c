/* require "retry" (trusted): whether and when to try again. Nothing here waits.
 *
 * retry.classify{ service [, status] [, code] [, retryable=false] [, throttling=false] }
 *   `-> "transient" | "throttling" | nil (it would fail again)
 *       service is the model's endpointPrefix, code AWS's or http's; the last two are what the model says of the error
 * retry.max_attempts(service [, mode="standard"])
 *   `-> integer            the first one counted; mode is "standard", "adaptive" or "legacy"
 * retry.delay(kind, service, n, random: 0 to 1 [, hint: seconds | nil [, mode="standard"]])
 *   `-> seconds            to wait before retry n (1 is the first)
 * retry.quota()                        -> quota, full
 *   quota:take(kind)                   -> what it cost | nil: not enough left, do not retry
 *   quota:give_back([cost])            after a success: what the call's last retry cost, nothing if there was none
 *   quota:available()                  -> integer
 *   `-> each raises a string           wrong arguments
 */
#include "aws/retry.h"

#include <lauxlib.h>

#include "lua/fields.h"
#include "lua/modules.h"

#define QUOTA "drsh.retry.quota"

static const char *const kinds[] = {"transient", "throttling", NULL};

static enum retry_mode check_mode(lua_State *L, int index) {
    static const char *const modes[] = {"standard", "adaptive", "legacy", NULL};
    return luaL_checkoption(L, index, modes[0], modes) == 2 ? RETRY_LEGACY : RETRY_STANDARD;
}

static enum retry_kind check_kind(lua_State *L, int index) {
    return luaL_checkoption(L, index, NULL, kinds) == 0 ? RETRY_TRANSIENT : RETRY_THROTTLING;
}

static int retry_lua_classify(lua_State *L) {
    static const char *const known[] = {"service", "status", "code", "retryable", "throttling", NULL};
    struct fields fields = fields_open(L, 1, "retry.classify", known);
    struct retry_failure failure = {.service = fields_need_text(&fields, "service"),
                                    .status = (long)fields_number(&fields, "status", 0, 0, 999),
                                    .code = fields_text(&fields, "code"),
                                    .model_retryable = fields_boolean(&fields, "retryable", false),
                                    .model_throttling = fields_boolean(&fields, "throttling", false)};
    switch (retry_classify(&failure)) {
    case RETRY_TRANSIENT:
        lua_pushstring(L, kinds[0]);
        break;
    case RETRY_THROTTLING:
        lua_pushstring(L, kinds[1]);
        break;
    case RETRY_NONE:
        lua_pushnil(L);
        break;
    }
    return 1;
}

static int retry_lua_max_attempts(lua_State *L) {
    lua_pushinteger(L, retry_max_attempts(luaL_checkstring(L, 1), check_mode(L, 2)));
    return 1;
}

static int retry_lua_delay(lua_State *L) {
    enum retry_kind kind = check_kind(L, 1);
    const char *service = luaL_checkstring(L, 2);
    lua_Integer retry = luaL_checkinteger(L, 3);
    lua_Number random = luaL_checknumber(L, 4);
    luaL_argcheck(L, retry >= 1 && retry <= 1000, 3, "should be between 1 and 1000");
    luaL_argcheck(L, random >= 0 && random <= 1, 4, "should be between 0 and 1");
    if (check_mode(L, 6) == RETRY_LEGACY) {
        lua_pushnumber(L, retry_legacy_delay_s(service, (int)retry, random));
    } else {
        lua_pushnumber(L, retry_delay_s(kind, service, (int)retry, random, luaL_optnumber(L, 5, -1)));
    }
    return 1;
}

static int retry_lua_quota(lua_State *L) {
    struct retry_quota *quota = lua_newuserdatauv(L, sizeof *quota, 0);
    retry_quota_init(quota);
    luaL_setmetatable(L, QUOTA);
    return 1;
}

static int quota_take(lua_State *L) {
    int cost = retry_quota_take(luaL_checkudata(L, 1, QUOTA), check_kind(L, 2));
    if (cost == 0) {
        lua_pushnil(L);
    } else {
        lua_pushinteger(L, cost);
    }
    return 1;
}

static int quota_give_back(lua_State *L) {
    struct retry_quota *quota = luaL_checkudata(L, 1, QUOTA);
    lua_Integer cost = luaL_optinteger(L, 2, 0);
    luaL_argcheck(L, cost >= 0 && cost <= 1000, 2, "should be what take returned");
    retry_quota_give_back(quota, (int)cost);
    return 0;
}

static int quota_available(lua_State *L) {
    const struct retry_quota *quota = luaL_checkudata(L, 1, QUOTA);
    lua_pushinteger(L, quota->available);
    return 1;
}

int luaopen_retry(lua_State *L) {
    static const luaL_Reg functions[] = {{"classify", retry_lua_classify},
                                         {"max_attempts", retry_lua_max_attempts},
                                         {"delay", retry_lua_delay},
                                         {"quota", retry_lua_quota},
                                         {NULL, NULL}};
    static const luaL_Reg methods[] = {
        {"take", quota_take}, {"give_back", quota_give_back}, {"available", quota_available}, {NULL, NULL}};
    luaL_newmetatable(L, QUOTA);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    return 1;
}
