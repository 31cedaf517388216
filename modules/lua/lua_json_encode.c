/* json.encode: an exact writer that never guesses. What it refuses, it names by its place in the value. */
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "lua/lua_json.h"
#include "lua/lua_json_encoder.h"
#include "lua/metatable.h"

#define ENCODER "drsh.json.encoder"

enum { INDENT = 2 };

static void write_value(lua_State *L, struct lua_json_encoder *encoder, const struct lua_json_level *outer);

static void new_line(lua_State *L, struct lua_json_encoder *encoder, int depth) {
    static const char spaces[] = "                                ";
    if (encoder->pretty) {
        lua_json_append(L, encoder, "\n", 1);
        for (int left = depth * INDENT; left > 0; left -= (int)sizeof spaces - 1) {
            lua_json_append(L, encoder, spaces, (size_t)left < sizeof spaces - 1 ? (size_t)left : sizeof spaces - 1);
        }
    }
}

/* The number of keys of the list on top of the stack, which are 1 to that number and nothing else. */
static lua_Integer check_list(lua_State *L, struct lua_json_encoder *encoder, const struct lua_json_level *level) {
    int table = lua_gettop(L);
    lua_Integer length = (lua_Integer)lua_rawlen(L, table), count = 0;
    lua_pushnil(L);
    while (lua_next(L, table)) {
        lua_pop(L, 1);
        lua_Integer key = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : 0;
        if (key < 1 || key > length) {
            lua_json_refuse(L, encoder, level->outer,
                            lua_type(L, -1) == LUA_TSTRING
                                ? "a table with both indexes and names is neither a list nor an object"
                                : "a list with holes, or with indexes other than 1, 2, 3 ...");
        }
        count++;
    }
    if (count != length) {
        lua_json_refuse(L, encoder, level->outer, "a list with holes, or with indexes other than 1, 2, 3 ...");
    }
    return length;
}

static void write_list(lua_State *L, struct lua_json_encoder *encoder, struct lua_json_level *level) {
    int table = lua_gettop(L);
    lua_Integer length = check_list(L, encoder, level);
    lua_json_append(L, encoder, "[", 1);
    for (level->index = 1; level->index <= length; level->index++) {
        if (level->index > 1) {
            lua_json_append(L, encoder, ",", 1);
        }
        new_line(L, encoder, level->depth);
        lua_rawgeti(L, table, level->index);
        write_value(L, encoder, level);
        lua_pop(L, 1);
    }
    if (length > 0) {
        new_line(L, encoder, level->depth - 1);
    }
    lua_json_append(L, encoder, "]", 1);
}

static int compare_keys(const void *left, const void *right) {
    const struct lua_json_key *a = left, *b = right;
    int order = memcmp(a->text, b->text, a->length < b->length ? a->length : b->length);
    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

/* Objects are small: qsort's calls would cost more than the comparisons. */
static void sort_keys(struct lua_json_key *keys, size_t count) {
    if (count > 24) {
        qsort(keys, count, sizeof *keys, compare_keys);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        struct lua_json_key key = keys[i];
        size_t place = i;
        for (; place > 0 && compare_keys(&keys[place - 1], &key) > 0; place--) {
            keys[place] = keys[place - 1];
        }
        keys[place] = key;
    }
}

static void add_key(lua_State *L, struct lua_json_encoder *encoder, struct lua_json_key key) {
    if (encoder->key_count == encoder->key_capacity) {
        size_t capacity = encoder->key_capacity == 0 ? 64 : encoder->key_capacity * 2;
        struct lua_json_key *keys = realloc(encoder->keys, capacity * sizeof *keys);
        if (keys == NULL) {
            luaL_error(L, "not enough memory");
            return;
        }
        encoder->keys = keys;
        encoder->key_capacity = capacity;
    }
    encoder->keys[encoder->key_count++] = key;
}

/* Leaves the keys of the object on the Lua stack, which keeps their text alive while a collection runs. */
static void collect_keys(lua_State *L, struct lua_json_encoder *encoder, const struct lua_json_level *level) {
    int table = lua_gettop(L);
    lua_pushnil(L);
    while (lua_next(L, table)) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING) {
            lua_json_refuse(L, encoder, level->outer, "an object with a key that is not a string");
        }
        struct lua_json_key key = {.slot = lua_gettop(L)};
        key.text = lua_tolstring(L, -1, &key.length);
        add_key(L, encoder, key);
        luaL_checkstack(L, 8, "json.encode: an object with too many keys");
        lua_pushvalue(L, -1);
    }
}

