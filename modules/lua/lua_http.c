/* require "http"
 *
 * http.request{ url: string [, method="GET"] [, headers={name -> string or number}] [, body: string]
 *               [, timeout=60] [, connect_timeout=3.1]   seconds, real ones; the first is for the whole exchange
 *               [, limit=67108864]                       bytes of answer body at most }
 *   |-> {status: integer, headers: {lower-case name -> string}, body: string}
 *   |                       any status is an answer; redirects are not followed; a header that came several times is joined by
 * ", "
 *   |-> raises              {code=, message=}: HTTP_URL, HTTP_REQUEST, HTTP_CONNECT, HTTP_TLS (nothing was sent), HTTP_RESET,
 *   |                       HTTP_TIMEOUT, HTTP_TRUNCATED, HTTP_RESPONSE_TOO_LARGE, HTTP_PROTOCOL (it may have been carried out)
 *   `-> raises a string     a wrong or unknown field
 * It waits.
 */
#include <ctype.h>
#include <lauxlib.h>
#include <stddef.h>
#include <string.h>

#include "base/http.h"
#include "lua/binding.h"
#include "lua/modules.h"

#define EXCHANGE "drsh.http.exchange"

/* The operation that the task waits for, over the exchange that the client finishes. */
struct lua_exchange {
    struct binding_operation operation;
    struct http_exchange exchange;
    struct waiter relay; /* the exchange's waiter: finishes the operation */
};

static void relay_done(struct waiter *relay) {
    struct lua_exchange *self = (struct lua_exchange *)((char *)relay - offsetof(struct lua_exchange, relay));
    pending_finish(&self->operation.pending);
}

static void cancel(struct pending *pending) {
    pending_cancel(&((struct lua_exchange *)pending)->exchange.pending);
}

static int exchange_close(lua_State *L) {
    struct lua_exchange *self = luaL_checkudata(L, 1, EXCHANGE);
    pending_cancel(&self->operation.pending);
    http_exchange_clear(&self->exchange);
    return 0;
}

static void push_lower(lua_State *L, const char *text, size_t length) {
    luaL_Buffer lower;
    char *room = luaL_buffinitsize(L, &lower, length);
    for (size_t i = 0; i < length; i++) {
        room[i] = (char)tolower((unsigned char)text[i]);
    }
    luaL_pushresultsize(&lower, length);
}

/* Sets the field for one line "Name: value" in the table on top of the stack. */
static void set_header(lua_State *L, const char *line, const char *end) {
    const char *colon = memchr(line, ':', (size_t)(end - line));
    if (colon == NULL) {
        return;
    }
    const char *value = colon + 1;
    while (value < end && (*value == ' ' || *value == '\t')) {
        value++;
    }
    push_lower(L, line, (size_t)(colon - line));
    lua_pushvalue(L, -1);
    if (lua_rawget(L, -3) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_pushlstring(L, value, (size_t)(end - value));
    } else {
        lua_pushliteral(L, ", ");
        lua_pushlstring(L, value, (size_t)(end - value));
        lua_concat(L, 3);
    }
    lua_rawset(L, -3);
}

static int finish(lua_State *L, struct binding_operation *operation) {
    struct http_exchange *exchange = &((struct lua_exchange *)operation)->exchange;
    if (exchange->error.code[0] != '\0') {
        return binding_raise(L, &exchange->error);
    }
    lua_createtable(L, 0, 3);
    lua_pushinteger(L, exchange->status);
    lua_setfield(L, -2, "status");
    lua_newtable(L);
    const char *line = exchange->headers.data, *end = line == NULL ? NULL : line + exchange->headers.length;
    while (line < end) {
        const char *line_end = memchr(line, '\n', (size_t)(end - line));
        set_header(L, line, line_end);
        line = line_end + 1;
    }
    lua_setfield(L, -2, "headers");
    lua_pushlstring(L, exchange->body.length > 0 ? exchange->body.data : "", exchange->body.length);
    lua_setfield(L, -2, "body");
    return 1;
}

static void check_fields(lua_State *L) {
    static const char *const known[] = {"url", "method", "headers", "body", "timeout", "connect_timeout", "limit", NULL};
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, 1)) {
        lua_pop(L, 1);
        const char *const *name = known;
        while (*name != NULL && (lua_type(L, -1) != LUA_TSTRING || strcmp(lua_tostring(L, -1), *name) != 0)) {
            name++;
        }
        if (*name == NULL) {
            luaL_error(L, "http.request: unknown field '%s'", luaL_tolstring(L, -1, NULL));
        }
    }
}

