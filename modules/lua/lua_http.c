/* require "http"
 *
 * http.request{ url: string [, method="GET"] [, headers={name -> string or number}] [, body: string]
 *               [, timeout=60] [, connect_timeout=3.1]   seconds, real ones; the first is for the whole exchange
 *               [, limit=67108864]                       bytes of answer body at most
 *               [, ca_bundle: file]                      PEM, whom to trust instead of AWS_CA_BUNDLE or the system's store }
 *   |-> {status: integer, headers: {lower-case name -> string}, body: string}
 *   |                       any status is an answer; redirects are not followed; a header that came several times is joined by
 * ", "
 *   |-> raises              {code=, message=}: HTTP_URL, HTTP_REQUEST, HTTP_CONNECT, HTTP_TLS (nothing was sent), HTTP_RESET,
 *   |                       HTTP_TIMEOUT, HTTP_TRUNCATED, HTTP_RESPONSE_TOO_LARGE, HTTP_PROTOCOL (it may have been carried out)
 *   `-> raises a string     a wrong or unknown field
 * It waits.
 *
 * http.open(request)
 *   |-> {status=, headers=, body= stream}   as soon as the answer begins; `timeout` limits only its silences, `limit` nothing
 *   `-> raises as http.request
 *   stream:read()
 *     |-> bytes             what has come since, at least one; waits for it
 *     |-> nil               the end
 *     `-> raises            HTTP_RESET, HTTP_TIMEOUT, HTTP_TRUNCATED, HTTP_PROTOCOL
 *   stream:close()          breaks the connection off; so does forgetting the stream, or leaving the scope of a <close>
 *
 * http.over_socket(path, request)   the same through a UNIX socket, whatever the URL's host; not for sandboxed scripts
 */
#include <ctype.h>
#include <lauxlib.h>
#include <stddef.h>
#include <string.h>

#include "base/http.h"
#include "lua/binding.h"
#include "lua/fields.h"
#include "lua/lua_http.h"
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

void lua_http_push_answer(lua_State *L, const struct http_exchange *exchange) {
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
}

static int finish(lua_State *L, struct binding_operation *operation) {
    struct http_exchange *exchange = &((struct lua_exchange *)operation)->exchange;
    if (exchange->error.code[0] != '\0') {
        return binding_raise(L, &exchange->error);
    }
    lua_http_push_answer(L, exchange);
    lua_pushlstring(L, exchange->body.length > 0 ? exchange->body.data : "", exchange->body.length);
    lua_setfield(L, -2, "body");
    return 1;
}

struct http_client *lua_http_take_request(lua_State *L, const char *function, struct http_request *request) {
    static const char *const known[] = {"url",   "method",    "headers", "body", "timeout", "connect_timeout",
                                        "limit", "ca_bundle", NULL};
    struct fields fields = fields_open(L, 1, function, known);
    request->url = fields_need_text(&fields, "url");
    request->method = fields_text(&fields, "method");
    if (request->method == NULL) {
        request->method = "GET";
    }
    request->body = fields_string(&fields, "body", &request->body_length);
    request->headers = fields_headers(&fields, &request->header_count);
    request->timeout_ms = (int64_t)(fields_number(&fields, "timeout", 0, 0.001, 86400) * 1000);
    request->connect_timeout_ms = (int64_t)(fields_number(&fields, "connect_timeout", 0, 0.001, 86400) * 1000);
    request->ca_bundle = fields_text(&fields, "ca_bundle");
    request->response_limit = (size_t)fields_number(&fields, "limit", 0, 1, 1 << 30);
    struct binding_services *services = binding_services(L);
    if (services == NULL || services->http == NULL) {
        luaL_error(L, "%s: this program has no HTTP client", function);
        return NULL;
    }
    return services->http;
}

static int request_through(lua_State *L, const char *socket_path) {
    struct http_request request = {.socket_path = socket_path};
    struct http_client *client = lua_http_take_request(L, "http.request", &request);
    struct lua_exchange *self = lua_newuserdatauv(L, sizeof *self, 0);
    memset(self, 0, sizeof *self);
    luaL_setmetatable(L, EXCHANGE);
    self->relay.wake = relay_done;
    self->operation.pending.cancel = cancel;
    self->exchange.pending.waiter = &self->relay;
    http_exchange_start(client, &self->exchange, &request);
    return binding_await(L, &self->operation, finish);
}

static int http_request(lua_State *L) {
    return request_through(L, NULL);
}

static int http_over_socket(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    lua_rotate(L, 1, 1); /* the request is at 1; the path stays on the stack, alive, until the exchange has copied it */
    return request_through(L, path);
}

int luaopen_http(lua_State *L) {
    static const luaL_Reg methods[] = {{"__gc", exchange_close}, {"__close", exchange_close}, {NULL, NULL}};
    static const luaL_Reg functions[] = {
        {"request", http_request}, {"open", lua_http_open}, {"over_socket", http_over_socket}, {NULL, NULL}};
    luaL_newmetatable(L, EXCHANGE);
    luaL_setfuncs(L, methods, 0);
    lua_pop(L, 1);
    lua_http_make_stream(L);
    luaL_newlib(L, functions);
    return 1;
}
