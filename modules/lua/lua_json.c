/* require "json"
 *
 * json.decode(text: string)
 *   |-> value              lists and objects are marked; whole numbers are integers, to 64 bits exact; null is json.null
 *   `-> raises             {code="INVALID_JSON", message=, line=, column=}: not RFC 8259, not UTF-8, a number out of the range
 * of a double, deeper than 200 levels json.encode(value)       -> one line, keys sorted bytewise, integers and floats exact
 * json.encode_pretty(value) -> the same over lines, indented by two spaces
 *   `-> each raises        a string that names the place in the value ("waves[2].name: a function cannot be JSON"): NaN and
 *                          infinity, text that is not UTF-8, keys of two kinds, lists with holes, an empty table that is not
 *                          marked (is it [] or {}?), cycles, deeper than 200 levels, anything else that JSON does not have
 * json.array([table])
 * json.object([table])
 *   |-> table              the same, marked; a new one if none is given
 *   `-> raises a string    it has a metatable of another kind
 * json.is_array(value)
 *   `-> boolean            a table marked as a list, or an unmarked one that is not empty and whose first key is 1
 * json.null                what null decodes to, and encodes from
 */
#include "lua/lua_json.h"

#include <lauxlib.h>

#include "lua/modules.h"

enum mark { UNMARKED, MARKED_ARRAY, MARKED_OBJECT };

static enum mark mark_of(lua_State *L, int index) {
    enum mark mark = UNMARKED;
    if (lua_getmetatable(L, index)) {
        luaL_getmetatable(L, LUA_JSON_ARRAY);
        luaL_getmetatable(L, LUA_JSON_OBJECT);
        if (lua_rawequal(L, -3, -2)) {
            mark = MARKED_ARRAY;
        } else if (lua_rawequal(L, -3, -1)) {
            mark = MARKED_OBJECT;
        }
        lua_pop(L, 3);
    }
    return mark;
}

static int set_mark(lua_State *L, const char *metatable) {
    if (lua_isnoneornil(L, 1)) {
        lua_settop(L, 0);
        lua_newtable(L);
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    if (mark_of(L, 1) == UNMARKED && lua_getmetatable(L, 1)) {
        return luaL_argerror(L, 1, "a table without a metatable expected");
    }
    luaL_setmetatable(L, metatable);
    return 1;
}

static int json_array(lua_State *L) {
    return set_mark(L, LUA_JSON_ARRAY);
}

static int json_object(lua_State *L) {
    return set_mark(L, LUA_JSON_OBJECT);
}

static int json_is_array(lua_State *L) {
    bool array = false;
    luaL_checkany(L, 1);
    if (lua_istable(L, 1)) {
        enum mark mark = mark_of(L, 1);
        array = mark == MARKED_ARRAY || (mark == UNMARKED && lua_rawgeti(L, 1, 1) != LUA_TNIL);
    }
    lua_pushboolean(L, array);
    return 1;
}

static void make_mark(lua_State *L, const char *name) {
    luaL_newmetatable(L, name);
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__metatable"); /* no script may change what all lists share */
    lua_pop(L, 1);
}

int luaopen_json(lua_State *L) {
    static const luaL_Reg functions[] = {{"encode", lua_json_encode}, {"encode_pretty", lua_json_encode_pretty},
                                         {"array", json_array},       {"object", json_object},
                                         {"is_array", json_is_array}, {NULL, NULL}};
    make_mark(L, LUA_JSON_ARRAY);
    make_mark(L, LUA_JSON_OBJECT);
    luaL_newlib(L, functions);
    lua_json_push_decode(L);
    lua_setfield(L, -2, "decode");
    lua_pushlightuserdata(L, NULL);
    lua_setfield(L, -2, "null");
    return 1;
}
