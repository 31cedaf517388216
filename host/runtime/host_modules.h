/* The list of the modules that the host itself brings: those that need tasks, the server or the scripts. */
#ifndef DRSH_RUNTIME_HOST_MODULES_H
#define DRSH_RUNTIME_HOST_MODULES_H

#include <lua.h>
#include <stdbool.h>

/* Makes them requirable; before modules_open, which finds their Lua halves. */
void host_modules_open(lua_State *L);
/* May a sandboxed script require this module, be it the host's or one of modules/lua? */
bool host_modules_sandbox(const char *name);

#endif
