/* require "embedded" (trusted): the files that are part of the program. Lua modules that read data beside them (models.lua) use
 * it. */
#include <lauxlib.h>
#include <lua.h>

#include "lua/embedded.h"
#include "lua/modules.h"

/* embedded.read(path) -> content | nil */
static int embedded_lua_read(lua_State *L) {
    size_t length = 0;
    const char *content = embedded_find(luaL_checkstring(L, 1), &length);
    if (content == NULL) {
        lua_pushnil(L);
    } else {
        lua_pushlstring(L, content, length);
    }
    return 1;
}

/* embedded.paths() -> list of all paths, in the repository's spelling */
static int embedded_lua_paths(lua_State *L) {
    const char *path;
    lua_newtable(L);
    for (size_t n = 0; (path = embedded_path(n)) != NULL; n++) {
        lua_pushstring(L, path);
        lua_rawseti(L, -2, (lua_Integer)n + 1);
    }
    return 1;
}

int luaopen_embedded(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"read", embedded_lua_read},
        {"paths", embedded_lua_paths},
        {NULL, NULL},
    };
    luaL_newlib(L, functions);
    return 1;
}
