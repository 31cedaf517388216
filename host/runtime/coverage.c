#include "runtime/coverage.h"

#include <lauxlib.h>

static const char lines_key; /* its address names the table in the registry */

bool coverage_is_on(lua_State *L) {
    bool is_on = lua_rawgetp(L, LUA_REGISTRYINDEX, &lines_key) == LUA_TTABLE;
    lua_pop(L, 1);
    return is_on;
}

void coverage_note(lua_State *L, lua_Debug *event) {
    if (lua_getinfo(L, "S", event) == 0 || event->source[0] != '@' || !lua_checkstack(L, 4)) {
        return;
    }
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &lines_key) == LUA_TTABLE) {
        luaL_getsubtable(L, -1, event->source);
        lua_pushboolean(L, 1);
        lua_rawseti(L, -2, event->currentline);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static int coverage_start(lua_State *L) {
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &lines_key);
    return 0;
}

static int coverage_lines(lua_State *L) {
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &lines_key) != LUA_TTABLE) {
        return luaL_error(L, "coverage was not started");
    }
    return 1;
}

int luaopen_runtime_coverage(lua_State *L) {
    static const luaL_Reg functions[] = {{"start", coverage_start}, {"lines", coverage_lines}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
