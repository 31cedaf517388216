/* require "task", the C half: sleep, spawn, background, event. modules/lua/task.lua builds map, all and timeout on it. */
#ifndef DRSH_RUNTIME_LUA_TASK_H
#define DRSH_RUNTIME_LUA_TASK_H

#include <lua.h>

int luaopen_task(lua_State *L);

#endif
