/* require "clock": the world's clock, for tests and demonstrations. */
#ifndef DRSH_RUNTIME_LUA_CLOCK_H
#define DRSH_RUNTIME_LUA_CLOCK_H

#include <lua.h>

int luaopen_clock(lua_State *L);

#endif
