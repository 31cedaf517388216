/* require "xml"
 *
 * xml.parse(text: string)
 *   |-> element             {name=, attributes={name -> value}, children={element ...}, text=}; names with their prefix, as
 * written; |                       text is all of the element's own, "" if there is none
 *   `-> raises              {code=, message=, line=, column= in bytes}: INVALID_XML, XML_DOCTYPE (none is taken, nor entities
 * of one's own), XML_TOO_DEEP (200 levels), XML_TOO_LARGE (64 MiB), NO_MEMORY xml.escape(text: string)
 *   `-> string              as it may stand between tags or in an attribute's quotes
 */
#include <lauxlib.h>
#include <string.h>

#include "base/xml.h"
#include "lua/binding.h"
#include "lua/boxed.h"
#include "lua/modules.h"

enum { TAPE_MAX = 512 << 20, TEXT_MAX = 256 << 20 };

/* Pushes the string at `at`; the place behind it. */
static const char *push_string(lua_State *L, const char *at) {
    size_t length = strlen(at);
    lua_pushlstring(L, at, length);
    return at + length + 1;
}

/* Adds a piece of text, on top of the stack, to those at `slot`: the first alone, or a list of them. Comments and elements part
 * a text; joining each time would take quadratic time. */
static void add_text(lua_State *L, int slot, lua_Integer count) {
    if (count == 1) {
        lua_replace(L, slot);
        return;
    }
    if (count == 2) {
        lua_newtable(L);
        lua_pushvalue(L, slot);
        lua_rawseti(L, -2, 1);
        lua_replace(L, slot);
    }
    lua_rawseti(L, slot, count);
}

static void push_text(lua_State *L, int slot, lua_Integer count) {
    luaL_Buffer text;
    if (count <= 1) {
        lua_pushvalue(L, slot);
        return;
    }
    luaL_buffinit(L, &text);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, slot, i);
        luaL_addvalue(&text);
    }
    luaL_pushresult(&text);
}

/* Pushes the element whose name is at `at` of the tape; the place behind its end. Its depth was limited by xml_read. */
static const char *push_element(lua_State *L, const char *at) {
    luaL_checkstack(L, 12, "xml.parse");
    lua_createtable(L, 0, 4);
    int element = lua_gettop(L), children = element + 1, texts = element + 2;
    at = push_string(L, at);
    lua_setfield(L, element, "name");
    lua_newtable(L);
    while (*at == XML_ATTRIBUTE) {
        at = push_string(L, at + 1);
        at = push_string(L, at);
        lua_rawset(L, -3);
    }
    lua_setfield(L, element, "attributes");
    lua_newtable(L);
    lua_pushliteral(L, "");
    lua_Integer child_count = 0, text_count = 0;
    while (*at != XML_END) {
        if (*at == XML_START) {
            at = push_element(L, at + 1);
            lua_rawseti(L, children, ++child_count);
        } else {
            at = push_string(L, at + 1);
            add_text(L, texts, ++text_count);
        }
    }
    push_text(L, texts, text_count);
    lua_setfield(L, element, "text");
    lua_pop(L, 1);
    lua_setfield(L, element, "children");
    return at + 1;
}

static int raise_at(lua_State *L, const struct error *error, const struct xml_place *place) {
    binding_push_error(L, error->code, error->message);
    lua_pushinteger(L, (lua_Integer)place->line);
    lua_setfield(L, -2, "line");
    lua_pushinteger(L, (lua_Integer)place->column);
    lua_setfield(L, -2, "column");
    return lua_error(L);
}

static int xml_parse(lua_State *L) {
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    struct xml_place place;
    struct error error;
    struct buffer *tape = boxed_buffer(L, TAPE_MAX);
    int box = lua_gettop(L);
    if (!xml_read(tape, text, length, NULL, &place, &error)) {
        return raise_at(L, &error, &place);
    }
    push_element(L, tape->data + 1);
    lua_closeslot(L, box);
    return 1;
}

static int xml_escape(lua_State *L) {
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    xml_write_text(boxed_buffer(L, TEXT_MAX), text, length);
    boxed_push(L, -1);
    return 1;
}

int luaopen_xml(lua_State *L) {
    static const luaL_Reg functions[] = {{"parse", xml_parse}, {"escape", xml_escape}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
