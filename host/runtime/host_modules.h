/* The list of the modules that the host itself brings: those that need tasks, the server or the scripts. */
#ifndef DRSH_RUNTIME_HOST_MODULES_H
#define DRSH_RUNTIME_HOST_MODULES_H

#include <lua.h>

/* Puts them into package.preload. */
void host_modules_open(lua_State *L);

#endif
