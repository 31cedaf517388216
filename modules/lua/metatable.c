#include "lua/metatable.h"

void metatable_set(lua_State *L, const char *name, const luaL_Reg *functions, const char *shown) {
    if (luaL_getmetatable(L, name) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_newtable(L);
        luaL_setfuncs(L, functions, 0);
        lua_pushstring(L, name);
        lua_setfield(L, -2, "__name");
        if (shown != NULL) {
            lua_pushstring(L, shown);
            lua_setfield(L, -2, "__metatable");
        }
        lua_pushvalue(L, -1);
        lua_setfield(L, LUA_REGISTRYINDEX, name);
    }
    lua_setmetatable(L, -2);
}
