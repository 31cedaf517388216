/* Strings and numbers of json.encode, and how it refuses. */
#include <lauxlib.h>
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "lua/lua_json_encoder.h"

enum { PATH_MAX_BYTES = 512 };

static bool is_name(const char *key, size_t length) {
    size_t letters = strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
    return length > 0 && letters == length && !(key[0] >= '0' && key[0] <= '9');
}

/* "waves[2].name", outermost first. */
static void write_path(struct buffer *path, const struct lua_json_level *level) {
    if (level == NULL) {
        return;
    }
    write_path(path, level->outer);
    if (level->key == NULL) {
        buffer_append_format(path, "[%lld]", (long long)level->index);
    } else if (!is_name(level->key, level->key_length)) {
        buffer_append_format(path, "[\"%.*s\"]", (int)(level->key_length > 64 ? 64 : level->key_length), level->key);
    } else {
        buffer_append_format(path, "%s%.*s", level->outer == NULL ? "" : ".", (int)level->key_length, level->key);
    }
}

int lua_json_refuse(lua_State *L, struct lua_json_encoder *encoder, const struct lua_json_level *level, const char *what) {
    buffer_reset(&encoder->out);
    encoder->out.limit = PATH_MAX_BYTES;
    write_path(&encoder->out, level);
    if (level == NULL || encoder->out.failed || encoder->out.data == NULL) {
        return luaL_error(L, level == NULL ? "json.encode: %s" : "json.encode: deep inside: %s", what);
    }
    return luaL_error(L, "json.encode: %s: %s", encoder->out.data, what);
}

static void check_out(lua_State *L, struct lua_json_encoder *encoder) {
    if (encoder->out.failed) {
        luaL_error(L, "json.encode: not enough memory, or more than %d bytes of JSON", LUA_JSON_TEXT_MAX);
    }
}

void lua_json_append(lua_State *L, struct lua_json_encoder *encoder, const char *bytes, size_t length) {
    buffer_append(&encoder->out, bytes, length);
    check_out(L, encoder);
}

void lua_json_write_string(lua_State *L, struct lua_json_encoder *encoder, const struct lua_json_level *level, const char *text,
                           size_t length) {
    const unsigned char *bytes = (const unsigned char *)text;
    bool plain = true; /* nothing to escape, which is nearly always so */
    for (size_t at = 0; at < length;) {
        size_t size = bytes[at] < 0x80 ? 1 : json_utf8_length(bytes + at, length - at);
        if (size == 0) {
            lua_json_refuse(L, encoder, level, "text that is not UTF-8 cannot be JSON (base64 can carry it)");
        }
        plain = plain && bytes[at] >= 0x20 && bytes[at] != '"' && bytes[at] != '\\';
        at += size;
    }
    if (plain) {
        buffer_append_byte(&encoder->out, '"');
        buffer_append(&encoder->out, text, length);
        buffer_append_byte(&encoder->out, '"');
    } else {
        json_write_string(&encoder->out, text, length);
    }
    check_out(L, encoder);
}

/* Whole floats are written as integers as long as they stand for one integer only: AWS refuses 1e+15 for a long. */
void lua_json_write_number(lua_State *L, struct lua_json_encoder *encoder, const struct lua_json_level *level) {
    double number = lua_tonumber(L, -1);
    if (lua_isinteger(L, -1)) {
        json_write_integer(&encoder->out, lua_tointeger(L, -1));
    } else if (!isfinite(number)) {
        lua_json_refuse(L, encoder, level, "NaN and infinity cannot be JSON");
    } else if (fabs(number) < 9007199254740992.0 && number == floor(number) && number != 0) {
        json_write_integer(&encoder->out, (int64_t)number);
    } else {
        json_write_double(&encoder->out, number);
    }
    check_out(L, encoder);
}