/* A string field, left on the stack. NULL where it is absent and may be. */
static const char *take_string(lua_State *L, const char *name, const char *otherwise, size_t *length) {
    if (lua_getfield(L, 1, name) == LUA_TNIL && otherwise != NULL) {
        lua_pushstring(L, otherwise);
    }
    if (lua_type(L, -1) != LUA_TSTRING) {
        luaL_error(L, "http.request: field '%s' must be a string, not a %s", name, luaL_typename(L, -1));
    }
    return lua_tolstring(L, -1, length);
}

/* A string that C will read to its first zero byte, so it may hold none. */
static const char *take_text(lua_State *L, const char *name, const char *otherwise) {
    size_t length;
    const char *text = take_string(L, name, otherwise, &length);
    if (strlen(text) != length) {
        luaL_error(L, "http.request: field '%s' holds a zero byte", name);
    }
    return text;
}

static lua_Number take_number(lua_State *L, const char *name, lua_Number least, lua_Number most) {
    lua_Number number = 0;
    if (lua_getfield(L, 1, name) != LUA_TNIL) {
        number = lua_tonumber(L, -1);
        if (lua_type(L, -1) != LUA_TNUMBER || !(number >= least && number <= most)) {
            luaL_error(L, "http.request: field '%s' must be a number from %f to %f", name, least, most);
        }
    }
    lua_pop(L, 1);
    return number;
}

/* Pushes an array of http_header for the field `headers`, and what keeps its strings alive whatever becomes of the field. */
static struct http_header *take_headers(lua_State *L, size_t *count) {
    *count = 0;
    if (lua_getfield(L, 1, "headers") == LUA_TNIL) {
        return NULL;
    }
    if (!lua_istable(L, -1)) {
        luaL_error(L, "http.request: field 'headers' must be a table, not a %s", luaL_typename(L, -1));
    }
    int headers = lua_gettop(L);
    size_t room = 0;
    for (lua_pushnil(L); lua_next(L, headers); lua_pop(L, 1)) {
        room++;
    }
    struct http_header *list = lua_newuserdatauv(L, (room + 1) * sizeof *list, 0);
    lua_createtable(L, (int)room * 2, 0);
    int anchors = lua_gettop(L);
    for (lua_pushnil(L); *count < room && lua_next(L, headers);) {
        if (lua_type(L, -2) != LUA_TSTRING || !lua_isstring(L, -1)) {
            luaL_error(L, "http.request: field 'headers' must hold names and strings");
        }
        lua_pushvalue(L, -2);
        lua_rawseti(L, anchors, (lua_Integer)(*count * 2 + 1));
        size_t name_length, value_length;
        list[*count].name = lua_tolstring(L, -2, &name_length);
        list[*count].value = lua_tolstring(L, -1, &value_length); /* a number becomes a string */
        if (strlen(list[*count].name) != name_length || strlen(list[*count].value) != value_length) {
            luaL_error(L, "http.request: header '%s' holds a zero byte", list[*count].name);
        }
        lua_rawseti(L, anchors, (lua_Integer)(++*count * 2));
    }
    return list;
}

static int http_request(lua_State *L) {
    struct http_request request = {0};
    check_fields(L);
    request.url = take_text(L, "url", NULL);
    request.method = take_text(L, "method", "GET");
    request.body = take_string(L, "body", "", &request.body_length);
    request.headers = take_headers(L, &request.header_count);
    request.timeout_ms = (int64_t)(take_number(L, "timeout", 0.001, 86400) * 1000);
    request.connect_timeout_ms = (int64_t)(take_number(L, "connect_timeout", 0.001, 86400) * 1000);
    request.response_limit = (size_t)take_number(L, "limit", 1, 1 << 30);
    struct binding_services *services = binding_services(L);
    if (services == NULL || services->http == NULL) {
        return luaL_error(L, "http.request: this program has no HTTP client");
    }
    struct lua_exchange *self = lua_newuserdatauv(L, sizeof *self, 0);
    memset(self, 0, sizeof *self);
    luaL_setmetatable(L, EXCHANGE);
    self->relay.wake = relay_done;
    self->operation.pending.cancel = cancel;
    self->exchange.pending.waiter = &self->relay;
    http_exchange_start(services->http, &self->exchange, &request);
    return binding_await(L, &self->operation, finish);
}

int luaopen_http(lua_State *L) {
    static const luaL_Reg methods[] = {{"__gc", exchange_close}, {"__close", exchange_close}, {NULL, NULL}};
    static const luaL_Reg functions[] = {{"request", http_request}, {NULL, NULL}};
    luaL_newmetatable(L, EXCHANGE);
    luaL_setfuncs(L, methods, 0);
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    return 1;
}