static void write_object(lua_State *L, struct lua_json_encoder *encoder, struct lua_json_level *level) {
    int table = lua_gettop(L);
    size_t first = encoder->key_count;
    collect_keys(L, encoder, level);
    size_t count = encoder->key_count - first;
    if (count > 0) {
        sort_keys(encoder->keys + first, count);
    }
    lua_json_append(L, encoder, "{", 1);
    for (size_t i = first; i < first + count; i++) {
        struct lua_json_key key = encoder->keys[i]; /* a copy: writing the value may move the keys */
        level->key = key.text;
        level->key_length = key.length;
        if (i > first) {
            lua_json_append(L, encoder, ",", 1);
        }
        new_line(L, encoder, level->depth);
        lua_json_write_string(L, encoder, level, key.text, key.length);
        lua_json_append(L, encoder, ": ", encoder->pretty ? 2 : 1);
        lua_pushvalue(L, key.slot);
        lua_rawget(L, table);
        write_value(L, encoder, level);
        lua_pop(L, 1);
    }
    if (count > 0) {
        new_line(L, encoder, level->depth - 1);
    }
    lua_json_append(L, encoder, "}", 1);
    encoder->key_count = first;
    lua_settop(L, table);
}

/* Whether the table on top of the stack is a list: by its mark, else by its first key. */
static bool is_list(lua_State *L, struct lua_json_encoder *encoder, const struct lua_json_level *outer) {
    if (lua_getmetatable(L, -1)) {
        const void *mark = lua_topointer(L, -1);
        lua_pop(L, 1);
        if (mark == encoder->array_mark || mark == encoder->object_mark) {
            return mark == encoder->array_mark;
        }
    }
    bool list = lua_rawgeti(L, -1, 1) != LUA_TNIL;
    lua_pop(L, 1);
    if (!list) {
        lua_pushnil(L);
        if (!lua_next(L, -2)) {
            lua_json_refuse(L, encoder, outer, "an empty table: say json.array{} or json.object{}");
        }
        lua_pop(L, 2);
    }
    return list;
}

static void write_table(lua_State *L, struct lua_json_encoder *encoder, const struct lua_json_level *outer) {
    struct lua_json_level level = {
        .outer = outer, .table = lua_topointer(L, -1), .depth = outer == NULL ? 1 : outer->depth + 1};
    for (const struct lua_json_level *around = outer; around != NULL; around = around->outer) {
        if (around->table == level.table) {
            lua_json_refuse(L, encoder, outer, "a table that contains itself");
        }
    }
    if (level.depth > LUA_JSON_DEPTH_MAX) {
        lua_json_refuse(L, encoder, outer, "deeper than 200 levels");
    }
    luaL_checkstack(L, 8, "json.encode");
    if (is_list(L, encoder, outer)) {
        write_list(L, encoder, &level);
    } else {
        write_object(L, encoder, &level);
    }
}

/* Writes the value on top of the stack, which stays. */
static void write_value(lua_State *L, struct lua_json_encoder *encoder, const struct lua_json_level *level) {
    size_t length;
    const char *text;
    switch (lua_type(L, -1)) {
    case LUA_TSTRING:
        text = lua_tolstring(L, -1, &length);
        lua_json_write_string(L, encoder, level, text, length);
        break;
    case LUA_TNUMBER:
        lua_json_write_number(L, encoder, level);
        break;
    case LUA_TBOOLEAN:
        text = lua_toboolean(L, -1) ? "true" : "false";
        lua_json_append(L, encoder, text, strlen(text));
        break;
    case LUA_TTABLE:
        write_table(L, encoder, level);
        break;
    case LUA_TLIGHTUSERDATA:
        if (lua_touserdata(L, -1) == NULL) {
            lua_json_append(L, encoder, "null", 4);
            break;
        } /* fall through */
    default:
        lua_json_refuse(L, encoder, level, lua_pushfstring(L, "a %s cannot be JSON", luaL_typename(L, -1)));
    }
}

static int encoder_close(lua_State *L) {
    struct lua_json_encoder *encoder = luaL_checkudata(L, 1, ENCODER);
    buffer_clear(&encoder->out);
    free(encoder->keys);
    encoder->keys = NULL;
    return 0;
}

static int encode(lua_State *L, bool pretty) {
    static const luaL_Reg methods[] = {{"__gc", encoder_close}, {"__close", encoder_close}, {NULL, NULL}};
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    struct lua_json_encoder *encoder = lua_newuserdatauv(L, sizeof *encoder, 0);
    memset(encoder, 0, sizeof *encoder);
    buffer_init(&encoder->out, LUA_JSON_TEXT_MAX);
    encoder->pretty = pretty;
    metatable_set(L, ENCODER, methods, NULL);
    lua_toclose(L, 2);
    luaL_getmetatable(L, LUA_JSON_ARRAY);
    luaL_getmetatable(L, LUA_JSON_OBJECT);
    encoder->array_mark = lua_topointer(L, -2);
    encoder->object_mark = lua_topointer(L, -1);
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
