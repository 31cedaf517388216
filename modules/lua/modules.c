#include "lua/modules.h"

#include <lauxlib.h>
#include <lua-lpeg.h>
#include <string.h>

#include "lua/embedded.h"

const struct module modules_list[] = {
    {"aws", NULL, true},
    {"cbor", luaopen_cbor, true},
    {"credentials", luaopen_credentials, false},
    {"crypto", luaopen_crypto, true},
    {"dry_run", NULL, true},
    {"dynamodb", NULL, true},
    {"embedded", luaopen_embedded, false},
    {"folder", luaopen_folder, false},
    {"http", luaopen_http, true},
    {"json", luaopen_json, true},
    {"log", luaopen_log, true},
    {"lpeg", luaopen_lpeg, false},
    {"private_file", luaopen_private_file, false},
    {"profile", luaopen_profile, false},
    {"retry", luaopen_retry, false},
    {"sigv4", luaopen_sigv4, true},
    {"sqlite", luaopen_sqlite, false},
    {"subprocess", luaopen_subprocess, false},
    {"terminal", luaopen_terminal, false},
    {"time", luaopen_time, true},
    {"uuid", luaopen_uuid, true},
    {"xml", luaopen_xml, true},
    {NULL, NULL, false},
};

bool modules_sandbox(const char *name) {
    for (const struct module *module = modules_list; module->name != NULL; module++) {
        if (strcmp(module->name, name) == 0) {
            return module->sandbox;
        }
    }
    return false;
}

/* The loader of an embedded Lua half. Upvalues: its path, the loader of its C part or nil. `require` calls it with the name. */
static int load_lua_half(lua_State *L) {
    const char *path = lua_tostring(L, lua_upvalueindex(1));
    size_t length = 0;
    const char *text = embedded_find(path, &length);
    lua_settop(L, 1);
    lua_pushfstring(L, "@%s", path);
    if (luaL_loadbufferx(L, text, length, lua_tostring(L, 2), "t") != LUA_OK) {
        return lua_error(L);
    }
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    if (!lua_isnil(L, lua_upvalueindex(2))) {
        lua_pushvalue(L, lua_upvalueindex(2));
        lua_pushvalue(L, 1);
        lua_call(L, 1, 1);
        lua_replace(L, -2);
    }
    lua_call(L, 2, 1);
    return 1;
}

void modules_add(lua_State *L, const struct module *list) {
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    for (const struct module *module = list; module->name != NULL; module++) {
        if (module->open != NULL) {
            lua_pushcfunction(L, module->open);
            lua_setfield(L, -2, module->name);
        }
    }
    lua_pop(L, 1);
}

/* Pushes "a.b" for "modules/lua/a/b.lua" and "commands.b" for "host/commands/b.lua"; pushes nothing and returns false for any
 * other. */
static bool push_module_name(lua_State *L, const char *path) {
    static const char *const folders[] = {"modules/lua/", "host/"};
    static const char ending[] = ".lua";
    size_t length = strlen(path), after = sizeof ending - 1;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        size_t before = strlen(folders[i]);
        if (length > before + after && strncmp(path, folders[i], before) == 0 && strcmp(path + length - after, ending) == 0) {
            lua_pushlstring(L, path + before, length - before - after);
            luaL_gsub(L, lua_tostring(L, -1), "/", ".");
            lua_remove(L, -2);
            return true;
        }
    }
    return false;
}

void modules_open(lua_State *L) {
    modules_add(L, modules_list);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    const char *path;
    for (size_t n = 0; (path = embedded_path(n)) != NULL; n++) {
        if (push_module_name(L, path)) {
            lua_pushvalue(L, -1);
            lua_pushstring(L, path);
            lua_pushvalue(L, -2);
            lua_rawget(L, -5); /* the C part, if there is one */
            lua_pushcclosure(L, load_lua_half, 2);
            lua_rawset(L, -4);
            lua_pop(L, 1);
        }
    }
    lua_pop(L, 1);
}
