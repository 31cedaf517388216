/* require "server": HTTP servers with Lua handlers. */
#ifndef DRSH_HTTP_LUA_SERVER_H
#define DRSH_HTTP_LUA_SERVER_H

#include <lua.h>

int luaopen_server(lua_State *L);

#endif
