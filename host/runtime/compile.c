#include "runtime/compile.h"

#include <lauxlib.h>

int compile_file(lua_State *L, const char *path) {
    return luaL_loadfilex(L, path, "t");
}

int compile_text(lua_State *L, const char *text, size_t length, const char *name) {
    return luaL_loadbufferx(L, text, length, name, "t");
}
