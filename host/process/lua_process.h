/* The module `process`: what a program needs to know of the outside.
 *
 *   process.stopped() -> "INT" | "TERM"   waits until somebody wants the program to end; from then on it is the caller's to end
 * it process.id() -> integer */
#ifndef DRSH_PROCESS_LUA_PROCESS_H
#define DRSH_PROCESS_LUA_PROCESS_H

#include <lua.h>
#include <stdbool.h>

int luaopen_process(lua_State *L);
/* Wakes who waits in process.stopped; false when nobody does. */
bool process_announce_stop(lua_State *L, int signal_number);

#endif
