/* What the files of require "http" share. */
#ifndef DRSH_LUA_HTTP_H
#define DRSH_LUA_HTTP_H

#include <lua.h>

#include "base/http.h"

/* Reads argument 1 of `function` into a request that is zeros but for the socket; its strings live as long as the call. */
struct http_client *lua_http_take_request(lua_State *L, const char *function, struct http_request *request);
/* Pushes {status=, headers=}. */
void lua_http_push_answer(lua_State *L, const struct http_exchange *exchange);

int lua_http_open(lua_State *L);         /* http.open */
void lua_http_make_stream(lua_State *L); /* makes the metatables of what it gives */

#endif
