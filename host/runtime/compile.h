/* Compiles Lua files; text only, never bytecode from outside. */
#ifndef DRSH_RUNTIME_COMPILE_H
#define DRSH_RUNTIME_COMPILE_H

#include <lua.h>

/* Pushes the function of a file that is run as trusted code ("#!" line allowed). LUA_OK, or another status with a message
 * pushed. */
int compile_file(lua_State *L, const char *path);
/* Pushes the function of a text. `name` is how messages call it: "@path" or "=name". */
int compile_text(lua_State *L, const char *text, size_t length, const char *name);

#endif
