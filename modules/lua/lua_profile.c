/* require "profile" (trusted): the text of AWS's configuration files, taken apart.
 *
 * profile.parse(text, "config" | "credentials")
 *   |-> list of {kind, name, line, values}    kind: "profile", "sso-session", "services", "other"
 *   |                                         values: {key -> text, or {key -> text} for indented keys below it}
 *   |-> raises                                {code="INVALID_PROFILE_FILE", message=}: the line, never a value
 *   `-> raises a string                       wrong arguments
 * The values are Lua strings: whoever finds a secret among them hands it to credentials.new and forgets it.
 */
#include "aws/profile.h"

#include <lauxlib.h>

#include "lua/binding.h"
#include "lua/modules.h"

#define PROFILE_FILE "drsh.profile.file"

static int profile_file_close(lua_State *L) {
    profile_clear(luaL_checkudata(L, 1, PROFILE_FILE));
    return 0;
}

static void push_entry(lua_State *L, int values, const struct profile_entry *entry) {
    if (entry->parent == NULL) {
        lua_pushstring(L, entry->value);
        lua_setfield(L, values, entry->key);
        return;
    }
    if (lua_getfield(L, values, entry->parent) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_setfield(L, values, entry->parent);
    }
    lua_pushstring(L, entry->value); /* nested table, value */
    lua_setfield(L, -2, entry->key);
    lua_pop(L, 1);
}

static void push_section(lua_State *L, const struct profile_section *section) {
    static const char *const kinds[] = {[PROFILE_NAMED] = "profile",
                                        [PROFILE_SSO_SESSION] = "sso-session",
                                        [PROFILE_SERVICES] = "services",
                                        [PROFILE_OTHER] = "other"};
    lua_createtable(L, 0, 4);
    lua_pushstring(L, kinds[section->kind]);
    lua_setfield(L, -2, "kind");
    lua_pushstring(L, section->name);
    lua_setfield(L, -2, "name");
    lua_pushinteger(L, section->line);
    lua_setfield(L, -2, "line");
    lua_createtable(L, 0, (int)section->count);
    for (size_t i = 0; i < section->count; i++) {
        push_entry(L, lua_gettop(L), &section->entries[i]);
    }
    lua_setfield(L, -2, "values");
}

static int profile_lua_parse(lua_State *L) {
    static const char *const formats[] = {"config", "credentials", NULL};
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    enum profile_format format = luaL_checkoption(L, 2, NULL, formats) == 0 ? PROFILE_CONFIG : PROFILE_CREDENTIALS;
    struct error error;
    struct profile_file *file = lua_newuserdatauv(L, sizeof *file, 0);
    *file = (struct profile_file){0};
    luaL_setmetatable(L, PROFILE_FILE);
    lua_toclose(L, -1);
    if (!profile_parse(file, format, text, length, &error)) {
        return binding_raise(L, &error);
    }
    lua_createtable(L, (int)file->count, 0);
    for (size_t i = 0; i < file->count; i++) {
        push_section(L, &file->sections[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

int luaopen_profile(lua_State *L) {
    static const luaL_Reg functions[] = {{"parse", profile_lua_parse}, {NULL, NULL}};
    luaL_newmetatable(L, PROFILE_FILE);
    lua_pushcfunction(L, profile_file_close);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, profile_file_close);
    lua_setfield(L, -2, "__close");
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    return 1;
}
