#include "runtime/host_modules.h"

#include <lauxlib.h>

#include "runtime/lua_task.h"

void host_modules_open(lua_State *L) {
    static const luaL_Reg modules[] = {
        {"task.primitives", luaopen_task_primitives},
        {NULL, NULL},
    };
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    luaL_setfuncs(L, modules, 0);
    lua_pop(L, 1);
}
