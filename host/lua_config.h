/* The module `config`: what the settings say (see config.h).
 *
 *   config.get(name)         the value as text, nil if there is none
 *   config.require(name)     the same; raises {code="CONFIG_MISSING"} that names the variable and the flag's whereabouts
 *   config.flag(name)        true for 1, true, yes, on
 *   config.set(name, value)  trusted code only; nil takes it back, "" says that there is none */
#ifndef DRSH_LUA_CONFIG_H
#define DRSH_LUA_CONFIG_H

#include <lua.h>

int luaopen_config(lua_State *L);
/* The same without `set`, and blind for AWS keys: what a sandboxed script gets. */
int luaopen_config_sandbox(lua_State *L);

#endif
