/* The module `prompt`.
 *
 *   prompt.read(text) -> line | nil at the end of the input
 *
 * On a terminal the line can be edited and is kept in the history (libedit); elsewhere lines are read as they come and no
 * prompt is written. It holds the program while it waits: for the REPL, where nothing else is to be done. */
#ifndef DRSH_PROCESS_LUA_PROMPT_H
#define DRSH_PROCESS_LUA_PROMPT_H

#include <lua.h>

int luaopen_prompt(lua_State *L);

#endif
