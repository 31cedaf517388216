#include "lua/fields.h"

#include <lauxlib.h>
#include <string.h>

static bool is_known(lua_State *L, const char *const known[]) {
    for (; lua_type(L, -1) == LUA_TSTRING && *known != NULL; known++) {
        if (strcmp(lua_tostring(L, -1), *known) == 0) {
            return true;
        }
    }
    return false;
}

struct fields fields_open(lua_State *L, int index, const char *function, const char *const known[]) {
    struct fields fields = {L, index, function};
    luaL_checktype(L, index, LUA_TTABLE);
    luaL_checkstack(L, 40, function);
    for (lua_pushnil(L); known != NULL && lua_next(L, index);) {
        lua_pop(L, 1);
        if (!is_known(L, known)) {
            luaL_error(L, "%s: unknown field '%s'", function, luaL_tolstring(L, -1, NULL));
        }
    }
    lua_settop(L, index);
    return fields;
}

const char *fields_string(const struct fields *fields, const char *name, size_t *length) {
    lua_State *L = fields->L;
    *length = 0;
    int type = lua_getfield(L, fields->table, name);
    if (type == LUA_TNIL) {
        return NULL;
    }
    if (type != LUA_TSTRING) {
        luaL_error(L, "%s: field '%s' must be a string, not a %s", fields->function, name, luaL_typename(L, -1));
    }
    return lua_tolstring(L, -1, length);
}

const char *fields_text(const struct fields *fields, const char *name) {
    size_t length;
    const char *text = fields_string(fields, name, &length);
    if (text != NULL && strlen(text) != length) {
        luaL_error(fields->L, "%s: field '%s' holds a zero byte", fields->function, name);
    }
    return text;
}

const char *fields_need_text(const struct fields *fields, const char *name) {
    const char *text = fields_text(fields, name);
    if (text == NULL) {
        luaL_error(fields->L, "%s: field '%s' is missing", fields->function, name);
    }
    return text;
}

lua_Number fields_number(const struct fields *fields, const char *name, lua_Number otherwise, lua_Number least,
                         lua_Number most) {
    lua_State *L = fields->L;
    lua_Number number = otherwise;
    if (lua_getfield(L, fields->table, name) != LUA_TNIL) {
        number = lua_tonumber(L, -1);
        if (lua_type(L, -1) != LUA_TNUMBER || !(number >= least && number <= most)) {
            luaL_error(L, "%s: field '%s' must be a number from %f to %f", fields->function, name, least, most);
        }
    }
    lua_pop(L, 1);
    return number;
}

bool fields_boolean(const struct fields *fields, const char *name, bool otherwise) {
    lua_State *L = fields->L;
    int type = lua_getfield(L, fields->table, name);
    if (type != LUA_TNIL && type != LUA_TBOOLEAN) {
        luaL_error(L, "%s: field '%s' must be a boolean, not a %s", fields->function, name, luaL_typename(L, -1));
    }
    bool value = type == LUA_TNIL ? otherwise : lua_toboolean(L, -1);
    lua_pop(L, 1);
    return value;
}

/* Takes the header whose name and value are on top of the stack into `header`, and both into the table of anchors. */
static void take_header(const struct fields *fields, struct http_header *header, int anchors, lua_Integer place) {
    lua_State *L = fields->L;
    if (lua_type(L, -2) != LUA_TSTRING || !lua_isstring(L, -1)) {
        luaL_error(L, "%s: field 'headers' must hold names and strings", fields->function);
    }
    size_t name_length, value_length;
    lua_pushvalue(L, -2);
    lua_rawseti(L, anchors, place * 2 + 1);
    header->name = lua_tolstring(L, -2, &name_length);
    header->value = lua_tolstring(L, -1, &value_length); /* a number becomes a string */
    if (strlen(header->name) != name_length || strlen(header->value) != value_length) {
        luaL_error(L, "%s: header '%s' holds a zero byte", fields->function, header->name);
    }
    lua_rawseti(L, anchors, place * 2 + 2);
}

const struct http_header *fields_headers(const struct fields *fields, size_t *count) {
    lua_State *L = fields->L;
    *count = 0;
    if (lua_getfield(L, fields->table, "headers") == LUA_TNIL) {
        return NULL;
    }
    if (!lua_istable(L, -1)) {
        luaL_error(L, "%s: field 'headers' must be a table, not a %s", fields->function, luaL_typename(L, -1));
    }
    int headers = lua_gettop(L);
    size_t room = 0;
    for (lua_pushnil(L); lua_next(L, headers); lua_pop(L, 1)) {
        room++;
    }
    struct http_header *list = lua_newuserdatauv(L, (room + 1) * sizeof *list, 0);
    lua_createtable(L, (int)room * 2, 0); /* keeps the strings alive whatever becomes of the field */
    int anchors = lua_gettop(L);
    for (lua_pushnil(L); *count < room && lua_next(L, headers); ++*count) {
        take_header(fields, &list[*count], anchors, (lua_Integer)*count);
    }
    lua_settop(L, anchors);
    return list;
}
