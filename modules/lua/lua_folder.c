/* require "folder" (trusted): files of data beside the program, plain or gzipped.
 *
 * folder.read(path: string)
 *   |-> string              the content, unpacked if it is gzipped
 *   `-> raises              {code=, message=}: FILE_MISSING, FILE_UNREADABLE, FILE_DAMAGED, FILE_TOO_LARGE (64 MiB), NO_MEMORY
 * folder.list(path: string)
 *   |-> list of names       sorted, without those that begin with a dot
 *   `-> raises              {code=, message=}: FILE_MISSING, FILE_UNREADABLE, NO_MEMORY
 */
#include <lauxlib.h>

#include "base/file.h"
#include "lua/binding.h"
#include "lua/boxed.h"
#include "lua/modules.h"

#define NAMES "drsh.folder.names"

enum { CONTENT_MAX = 64 << 20 };

static int names_close(lua_State *L) {
    file_names_clear(luaL_checkudata(L, 1, NAMES));
    return 0;
}

static int folder_lua_read(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    struct error error;
    struct buffer *content = boxed_buffer(L, CONTENT_MAX);
    int box = lua_gettop(L);
    if (!file_read(content, path, &error)) {
        return binding_raise(L, &error);
    }
    boxed_push(L, box);
    return 1;
}

static int folder_lua_list(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    struct error error;
    struct file_names *names = lua_newuserdatauv(L, sizeof *names, 0);
    *names = (struct file_names){0};
    luaL_setmetatable(L, NAMES);
    lua_toclose(L, -1);
    if (!file_list(names, path, &error)) {
        return binding_raise(L, &error);
    }
    lua_createtable(L, (int)names->count, 0);
    for (size_t i = 0; i < names->count; i++) {
        lua_pushstring(L, names->names[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

int luaopen_folder(lua_State *L) {
    static const luaL_Reg functions[] = {{"read", folder_lua_read}, {"list", folder_lua_list}, {NULL, NULL}};
    static const luaL_Reg metamethods[] = {{"__gc", names_close}, {"__close", names_close}, {NULL, NULL}};
    luaL_newmetatable(L, NAMES);
    luaL_setfuncs(L, metamethods, 0);
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    return 1;
}
