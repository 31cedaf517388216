/* The C part of process/metrics.lua: the board (board.h) for Lua.
 *
 * core.add(key, amount)
 * core.set_generation(number, fingerprint)
 * core.generation_number(fingerprint)
 *   |-> integer            that number for a generation with these files, which other workers may have already
 *   `-> nothing            there is no master, and each set of scripts counts for itself
 * core.collect()
 *   |-> {key -> sum over all workers}, a list of {worker, pid, ready, memory, generation, restarts} */
#ifndef DRSH_PROCESS_LUA_METRICS_H
#define DRSH_PROCESS_LUA_METRICS_H

#include <lua.h>

int luaopen_metrics(lua_State *L);

#endif
