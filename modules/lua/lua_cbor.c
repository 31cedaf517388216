/* require "cbor": RFC 8949, as far as Smithy's RPC v2 uses it.
 *
 * cbor.decode(bytes: string)
 *   |-> value              lists and objects are marked as json.decode marks them, whole numbers are integers (beyond 64 bits
 *   |                      floats), null and undefined are json.null, a tag's value stands for itself
 *   `-> raises             {code="INVALID_CBOR", message=}: not one well-formed item, a text that is not UTF-8, a key that is no
 *                          text, deeper than 200 levels
 * Writers of one item each. The caller chooses: a Lua string may be a text or bytes, a whole number an integer or a float.
 *   integer, double, float, time   of a number; a time, in seconds, is an integer where it is whole
 *   text, bytes                    of a string
 *   boolean                        of any value
 *   list                           of a list of written items
 *   map                            of a list: written key, written value, written key ...
 *     `-> string
 */
#include <lauxlib.h>
#include <math.h>
#include <stdint.h>

#include "base/cbor.h"
#include "base/json.h"
#include "lua/binding.h"
#include "lua/lua_json.h"
#include "lua/modules.h"

/* Room that is made for a list before its items are there: what it announces may be a lie, and so may those within it. */
enum { ROOM_MAX = 4096, EPOCH_TIME = 0xC1 };

struct reader {
    lua_State *L;
    const unsigned char *start, *at, *end;
};

static int refuse(const struct reader *reader, const char *what) {
    struct error error;
    error_set(&error, "INVALID_CBOR", "byte %td: %s", reader->at - reader->start + 1, what);
    return binding_raise(reader->L, &error);
}

static size_t left(const struct reader *reader) {
    return (size_t)(reader->end - reader->at);
}

static struct cbor_head read_head(struct reader *reader) {
    struct cbor_head head;
    size_t length = cbor_read_head(reader->at, left(reader), &head);
    if (length == 0) {
        refuse(reader, "no item, or the end within one");
    }
    reader->at += length;
    return head;
}

static void push_whole(lua_State *L, uint64_t argument, bool negative) {
    if (argument <= INT64_MAX) {
        lua_pushinteger(L, negative ? -1 - (lua_Integer)argument : (lua_Integer)argument);
    } else {
        lua_pushnumber(L, negative ? -1.0 - (lua_Number)argument : (lua_Number)argument);
    }
}

/* Whole floats become integers as far as each stands for one number only: as json.decode gives them. */
static void push_float(lua_State *L, double value) {
    const double limit = 9007199254740992.0;
    if (value > -limit && value < limit && floor(value) == value) {
        lua_pushinteger(L, (lua_Integer)value);
    } else {
        lua_pushnumber(L, value);
    }
}

static void push_simple(struct reader *reader, const struct cbor_head *head) {
    switch (head->info) {
    case CBOR_FALSE:
    case CBOR_TRUE:
        lua_pushboolean(reader->L, head->info == CBOR_TRUE);
        break;
    case CBOR_NULL:
    case CBOR_UNDEFINED:
        lua_pushlightuserdata(reader->L, NULL); /* json.null */
        break;
    case CBOR_HALF:
    case CBOR_SINGLE:
    case CBOR_DOUBLE:
        push_float(reader->L, cbor_float(head));
        break;
    default:
        refuse(reader, "a simple value that has no meaning here");
    }
}

/* True, and behind it, if something of indefinite length ends here. */
static bool take_break(struct reader *reader) {
    if (left(reader) == 0 || *reader->at != CBOR_BREAK) {
        return false;
    }
    reader->at++;
    return true;
}

static const char *take_bytes(struct reader *reader, const struct cbor_head *head) {
    const unsigned char *bytes = reader->at;
    if (head->argument > left(reader)) {
        refuse(reader, "a string that is longer than what is left");
    }
    if (head->major == CBOR_TEXT) {
        for (size_t length, at = 0; at < head->argument; at += length) {
            length = json_utf8_length(bytes + at, head->argument - at);
            if (length == 0) {
                refuse(reader, "a text that is not UTF-8");
            }
        }
    }
    reader->at += head->argument;
    return (const char *)bytes;
}

/* The pieces of a string of indefinite length are strings of its kind, and definite. */
static void push_string(struct reader *reader, const struct cbor_head *head) {
    luaL_Buffer whole;
    if (head->info != CBOR_INDEFINITE) {
        lua_pushlstring(reader->L, take_bytes(reader, head), head->argument);
        return;
    }
    luaL_buffinit(reader->L, &whole);
    while (!take_break(reader)) {
        struct cbor_head piece = read_head(reader);
        if (piece.major != head->major || piece.info == CBOR_INDEFINITE) {
            refuse(reader, "a string with a piece of another kind");
        }
        const char *bytes = take_bytes(reader, &piece);
        luaL_addlstring(&whole, bytes, piece.argument);
    }
    luaL_pushresult(&whole);
}

/* The room for a list or map whose values take `least` bytes each. */
static int room(struct reader *reader, const struct cbor_head *head, unsigned least) {
    if (head->argument > left(reader) / least) {
        refuse(reader, "a list or map that is longer than what is left");
    }
    return head->argument < ROOM_MAX ? (int)head->argument : ROOM_MAX;
}

static bool goes_on(struct reader *reader, const struct cbor_head *head, uint64_t seen) {
    return head->info == CBOR_INDEFINITE ? !take_break(reader) : seen < head->argument;
}

static void push_value(struct reader *reader, int depth);

