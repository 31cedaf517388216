/* What the files of require "json" share. */
#ifndef DRSH_LUA_JSON_H
#define DRSH_LUA_JSON_H

#include <lua.h>
#include <stdbool.h>

enum { LUA_JSON_DEPTH_MAX = 200 }; /* levels of lists and objects */

/* The metatables that mark a table as a list or an object. */
#define LUA_JSON_ARRAY "json.array"
#define LUA_JSON_OBJECT "json.object"

/* Raises {code="INVALID_JSON", message, line, column} for the byte at `offset`; a column is a character, not a byte. */
int lua_json_raise_invalid(lua_State *L, const char *text, size_t offset, const char *message);
/* Pushes the text of argument 1 as cjson can parse it without loss: true if that is another one. */
bool lua_json_scan(lua_State *L);

void lua_json_push_decode(lua_State *L);  /* pushes the function json.decode */
int lua_json_encode(lua_State *L);        /* json.encode */
int lua_json_encode_pretty(lua_State *L); /* json.encode_pretty */

#endif
