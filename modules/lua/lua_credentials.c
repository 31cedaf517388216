/* require "credentials": resolved keys. The secret and the token live in C; a script can use them but not read them.
 *
 * credentials.new{ access_key_id, secret_access_key [, session_token] [, expires_at: epoch seconds] [, account_id] [, source] }
 *   |-> credentials         fields access_key_id, expires_at, account_id, source, and nothing else; tostring shows no secret
 *   |-> raises              {code="INVALID_CREDENTIALS", message=}: id or secret missing, white space in a value
 *   `-> raises a string     a field of a wrong type, or an unknown one
 * They are wiped when they are closed or collected.
 */
#include "lua/lua_credentials.h"

#include <lauxlib.h>
#include <string.h>

#include "lua/binding.h"
#include "lua/fields.h"
#include "lua/metatable.h"
#include "lua/modules.h"

#define CREDENTIALS "drsh.credentials"

static int credentials_close(lua_State *L) {
    keys_clear(luaL_checkudata(L, 1, CREDENTIALS));
    return 0;
}

static void push_text(lua_State *L, const char *text) {
    if (text == NULL) {
        lua_pushnil(L);
    } else {
        lua_pushstring(L, text);
    }
}

static int credentials_index(lua_State *L) {
    const struct keys *keys = luaL_checkudata(L, 1, CREDENTIALS);
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
    if (strcmp(name, "access_key_id") == 0) {
        push_text(L, keys->access_key_id);
    } else if (strcmp(name, "account_id") == 0) {
        push_text(L, keys->account_id);
    } else if (strcmp(name, "source") == 0) {
        push_text(L, keys->source);
    } else if (strcmp(name, "expires_at") == 0 && keys->expires_at != 0) {
        lua_pushinteger(L, keys->expires_at);
    } else {
        lua_pushnil(L);
    }
    return 1;
}

static int credentials_tostring(lua_State *L) {
    const struct keys *keys = luaL_checkudata(L, 1, CREDENTIALS);
    lua_pushfstring(L, "credentials %s (%s)", keys->access_key_id != NULL ? keys->access_key_id : "that are wiped",
                    keys->source != NULL ? keys->source : "source unknown");
    return 1;
}

/* For what is on top of the stack. Other modules make credentials too, before this one is required. */
static void set_metatable(lua_State *L) {
    static const luaL_Reg metamethods[] = {{"__gc", credentials_close},
                                           {"__close", credentials_close},
                                           {"__index", credentials_index},
                                           {"__tostring", credentials_tostring},
                                           {NULL, NULL}};
    metatable_set(L, CREDENTIALS, metamethods, "credentials");
}

static void push_new(lua_State *L, int table, const char *function) {
    static const char *const known[] = {
        "access_key_id", "secret_access_key", "session_token", "expires_at", "account_id", "source", NULL};
    struct fields fields = fields_open(L, table, function, known);
    struct keys given = {0};
    /* keys_copy only reads; the casts give it Lua's own strings */
    given.access_key_id = (char *)fields_text(&fields, "access_key_id");
    given.secret_access_key = (char *)fields_text(&fields, "secret_access_key");
    given.session_token = (char *)fields_text(&fields, "session_token");
    given.account_id = (char *)fields_text(&fields, "account_id");
    given.source = (char *)fields_text(&fields, "source");
    given.expires_at = (int64_t)fields_number(&fields, "expires_at", 0, 0, 253402300799.0);
    struct keys *keys = lua_newuserdatauv(L, sizeof *keys, 0);
    memset(keys, 0, sizeof *keys);
    set_metatable(L);
    struct error error;
    if (!keys_copy(keys, &given, &error)) {
        binding_raise(L, &error);
    }
}

static int credentials_new(lua_State *L) {
    lua_settop(L, 1);
    push_new(L, 1, "credentials.new");
    return 1;
}

const struct keys *lua_credentials_check(lua_State *L, int index, const char *function) {
    const struct keys *keys = luaL_testudata(L, index, CREDENTIALS);
    if (keys == NULL) {
        if (!lua_istable(L, index)) {
            luaL_error(L, "%s: credentials expected (an object or a table), not a %s", function, luaL_typename(L, index));
        }
        lua_pushvalue(L, index);
        push_new(L, lua_gettop(L), function);
        keys = lua_touserdata(L, -1);
    } else if (keys->access_key_id == NULL) {
        luaL_error(L, "%s: these credentials are wiped", function);
    }
    return keys;
}

int luaopen_credentials(lua_State *L) {
    static const luaL_Reg functions[] = {{"new", credentials_new}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
