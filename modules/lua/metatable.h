/* Metatables that are made when they are first needed. */
#ifndef DRSH_LUA_METATABLE_H
#define DRSH_LUA_METATABLE_H

#include <lauxlib.h>
#include <lua.h>

/* Sets the metatable `name` of what is on top of the stack; makes it at first, whole or not at all: a half-made one, left by a
 * lack of memory, would be taken for good later. `shown` is what getmetatable gives to scripts; NULL: the metatable itself. */
void metatable_set(lua_State *L, const char *name, const luaL_Reg *functions, const char *shown);

#endif
