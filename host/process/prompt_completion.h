/* Completion at the prompt: libedit asks, a Lua function answers. */
#ifndef DRSH_PROCESS_PROMPT_COMPLETION_H
#define DRSH_PROCESS_PROMPT_COMPLETION_H

#include <lua.h>

/* Takes the function on top of L's stack as the one that is asked from now on. */
void prompt_completion_set(lua_State *L);

#endif
