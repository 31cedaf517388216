/* require "log"
 *
 * log.debug(message [, fields: table])
 * log.info(message [, fields])
 * log.warn(message [, fields])
 * log.error(message [, fields])
 * log.warn_once(message [, fields])     as warn, the first time that this message comes
 *   |-> nothing             one line of JSON on stderr, if the level is wanted: time, level, message, the task's requestId and
 * the |                       fields by name. What JSON does not have is written as tostring shows it; secrets are taken out
 *   `-> raises a string     fields is no table
 * The log itself is the host's: binding_services.log.
 */
#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>

#include "base/json.h"
#include "lua/binding.h"
#include "lua/boxed.h"
#include "lua/lua_json.h"
#include "lua/modules.h"

enum { FIELDS_MAX_BYTES = 48 << 10 };
/* So many different messages of warn_once are remembered; more than that are said each time. */
enum { SAID_MAX = 1000 };

static void write_name(struct buffer *out, const char *name, size_t length) {
    if (out->length > 0) {
        buffer_append_byte(out, ',');
    }
    json_write_string(out, name, length);
    buffer_append_byte(out, ':');
}

static bool is_empty_table(lua_State *L) {
    if (!lua_istable(L, -1)) {
        return false;
    }
    lua_pushnil(L);
    bool empty = !lua_next(L, -2);
    lua_pop(L, empty ? 0 : 2);
    return empty;
}

/* Writes the value on top of the stack and pops it. A log may guess where JSON must not. */
static void write_value(lua_State *L, struct buffer *out) {
    size_t length;
    if (is_empty_table(L)) {
        buffer_append_string(out, "{}");
        lua_pop(L, 1);
        return;
    }
    lua_pushcfunction(L, lua_json_encode);
    lua_pushvalue(L, -2);
    if (lua_pcall(L, 1, 1, 0) == LUA_OK) {
        const char *text = lua_tolstring(L, -1, &length);
        buffer_append(out, text, length);
        lua_pop(L, 2);
    } else {
        lua_pop(L, 1);
        const char *text = luaL_tolstring(L, -1, &length);
        json_write_string(out, text, length);
        lua_pop(L, 2);
    }
}

static void write_fields(lua_State *L, int fields, struct buffer *out) {
    size_t length;
    lua_pushnil(L);
    while (lua_next(L, fields)) {
        const char *name = luaL_tolstring(L, -2, &length);
        write_name(out, name, length);
        lua_pop(L, 1);
        write_value(L, out);
    }
}

/* The task's, unless the fields name the request that they are about. */
static void write_request_id(lua_State *L, int fields, struct buffer *out) {
    size_t length;
    if (lua_istable(L, fields)) {
        lua_pushliteral(L, "requestId");
        bool is_named = lua_rawget(L, fields) != LUA_TNIL;
        lua_pop(L, 1);
        if (is_named) {
            return;
        }
    }
    binding_push_context(L);
    if (lua_istable(L, -1)) {
        lua_getfield(L, -1, "requestId");
        if (lua_type(L, -1) == LUA_TSTRING) {
            const char *id = lua_tolstring(L, -1, &length);
            write_name(out, "requestId", strlen("requestId"));
            json_write_string(out, id, length);
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static int write_line(lua_State *L, int level) {
    struct binding_services *services = binding_services(L);
    lua_settop(L, 2);
    const char *message = luaL_tolstring(L, 1, NULL);
    if (!lua_isnoneornil(L, 2)) {
        luaL_checktype(L, 2, LUA_TTABLE);
    }
    if (services == NULL || services->log == NULL || !services->log_enabled(level)) {
        return 0;
    }
    struct buffer *out = boxed_buffer(L, FIELDS_MAX_BYTES);
    write_request_id(L, 2, out);
    if (lua_istable(L, 2)) {
        write_fields(L, 2, out);
    }
    if (out->failed) {
        services->log(level, message, "\"fields\":\"left out: they are too long\"");
    } else {
        services->log(level, message, out->length > 0 ? out->data : "");
    }
    return 0;
}

static int log_debug(lua_State *L) {
    return write_line(L, 0);
}

static int log_info(lua_State *L) {
    return write_line(L, 1);
}

static int log_warn(lua_State *L) {
    return write_line(L, 2);
}

static int log_error(lua_State *L) {
    return write_line(L, 3);
}

/* A script's environment lives for one request: only here can be known what was said before. Upvalues: the set of what was
 * said, and how many that are. */
static int log_warn_once(lua_State *L) {
    luaL_checkstring(L, 1);
    lua_settop(L, 2);
    lua_pushvalue(L, 1);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) {
        return 0;
    }
    lua_Integer said = lua_tointeger(L, lua_upvalueindex(2));
    if (said < SAID_MAX) {
        lua_pushvalue(L, 1);
        lua_pushboolean(L, true);
        lua_rawset(L, lua_upvalueindex(1));
        lua_pushinteger(L, said + 1);
        lua_replace(L, lua_upvalueindex(2));
    }
    return write_line(L, 2);
}

int luaopen_log(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"debug", log_debug}, {"info", log_info}, {"warn", log_warn}, {"error", log_error}, {NULL, NULL}};
    luaL_newlib(L, functions);
    lua_newtable(L);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, log_warn_once, 2);
    lua_setfield(L, -2, "warn_once");
    return 1;
}
