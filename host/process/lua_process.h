/* The module `process`: what a program needs to know of the outside.
 *
 *   process.stopped() -> "INT" | "TERM"   waits until somebody wants the program to end; from then on it is the caller's to end
 *                                         it; a second signal cuts it off
 *   process.hung_up() -> true             waits for the next SIGHUP
 *   process.ready(url)                    it serves at the url: says so on stdout, or to the master
 *   process.worker() -> integer | nil     which worker this is, from 1; nil without a master
 *   process.pause(seconds)                waits real seconds, whatever the world's clock does
 *   process.private_folder(path) -> true | nil, why   a folder that only this user may enter, made if it is not there
 *   process.sockets(folder) -> list of names          those that end in .sock
 *   process.id(), process.parent(), process.user() -> integer */
#ifndef DRSH_PROCESS_LUA_PROCESS_H
#define DRSH_PROCESS_LUA_PROCESS_H

#include <lua.h>
#include <stdbool.h>

int luaopen_process(lua_State *L);
/* Wakes who waits for the signal: in process.hung_up for SIGHUP, in process.stopped for any other; false when nobody does. */
bool process_announce(lua_State *L, int signal_number);

#endif
