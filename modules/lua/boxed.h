/* A C buffer that Lua owns: whatever raises while a binding fills it, it is freed. */
#ifndef DRSH_LUA_BOXED_H
#define DRSH_LUA_BOXED_H

#include <lua.h>

#include "base/buffer.h"

/* Pushes a userdata with an empty buffer in it. It is freed when the C function that called this returns or fails. */
struct buffer *boxed_buffer(lua_State *L, size_t limit);
/* Pushes the content of the box at `index` as a string, and frees the box now. Raises if the buffer has failed. */
void boxed_push(lua_State *L, int index);

#endif
