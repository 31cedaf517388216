/* json.decode: lua-cjson is the parser, between lua_json_scan and a pass over the value, which marks lists and objects, makes
 * whole floats integers and takes the marked strings back. */
#include <errno.h>
#include <inttypes.h>
#include <lauxlib.h>
#include <lua-cjson.h>
#include <stdlib.h>
#include <string.h>

#include "lua/binding.h"
#include "lua/lua_json.h"

/* Pushes a whole number of many digits: an integer if it fits 64 bits, else the nearest float. */
static void push_long_number(lua_State *L, const char *digits) {
    errno = 0;
    intmax_t number = strtoimax(digits, NULL, 10);
    if (errno == 0) {
        lua_pushinteger(L, (lua_Integer)number);
    } else {
        lua_pushnumber(L, strtod(digits, NULL));
    }
}

/* The value on top of the stack is a whole float: true, and it is replaced by the integer. Beyond 2^53 a float stays one, for
 * it may stand for other whole numbers too. */
static bool settle_number(lua_State *L) {
    const lua_Number limit = 9007199254740992.0;
    lua_Number number = lua_tonumber(L, -1);
    if (!(number > -limit && number < limit) || (lua_Number)(lua_Integer)number != number) {
        return false;
    }
    lua_pop(L, 1);
    lua_pushinteger(L, (lua_Integer)number);
    return true;
}

static bool settle_table(lua_State *L, int marks);

/* Settles the value on top of the stack; true if another value took its place. The marks are the metatables of list and object,
 * at `marks` and above it. */
static bool settle(lua_State *L, int marks, int type) {
    if (type == LUA_TNUMBER) {
        return settle_number(L);
    }
    return type == LUA_TTABLE && settle_table(L, marks);
}

static bool settle_list(lua_State *L, int marks, int table) {
    size_t length;
    const char *first = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &length) : NULL;
    if (first != NULL && (unsigned char)*first == 0xFF) {
        if (length > 1) {
            push_long_number(L, first + 1);
            lua_replace(L, table);
            lua_settop(L, table);
            return true;
        }
        lua_pushnil(L);
        lua_rawseti(L, table, 1);
    }
    lua_pop(L, 1);
    lua_Integer count = (lua_Integer)lua_rawlen(L, table);
    for (lua_Integer i = 1; i <= count; i++) {
        if (settle(L, marks, lua_rawgeti(L, table, i))) {
            lua_rawseti(L, table, i);
        } else {
            lua_pop(L, 1);
        }
    }
    lua_pushvalue(L, marks);
    lua_setmetatable(L, table);
    return false;
}

/* Its depth is that of the text, which was checked. */
static bool settle_table(lua_State *L, int marks) {
    int table = lua_gettop(L);
    luaL_checkstack(L, 8, "json.decode");
    if (lua_rawgeti(L, table, 1) != LUA_TNIL) {
        return settle_list(L, marks, table);
    }
    /* nil serves as the first key */
    while (lua_next(L, table)) {
        if (settle(L, marks, lua_type(L, -1))) {
            lua_pushvalue(L, -2);
            lua_insert(L, -2);
            lua_rawset(L, table);
        } else {
            lua_pop(L, 1);
        }
    }
    lua_pushvalue(L, marks + 1);
    lua_setmetatable(L, table);
    return false;
}

/* cjson's words for tokens, in ours. */
static const char *const token_names[][2] = {
    {"T_OBJ_BEGIN", "'{'"},   {"T_OBJ_END", "'}'"},     {"T_ARR_BEGIN", "'['"},           {"T_ARR_END", "']'"},
    {"T_STRING", "a string"}, {"T_NUMBER", "a number"}, {"T_BOOLEAN", "a boolean"},       {"T_NULL", "null"},
    {"T_COLON", "':'"},       {"T_COMMA", "','"},       {"T_END", "the end of the text"},
};

/* Raises cjson's message, on top of the stack, with the place in the text: "Expected ... but found T_END at character 5". */
static int raise_syntax(lua_State *L, const char *text, size_t length) {
    const char *message = lua_tostring(L, -1), *place = strstr(message, " at character ");
    size_t offset = 0;
    if (place != NULL) {
        offset = (size_t)strtoumax(place + strlen(" at character "), NULL, 10);
        offset = offset > length ? length : offset - (offset > 0);
        message = lua_pushlstring(L, message, (size_t)(place - message));
    }
    for (size_t i = 0; i < sizeof token_names / sizeof *token_names; i++) {
        message = luaL_gsub(L, message, token_names[i][0], token_names[i][1]);
    }
    return lua_json_raise_invalid(L, text, offset, message);
}

/* Upvalues: cjson's decode, the metatables of list and object. */
static int json_decode(lua_State *L) {
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    lua_settop(L, 1);
    bool changed = lua_json_scan(L);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 2);
    int status = lua_pcall(L, 1, 1, 0);
    if (status == LUA_ERRRUN && changed) {
        /* Once more, for the place in the text as it was given. What is wrong with one is wrong with the other. */
        lua_settop(L, 1);
        lua_pushvalue(L, lua_upvalueindex(1));
        lua_pushvalue(L, 1);
        status = lua_pcall(L, 1, 1, 0);
    }
    if (status != LUA_OK) {
        return status == LUA_ERRRUN && lua_type(L, -1) == LUA_TSTRING ? raise_syntax(L, text, length) : lua_error(L);
    }
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_pushvalue(L, lua_upvalueindex(3));
    lua_pushvalue(L, 2);
    settle(L, 3, lua_type(L, -1));
    return 1;
}

/* Calls a setter of cjson, whose table is on top of the stack. */
static void configure(lua_State *L, const char *setter, lua_Integer value) {
    lua_getfield(L, -1, setter);
    lua_pushinteger(L, value);
    lua_call(L, 1, 0);
}

void lua_json_push_decode(lua_State *L) {
    lua_pushcfunction(L, luaopen_cjson);
    lua_call(L, 0, 1);
    configure(L, "decode_max_depth", LUA_JSON_DEPTH_MAX + 2);
    lua_getfield(L, -1, "decode_invalid_numbers");
    lua_pushboolean(L, 0);
    lua_call(L, 1, 0);
    lua_getfield(L, -1, "decode");
    lua_remove(L, -2);
    luaL_getmetatable(L, LUA_JSON_ARRAY);
    luaL_getmetatable(L, LUA_JSON_OBJECT);
    lua_pushcclosure(L, json_decode, 3);
}
