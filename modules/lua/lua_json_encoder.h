/* What the two files of json.encode share. */
#ifndef DRSH_LUA_JSON_ENCODER_H
#define DRSH_LUA_JSON_ENCODER_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

enum { LUA_JSON_TEXT_MAX = 256 << 20 };

/* A key of an object that is being written; the string lies on the Lua stack at `slot`. */
struct lua_json_key {
    const char *text;
    size_t length;
    int slot;
};

/* A userdata, so that an error frees what it holds. `keys` is a stack: each object under way has its part. */
struct lua_json_encoder {
    struct buffer out;
    struct lua_json_key *keys;
    size_t key_count, key_capacity;
    const void *array_mark, *object_mark; /* the two metatables */
    bool pretty;
};

/* A list or an object that is being written, on the C stack, linked to the one around it. */
struct lua_json_level {
    const struct lua_json_level *outer;
    const void *table;
    int depth;
    const char *key; /* where we are in it: a key, */
    size_t key_length;
    lua_Integer index; /* or, where key is NULL, an index */
};

/* Raises a string that names the place of the value in `level` (NULL: the whole value) and what is wrong with it. */
int lua_json_refuse(lua_State *L, struct lua_json_encoder *encoder, const struct lua_json_level *level, const char *what);
/* These append to the encoder's text, and raise what cannot be written or kept. The number is on top of the Lua stack. */
void lua_json_append(lua_State *L, struct lua_json_encoder *encoder, const char *bytes, size_t length);
void lua_json_write_string(lua_State *L, struct lua_json_encoder *encoder, const struct lua_json_level *level, const char *text,
                           size_t length);
void lua_json_write_number(lua_State *L, struct lua_json_encoder *encoder, const struct lua_json_level *level);

#endif
