/* The module `prompt`.
 *
 *   prompt.read(text)        -> line | nil at the end of the input. It waits; the rest of the program goes on
 *   prompt.completer(fn)     fn(line up to the cursor) -> candidates for the word at its end; asked for on Tab
 *   prompt.history(path)     reads earlier lines, and keeps those that come from now on there, for the user alone
 *   prompt.remember(text)    a line, or several that belong together, for the history
 *
 * On a terminal the line can be edited (libedit); elsewhere lines are read as they come, without a prompt, and reading holds the
 * program. One task reads at a time. */
#ifndef DRSH_PROCESS_LUA_PROMPT_H
#define DRSH_PROCESS_LUA_PROMPT_H

#include <lua.h>

int luaopen_prompt(lua_State *L);

#endif
