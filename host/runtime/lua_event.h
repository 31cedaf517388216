/* task.event(): something that tasks wait for and other tasks set.
 *
 * event:wait([seconds])
 *   |-> true               it is set, or was set meanwhile
 *   |-> false              the seconds of the world's clock are over
 * event:set()              wakes all who wait; stays set
 * event:reset() */
#ifndef DRSH_RUNTIME_LUA_EVENT_H
#define DRSH_RUNTIME_LUA_EVENT_H

#include <lua.h>

void lua_event_open(lua_State *L); /* makes the metatables */
int lua_event_new(lua_State *L);   /* task.event */

#endif
