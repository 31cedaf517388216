/* json.encode: an exact writer that never guesses. What it refuses, it names by its place in the value. */
#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "lua/lua_json.h"

#define ENCODER "drsh.json.encoder"

enum { TEXT_MAX = 256 << 20, PATH_MAX_BYTES = 512, INDENT = 2 };

/* A key of an object that is being written; the string lies on the Lua stack at `slot`. */
struct key {
    const char *text;
    size_t length;
    int slot;
};

/* A userdata, so that an error frees what it holds. `keys` is a stack: each object under way has its part. */
struct encoder {
    struct buffer out;
    struct key *keys;
    size_t key_count, key_capacity;
    bool pretty;
};

/* A list or an object that is being written, on the C stack, linked to the one around it. */
struct level {
    const struct level *outer;
    const void *table;
    int depth;
    const char *key; /* where we are in it: a key, */
    size_t key_length;
    lua_Integer index; /* or, where key is NULL, an index */
};

static void write_value(lua_State *L, struct encoder *encoder, const struct level *outer);

static bool is_name(const char *key, size_t length) {
    size_t letters = strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
    return length > 0 && letters == length && !(key[0] >= '0' && key[0] <= '9');
}

/* "waves[2].name", outermost first. */
static void write_path(struct buffer *path, const struct level *level) {
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

static int refuse(lua_State *L, struct encoder *encoder, const struct level *level, const char *what) {
    buffer_reset(&encoder->out);
    encoder->out.limit = PATH_MAX_BYTES;
    write_path(&encoder->out, level);
    if (level == NULL || encoder->out.failed || encoder->out.data == NULL) {
        return luaL_error(L, level == NULL ? "json.encode: %s" : "json.encode: deep inside: %s", what);
    }
    return luaL_error(L, "json.encode: %s: %s", encoder->out.data, what);
}

static void check_out(lua_State *L, struct encoder *encoder) {
    if (encoder->out.failed) {
        luaL_error(L, "json.encode: not enough memory, or more than %d bytes of JSON", TEXT_MAX);
    }
}

static void append(lua_State *L, struct encoder *encoder, const char *bytes, size_t length) {
    buffer_append(&encoder->out, bytes, length);
    check_out(L, encoder);
}

static void write_string(lua_State *L, struct encoder *encoder, const struct level *level, const char *text, size_t length) {
    for (size_t at = 0; at < length;) {
        size_t size = (unsigned char)text[at] < 0x80 ? 1 : json_utf8_length((const unsigned char *)text + at, length - at);
        if (size == 0) {
            refuse(L, encoder, level, "text that is not UTF-8 cannot be JSON (base64 can carry it)");
        }
        at += size;
    }
    json_write_string(&encoder->out, text, length);
    check_out(L, encoder);
}

/* Whole floats are written as integers as long as they stand for one integer only: AWS refuses 1e+15 for a long. */
static void write_number(lua_State *L, struct encoder *encoder, const struct level *level) {
    double number = lua_tonumber(L, -1);
    if (lua_isinteger(L, -1)) {
        json_write_integer(&encoder->out, lua_tointeger(L, -1));
    } else if (!isfinite(number)) {
        refuse(L, encoder, level, "NaN and infinity cannot be JSON");
    } else if (fabs(number) < 9007199254740992.0 && number == floor(number) && number != 0) {
        json_write_integer(&encoder->out, (int64_t)number);
    } else {
        json_write_double(&encoder->out, number);
    }
    check_out(L, encoder);
}

static void new_line(lua_State *L, struct encoder *encoder, int depth) {
    static const char spaces[] = "                                ";
    if (encoder->pretty) {
        append(L, encoder, "\n", 1);
        for (int left = depth * INDENT; left > 0; left -= (int)sizeof spaces - 1) {
            append(L, encoder, spaces, (size_t)left < sizeof spaces - 1 ? (size_t)left : sizeof spaces - 1);
        }
    }
}

/* The number of keys of the list on top of the stack, which are 1 to that number and nothing else. */
static lua_Integer check_list(lua_State *L, struct encoder *encoder, const struct level *level) {
    int table = lua_gettop(L);
    lua_Integer length = (lua_Integer)lua_rawlen(L, table), count = 0;
    lua_pushnil(L);
    while (lua_next(L, table)) {
        lua_pop(L, 1);
        lua_Integer key = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : 0;
        if (key < 1 || key > length) {
            refuse(L, encoder, level->outer,
                   lua_type(L, -1) == LUA_TSTRING ? "a table with both indexes and names is neither a list nor an object"
                                                  : "a list with holes, or with indexes other than 1, 2, 3 ...");
        }
        count++;
    }
    if (count != length) {
        refuse(L, encoder, level->outer, "a list with holes, or with indexes other than 1, 2, 3 ...");
    }
    return length;
}

static void write_list(lua_State *L, struct encoder *encoder, struct level *level) {
    int table = lua_gettop(L);
    lua_Integer length = check_list(L, encoder, level);
    append(L, encoder, "[", 1);
    for (level->index = 1; level->index <= length; level->index++) {
        if (level->index > 1) {
            append(L, encoder, ",", 1);
        }
        new_line(L, encoder, level->depth);
        lua_rawgeti(L, table, level->index);
        write_value(L, encoder, level);
        lua_pop(L, 1);
    }
    if (length > 0) {
        new_line(L, encoder, level->depth - 1);
    }
    append(L, encoder, "]", 1);
}

static int compare_keys(const void *left, const void *right) {
    const struct key *a = left, *b = right;
    int order = memcmp(a->text, b->text, a->length < b->length ? a->length : b->length);
    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

static void add_key(lua_State *L, struct encoder *encoder, struct key key) {
    if (encoder->key_count == encoder->key_capacity) {
        size_t capacity = encoder->key_capacity == 0 ? 64 : encoder->key_capacity * 2;
        struct key *keys = realloc(encoder->keys, capacity * sizeof *keys);
        if (keys == NULL) {
            luaL_error(L, "not enough memory");
        }
        encoder->keys = keys;
        encoder->key_capacity = capacity;
    }
    encoder->keys[encoder->key_count++] = key;
}

/* Leaves the keys of the object on the Lua stack, which keeps their text alive while a collection runs. */
static void collect_keys(lua_State *L, struct encoder *encoder, const struct level *level) {
    int table = lua_gettop(L);
    lua_pushnil(L);
    while (lua_next(L, table)) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING) {
            refuse(L, encoder, level->outer, "an object with a key that is not a string");
        }
        struct key key = {.slot = lua_gettop(L)};
        key.text = lua_tolstring(L, -1, &key.length);
        add_key(L, encoder, key);
        luaL_checkstack(L, 8, "json.encode: an object with too many keys");
        lua_pushvalue(L, -1);
    }
}

