/* Which lines of the scripts ran: counted by the hook of limited tasks, once a spec's runner has switched it on.
 *
 * require "runtime.coverage":
 *   coverage.start()   from now on
 *   coverage.lines()   {chunk name -> {line -> true}} */
#ifndef DRSH_RUNTIME_COVERAGE_H
#define DRSH_RUNTIME_COVERAGE_H

#include <lua.h>
#include <stdbool.h>

bool coverage_is_on(lua_State *L);
/* In a hook for a line. */
void coverage_note(lua_State *L, lua_Debug *event);

int luaopen_runtime_coverage(lua_State *L);

#endif
