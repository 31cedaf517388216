/* Credentials as other bindings get at them. */
#ifndef DRSH_LUA_CREDENTIALS_H
#define DRSH_LUA_CREDENTIALS_H

#include <lua.h>

#include "aws/keys.h"

/* The credentials at `index`: a credentials object, or a table of which one is made and left on the stack. Raises a string for
 * anything else, {code="INVALID_CREDENTIALS"} for a table that is none. `function` is for messages. */
const struct keys *lua_credentials_check(lua_State *L, int index, const char *function);

#endif
