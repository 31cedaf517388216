/* What the files of require "json" share. */
#ifndef DRSH_LUA_JSON_H
#define DRSH_LUA_JSON_H

#include <lua.h>
#include <stdbool.h>

enum { LUA_JSON_DEPTH_MAX = 200 }; /* levels of lists and objects */

/* The metatables that mark a table as a list or an object. */
#define LUA_JSON_ARRAY "json.array"
#define LUA_JSON_OBJECT "json.object"

enum lua_json_mark { LUA_JSON_UNMARKED, LUA_JSON_IS_ARRAY, LUA_JSON_IS_OBJECT };
/* How the table at `index` is marked. */
enum lua_json_mark lua_json_mark_of(lua_State *L, int index);

/* Length of the UTF-8 character at `at`, 0 if it is none (RFC 3629). */
int lua_json_utf8_length(const unsigned char *at, const unsigned char *end);

void lua_json_push_decode(lua_State *L);  /* pushes the function json.decode */
void lua_json_open_encode(lua_State *L);  /* makes the encoder's metatable */
int lua_json_encode(lua_State *L);        /* json.encode */
int lua_json_encode_pretty(lua_State *L); /* json.encode_pretty */

#endif
