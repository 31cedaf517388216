#include "runtime/waiting.h"

#include <string.h>

#define LONGEST_SECONDS 4e9

int64_t waiting_seconds(lua_State *L, int index) {
    lua_Number seconds = luaL_checknumber(L, index);
    luaL_argcheck(L, seconds >= 0 && seconds <= LONGEST_SECONDS, index, "seconds should be between 0 and 4e9");
    return (int64_t)(seconds * 1e6);
}

void *waiting_operation(lua_State *L, size_t size, const char *type) {
    void *operation = lua_newuserdatauv(L, size, 1);
    memset(operation, 0, size);
    luaL_setmetatable(L, type);
    return operation;
}

void waiting_type(lua_State *L, const char *name, lua_CFunction close, const luaL_Reg *methods) {
    luaL_newmetatable(L, name);
    if (close != NULL) {
        lua_pushcfunction(L, close);
        lua_setfield(L, -2, "__gc");
        lua_pushcfunction(L, close);
        lua_setfield(L, -2, "__close");
    }
    if (methods != NULL) {
        lua_newtable(L);
        luaL_setfuncs(L, methods, 0);
        lua_setfield(L, -2, "__index");
    }
    lua_pushliteral(L, "closed");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}
