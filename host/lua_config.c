#include "lua_config.h"

#include <lauxlib.h>
#include <string.h>

#include "config.h"
#include "lua/binding.h"

/* name -> text | nil */
static int get(lua_State *L) {
    lua_pushstring(L, config_get(luaL_checkstring(L, 1)));
    return 1;
}

/* name -> text | raises {code="CONFIG_MISSING"} */
static int require_value(lua_State *L) {
    const char *name = luaL_checkstring(L, 1);
    const char *value = config_get(name);
    if (value == NULL) {
        struct error error;
        error_set(&error, "CONFIG_MISSING", "%s is not set: give it in the environment or in the file that --config names",
                  name);
        return binding_raise(L, &error);
    }
    lua_pushstring(L, value);
    return 1;
}

/* name -> boolean */
static int flag(lua_State *L) {
    lua_pushboolean(L, config_flag(luaL_checkstring(L, 1)));
    return 1;
}

/* name, text | nil -> */
static int set(lua_State *L) {
    if (!config_set(luaL_checkstring(L, 1), luaL_optstring(L, 2, NULL))) {
        return luaL_error(L, "no memory");
    }
    return 0;
}

/* AWS's own variables with a key or token in them are for the credentials chain, not for scripts. */
static int refuse_secrets(lua_State *L) {
    const char *name = luaL_checkstring(L, 1);
    if (strncmp(name, "AWS_", 4) == 0 && config_is_secret(name)) {
        return luaL_error(L, "config: %s is a secret; aws.client signs with it for you", name);
    }
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

static const luaL_Reg functions[] = {{"get", get}, {"require", require_value}, {"flag", flag}, {NULL, NULL}};

int luaopen_config(lua_State *L) {
    luaL_newlib(L, functions);
    lua_pushcfunction(L, set);
    lua_setfield(L, -2, "set");
    return 1;
}

int luaopen_config_sandbox(lua_State *L) {
    lua_newtable(L);
    for (const luaL_Reg *function = functions; function->name != NULL; function++) {
        lua_pushcfunction(L, function->func);
        lua_pushcclosure(L, refuse_secrets, 1);
        lua_setfield(L, -2, function->name);
    }
    return 1;
}
