/* What the bindings of tasks, events and sleeps share. */
#ifndef DRSH_RUNTIME_WAITING_H
#define DRSH_RUNTIME_WAITING_H

#include <lauxlib.h>
#include <stddef.h>
#include <stdint.h>

/* The argument, a time in seconds, as microseconds; raises for what is no time. */
int64_t waiting_seconds(lua_State *L, int index);
/* Pushes an operation's userdata with its metatable; it is zeroed: born closed. Room for one user value. */
void *waiting_operation(lua_State *L, size_t size, const char *type);
/* Makes a metatable. `close` is both __gc and __close, NULL: neither; `methods` may be NULL. */
void waiting_type(lua_State *L, const char *name, lua_CFunction close, const luaL_Reg *methods);

#endif