static void write_object(lua_State *L, struct encoder *encoder, struct level *level) {
    int table = lua_gettop(L);
    size_t first = encoder->key_count;
    collect_keys(L, encoder, level);
    size_t count = encoder->key_count - first;
    if (count > 1) {
        qsort(encoder->keys + first, count, sizeof *encoder->keys, compare_keys);
    }
    append(L, encoder, "{", 1);
    for (size_t i = first; i < first + count; i++) {
        struct key key = encoder->keys[i]; /* a copy: writing the value may move the keys */
        level->key = key.text;
        level->key_length = key.length;
        if (i > first) {
            append(L, encoder, ",", 1);
        }
        new_line(L, encoder, level->depth);
        write_string(L, encoder, level, key.text, key.length);
        append(L, encoder, ": ", encoder->pretty ? 2 : 1);
        lua_pushvalue(L, key.slot);
        lua_rawget(L, table);
        write_value(L, encoder, level);
        lua_pop(L, 1);
    }
    if (count > 0) {
        new_line(L, encoder, level->depth - 1);
    }
    append(L, encoder, "}", 1);
    encoder->key_count = first;
    lua_settop(L, table);
}

static void write_table(lua_State *L, struct encoder *encoder, const struct level *outer) {
    struct level level = {.outer = outer, .table = lua_topointer(L, -1), .depth = outer == NULL ? 1 : outer->depth + 1};
    for (const struct level *around = outer; around != NULL; around = around->outer) {
        if (around->table == level.table) {
            refuse(L, encoder, outer, "a table that contains itself");
        }
    }
    if (level.depth > LUA_JSON_DEPTH_MAX) {
        refuse(L, encoder, outer, "deeper than 200 levels");
    }
    luaL_checkstack(L, 8, "json.encode");
    enum lua_json_mark mark = lua_json_mark_of(L, -1);
    if (mark == LUA_JSON_UNMARKED) {
        if (lua_rawgeti(L, -1, 1) != LUA_TNIL) {
            mark = LUA_JSON_IS_ARRAY;
        }
        lua_pop(L, 1);
    }
    if (mark == LUA_JSON_UNMARKED) {
        lua_pushnil(L);
        if (!lua_next(L, -2)) {
            refuse(L, encoder, outer, "an empty table: say json.array{} or json.object{}");
        }
        lua_pop(L, 2);
    }
    if (mark == LUA_JSON_IS_ARRAY) {
        write_list(L, encoder, &level);
    } else {
        write_object(L, encoder, &level);
    }
}

/* Writes the value on top of the stack, which stays. */
static void write_value(lua_State *L, struct encoder *encoder, const struct level *level) {
    size_t length;
    const char *text;
    switch (lua_type(L, -1)) {
    case LUA_TSTRING:
        text = lua_tolstring(L, -1, &length);
        write_string(L, encoder, level, text, length);
        break;
    case LUA_TNUMBER:
        write_number(L, encoder, level);
        break;
    case LUA_TBOOLEAN:
        text = lua_toboolean(L, -1) ? "true" : "false";
        append(L, encoder, text, strlen(text));
        break;
    case LUA_TTABLE:
        write_table(L, encoder, level);
        break;
    case LUA_TLIGHTUSERDATA:
        if (lua_touserdata(L, -1) == NULL) {
            append(L, encoder, "null", 4);
            break;
        } /* fall through */
    default:
        refuse(L, encoder, level, lua_pushfstring(L, "a %s cannot be JSON", luaL_typename(L, -1)));
    }
}

static int encoder_close(lua_State *L) {
    struct encoder *encoder = luaL_checkudata(L, 1, ENCODER);
    buffer_clear(&encoder->out);
    free(encoder->keys);
    encoder->keys = NULL;
    return 0;
}

static int encode(lua_State *L, bool pretty) {
    static const luaL_Reg methods[] = {{"__gc", encoder_close}, {"__close", encoder_close}, {NULL, NULL}};
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    struct encoder *encoder = lua_newuserdatauv(L, sizeof *encoder, 0);
    memset(encoder, 0, sizeof *encoder);
    buffer_init(&encoder->out, TEXT_MAX);
    encoder->pretty = pretty;
    if (luaL_newmetatable(L, ENCODER)) {
        luaL_setfuncs(L, methods, 0);
    }
    lua_setmetatable(L, 2);
    lua_toclose(L, 2);
    lua_pushvalue(L, 1);
    write_value(L, encoder, NULL);
    lua_pushlstring(L, encoder->out.data, encoder->out.length);
    lua_closeslot(L, 2);
    return 1;
}

int lua_json_encode(lua_State *L) {
    return encode(L, false);
}

int lua_json_encode_pretty(lua_State *L) {
    return encode(L, true);
}
