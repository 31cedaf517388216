/* The C part of runtime/scripts.lua and runtime/sandbox.lua: what lies in the folder of the scripts. */
#ifndef DRSH_RUNTIME_LUA_SCRIPTS_H
#define DRSH_RUNTIME_LUA_SCRIPTS_H

#include <lua.h>

int luaopen_runtime_scripts_core(lua_State *L);

#endif