static void push_list(struct reader *reader, const struct cbor_head *head, int depth) {
    lua_createtable(reader->L, room(reader, head, 1), 0);
    for (lua_Integer count = 0; goes_on(reader, head, (uint64_t)count);) {
        push_value(reader, depth + 1);
        lua_rawseti(reader->L, -2, ++count);
    }
    luaL_setmetatable(reader->L, LUA_JSON_ARRAY);
}

static void push_map(struct reader *reader, const struct cbor_head *head, int depth) {
    lua_createtable(reader->L, 0, room(reader, head, 2));
    for (uint64_t count = 0; goes_on(reader, head, count); count++) {
        struct cbor_head key = read_head(reader);
        if (key.major != CBOR_TEXT) {
            refuse(reader, "a key that is no text");
        }
        push_string(reader, &key);
        push_value(reader, depth + 1);
        lua_rawset(reader->L, -3);
    }
    luaL_setmetatable(reader->L, LUA_JSON_OBJECT);
}

static void push_value(struct reader *reader, int depth) {
    if (depth > LUA_JSON_DEPTH_MAX) {
        refuse(reader, "more than 200 levels");
    }
    luaL_checkstack(reader->L, 8, "cbor.decode");
    struct cbor_head head = read_head(reader);
    switch (head.major) {
    case CBOR_UNSIGNED:
    case CBOR_NEGATIVE:
        push_whole(reader->L, head.argument, head.major == CBOR_NEGATIVE);
        break;
    case CBOR_BYTES:
    case CBOR_TEXT:
        push_string(reader, &head);
        break;
    case CBOR_LIST:
        push_list(reader, &head, depth);
        break;
    case CBOR_MAP:
        push_map(reader, &head, depth);
        break;
    case CBOR_TAG:
        push_value(reader, depth + 1);
        break;
    case CBOR_SIMPLE:
        push_simple(reader, &head);
        break;
    }
}

static int cbor_decode(lua_State *L) {
    size_t length;
    const unsigned char *bytes = (const unsigned char *)luaL_checklstring(L, 1, &length);
    struct reader reader = {L, bytes, bytes, bytes + length};
    push_value(&reader, 0);
    return left(&reader) > 0 ? refuse(&reader, "something behind the item") : 1;
}

static int push_head(lua_State *L, const unsigned char *head, size_t length) {
    lua_pushlstring(L, (const char *)head, length);
    return 1;
}

static int cbor_integer(lua_State *L) {
    unsigned char head[CBOR_HEAD_MAX];
    return push_head(L, head, cbor_write_integer(head, luaL_checkinteger(L, 1)));
}

static int cbor_double(lua_State *L) {
    unsigned char head[CBOR_HEAD_MAX];
    return push_head(L, head, cbor_write_double(head, luaL_checknumber(L, 1)));
}

static int cbor_single(lua_State *L) {
    unsigned char head[CBOR_HEAD_MAX];
    return push_head(L, head, cbor_write_float(head, (float)luaL_checknumber(L, 1)));
}

static int cbor_boolean(lua_State *L) {
    unsigned char head[CBOR_HEAD_MAX];
    return push_head(L, head, cbor_write_head(head, CBOR_SIMPLE, lua_toboolean(L, 1) ? CBOR_TRUE : CBOR_FALSE));
}

static int cbor_time(lua_State *L) {
    unsigned char tagged[1 + CBOR_HEAD_MAX] = {EPOCH_TIME};
    int is_whole;
    lua_Integer seconds = lua_tointegerx(L, 1, &is_whole);
    size_t length = is_whole ? cbor_write_integer(tagged + 1, seconds) : cbor_write_double(tagged + 1, luaL_checknumber(L, 1));
    return push_head(L, tagged, 1 + length);
}

static int push_written(lua_State *L, enum cbor_major major) {
    unsigned char head[CBOR_HEAD_MAX];
    size_t length;
    luaL_checklstring(L, 1, &length);
    lua_settop(L, 1);
    push_head(L, head, cbor_write_head(head, major, length));
    lua_insert(L, 1);
    lua_concat(L, 2);
    return 1;
}

static int cbor_text(lua_State *L) {
    return push_written(L, CBOR_TEXT);
}

static int cbor_bytes(lua_State *L) {
    return push_written(L, CBOR_BYTES);
}

static int push_container(lua_State *L, enum cbor_major major, unsigned parts) {
    unsigned char head[CBOR_HEAD_MAX];
    luaL_Buffer whole;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Unsigned count = lua_rawlen(L, 1);
    luaL_argcheck(L, count % parts == 0, 1, "the last key has no value");
    luaL_buffinit(L, &whole);
    luaL_addlstring(&whole, (const char *)head, cbor_write_head(head, major, count / parts));
    for (lua_Unsigned i = 1; i <= count; i++) {
        if (lua_rawgeti(L, 1, (lua_Integer)i) != LUA_TSTRING) {
            return luaL_argerror(L, 1, "an item is not written yet");
        }
        luaL_addvalue(&whole);
    }
    luaL_pushresult(&whole);
    return 1;
}

static int cbor_list(lua_State *L) {
    return push_container(L, CBOR_LIST, 1);
}

static int cbor_map(lua_State *L) {
    return push_container(L, CBOR_MAP, 2);
}

int luaopen_cbor(lua_State *L) {
    static const luaL_Reg functions[] = {{"decode", cbor_decode},
                                         {"integer", cbor_integer},
                                         {"double", cbor_double},
                                         {"float", cbor_single},
                                         {"text", cbor_text},
                                         {"bytes", cbor_bytes},
                                         {"boolean", cbor_boolean},
                                         {"time", cbor_time},
                                         {"list", cbor_list},
                                         {"map", cbor_map},
                                         {NULL, NULL}};
    luaL_requiref(L, "json", luaopen_json, 0); /* its marks */
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    return 1;
}
