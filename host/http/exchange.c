#include "http/exchange.h"

#include <ctype.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/keyvalq_struct.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "process/log.h"

/* --- the answer --- */

static void unlink_exchange(struct exchange *exchange) {
    if (exchange->link != NULL) {
        *exchange->link = exchange->next;
        if (exchange->next != NULL) {
            exchange->next->link = exchange->link;
        }
        exchange->link = NULL;
    }
}

static void close_exchange(struct exchange *exchange) {
    if (exchange->request != NULL) {
        struct evhttp_connection *connection = evhttp_request_get_connection(exchange->request);
        if (connection != NULL) {
            evhttp_connection_set_closecb(connection, NULL, NULL);
        }
        exchange->request = NULL;
    }
    if (exchange->gone != NULL) {
        event_free(exchange->gone);
        exchange->gone = NULL;
    }
    unlink_exchange(exchange);
    task_release(exchange->task);
    server_leave(exchange->server);
    free(exchange);
}

/* Closes the connection at once; `reset` lets the client see a reset and not an orderly end. */
static void drop_connection(struct evhttp_request *request, bool reset) {
    struct evhttp_connection *connection = evhttp_request_get_connection(request);
    if (connection == NULL) {
        return;
    }
    evutil_socket_t socket = bufferevent_getfd(evhttp_connection_get_bufferevent(connection));
    if (reset && socket >= 0) {
        struct linger linger = {.l_onoff = 1, .l_linger = 0};
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    }
    evhttp_connection_free(connection);
}

/* A header from a script: no control characters, which could make a second header or answer of it. */
static bool header_is_sane(const char *name, const char *value, size_t value_length) {
    for (const char *at = name; *at != '\0'; at++) {
        if (!isalnum((unsigned char)*at) && strchr("!#$%&'*+-.^_`|~", *at) == NULL) {
            return false;
        }
    }
    for (size_t i = 0; i < value_length; i++) {
        unsigned char byte = (unsigned char)value[i];
        if (byte < 0x20 ? byte != '\t' : byte == 0x7f) {
            return false;
        }
    }
    return *name != '\0';
}

static void add_headers(lua_State *L, int index, struct evkeyvalq *headers) {
    if (!lua_istable(L, index)) {
        return;
    }
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        size_t length = 0;
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
        const char *value =
            lua_type(L, -1) == LUA_TNUMBER || lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &length) : NULL;
        if (value == NULL || !header_is_sane(name, value, length)) {
            luaL_error(L, "the handler's header '%s' has a name or value that no header can have", name);
        }
        evhttp_add_header(headers, name, value);
    }
}

static void send_bytes(struct exchange *exchange, int status, const char *body, size_t length) {
    struct evhttp_request *request = exchange->request;
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    struct evbuffer *output = evhttp_request_get_output_buffer(request);
    const char *announced = evhttp_find_header(headers, "content-length");
    bool truncated = announced != NULL && strtoull(announced, NULL, 10) > length;
    if (evhttp_find_header(headers, "server") == NULL) {
        evhttp_add_header(headers, "server", exchange->server->name);
    }
    if (evhttp_find_header(headers, "content-type") == NULL && length > 0) {
        evhttp_add_header(headers, "content-type", "application/json");
    }
    if (announced == NULL && status != 204 && status != 304) {
        char text[24];
        snprintf(text, sizeof text, "%zu", length);
        evhttp_add_header(headers, "content-length", text);
    }
    if (truncated || exchange->server->draining) {
        evhttp_remove_header(headers, "connection");
        evhttp_add_header(headers, "connection", "close");
    }
    evbuffer_add(output, body, length);
    /* After evhttp_send_reply the request belongs to evhttp, and may be gone. */
    struct evhttp_connection *connection = evhttp_request_get_connection(request);
    if (connection != NULL) {
        evhttp_connection_set_closecb(connection, NULL, NULL);
    }
    exchange->request = NULL;
    evhttp_send_reply(request, status, NULL, NULL);
}

static void send_error(struct exchange *exchange, int status, const char *code, const char *message) {
    char body[512];
    if (exchange->request == NULL) {
        return;
    }
    struct evkeyvalq *headers = evhttp_request_get_output_headers(exchange->request);
    evhttp_clear_headers(headers);
    evhttp_add_header(headers, "x-request-id", exchange->id);
    int length = snprintf(body, sizeof body, "{\"error\":\"%s\",\"message\":\"%s\",\"requestId\":\"%s\"}\n", code, message,
                          exchange->id);
    send_bytes(exchange, status, body, (size_t)length);
}

/* (exchange, status, headers, body): sends what a handler returned. Protected. */
static int reply(lua_State *L) {
    struct exchange *exchange = lua_touserdata(L, 1);
    int is_integer = 0;
    lua_Integer status = lua_tointegerx(L, 2, &is_integer);
    size_t length = 0;
    const char *body = lua_isnoneornil(L, 4) ? "" : lua_tolstring(L, 4, &length);
    if (!is_integer || (status != 0 && (status < 200 || status > 599)) || body == NULL) {
        return luaL_error(L, "a handler should return status (200-599), headers, body (a string); it returned %s, %s, %s",
                          luaL_tolstring(L, 2, NULL), luaL_typename(L, 3), luaL_typename(L, 4));
    }
    if (status == 0) {
        struct evhttp_request *request = exchange->request;
        evhttp_connection_set_closecb(evhttp_request_get_connection(request), NULL, NULL);
        exchange->request = NULL;
        drop_connection(request, true);
        return 0;
    }
    add_headers(L, 3, evhttp_request_get_output_headers(exchange->request));
    send_bytes(exchange, (int)status, body, length);
    return 0;
}

/* --- the task --- */

/* (exchange, error, traceback): the log line of a handler that failed. Protected. */
static int log_failure(lua_State *L) {
    const struct exchange *exchange = lua_touserdata(L, 1);
    log_write(LOG_LEVEL_ERROR, "a handler failed", "server", exchange->server->name, "requestId", exchange->id, "error",
              luaL_tolstring(L, 2, NULL), "traceback", lua_tostring(L, 3), NULL);
    return 0;
}

/* Calls a protected function with the exchange and what is on the thread's stack, at most three values. */
static bool call_protected(struct exchange *exchange, lua_CFunction function, lua_State *thread) {
    lua_State *L = exchange->server->L;
    int count = lua_gettop(thread) < 3 ? lua_gettop(thread) : 3;
    int top = lua_gettop(L);
    lua_settop(thread, count);
    lua_pushcfunction(L, function);
    lua_pushlightuserdata(L, exchange);
    lua_xmove(thread, L, count);
    bool good = lua_pcall(L, count + 1, 0, 0) == LUA_OK;
    if (!good) {
        const char *message = lua_tostring(L, -1);
        log_write(LOG_LEVEL_ERROR, "a handler's answer cannot be sent", "server", exchange->server->name, "requestId",
                  exchange->id, "error", message, NULL);
    }
    lua_settop(L, top);
    return good;
}

static void ended(struct task *task, enum task_status status, lua_State *thread, void *data) {
    struct exchange *exchange = data;
    (void)task;
    if (exchange->request != NULL && status == TASK_OK) {
        if (!call_protected(exchange, reply, thread)) {
            send_error(exchange, 500, "SCRIPT_ERROR", "the server failed; its log has the details");
        }
    } else if (status == TASK_ERROR || status == TASK_DEADLINE) {
        call_protected(exchange, log_failure, thread);
        send_error(exchange, 500, "SCRIPT_ERROR", "the server failed; its log has the details");
    } else {
        send_error(exchange, 503, "SHUTTING_DOWN", "the server is stopping; try again");
    }
    close_exchange(exchange);
}

/* The client closed. Its task is cancelled, and what would be said to nobody is not said. */
static void client_gone(evutil_socket_t socket, short what, void *data) {
    struct exchange *exchange = data;
    (void)socket;
    (void)what;
    struct evhttp_request *request = exchange->request;
    evhttp_connection_set_closecb(evhttp_request_get_connection(request), NULL, NULL);
    exchange->request = NULL;
    event_del(exchange->gone);
    log_write(LOG_LEVEL_INFO, "the client has gone; its request is cancelled", "server", exchange->server->name, "requestId",
              exchange->id, NULL);
    drop_connection(request, false);
    task_cancel(exchange->task);
}

/* evhttp itself gave the connection up. */
static void connection_closed(struct evhttp_connection *connection, void *data) {
    struct exchange *exchange = data;
    (void)connection;
    exchange->request = NULL;
    task_cancel(exchange->task);
}

/* (exchange): starts the task. Protected. */
static int start(lua_State *L) {
    struct exchange *exchange = lua_touserdata(L, 1);
    struct task_options options = {.serves = true, .ended = ended, .data = exchange};
    lua_rawgeti(L, LUA_REGISTRYINDEX, exchange->server->handler_ref);
    exchange_push_request(L, exchange);
    exchange->task = task_start(L, 1, &options);
    return 0;
}

static struct exchange *new_exchange(struct server *server, struct evhttp_request *request) {
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL) {
        return NULL;
    }
    struct evhttp_connection *connection = evhttp_request_get_connection(request);
    exchange->server = server;
    exchange->request = request;
    exchange->next = server->exchanges;
    exchange->link = &server->exchanges;
    if (exchange->next != NULL) {
        exchange->next->link = &exchange->next;
    }
    server->exchanges = exchange;
    server->active++;
    exchange_choose_id(exchange);
    evutil_socket_t socket = bufferevent_getfd(evhttp_connection_get_bufferevent(connection));
    exchange->gone = event_new(server->base, socket, EV_CLOSED, client_gone, exchange);
    evhttp_connection_set_closecb(connection, connection_closed, exchange);
    return exchange;
}

void exchange_begin(struct evhttp_request *request, void *data) {
    struct server *server = data;
    struct exchange *exchange = new_exchange(server, request);
    if (exchange == NULL) {
        evhttp_send_error(request, 503, NULL);
        return;
    }
    if (evbuffer_get_length(evhttp_request_get_input_buffer(request)) > server->body_limit) {
        char message[96];
        snprintf(message, sizeof message, "the body is larger than %zu bytes", server->body_limit);
        send_error(exchange, 413, "BODY_TOO_LARGE", message);
        close_exchange(exchange);
        return;
    }
    lua_pushcfunction(server->L, start);
    lua_pushlightuserdata(server->L, exchange);
    if (lua_pcall(server->L, 1, 0, 0) != LUA_OK) {
        log_write(LOG_LEVEL_ERROR, "a request cannot be started", "error", lua_tostring(server->L, -1), NULL);
        lua_pop(server->L, 1);
        send_error(exchange, 503, "OVERLOADED", "the server has no memory for this request; try again later");
        close_exchange(exchange);
        return;
    }
    if (exchange->gone != NULL) {
        event_add(exchange->gone, NULL);
    }
}

void exchange_abandon(struct exchange *exchange) {
    if (exchange->request != NULL) {
        struct evhttp_connection *connection = evhttp_request_get_connection(exchange->request);
        if (connection != NULL) {
            evhttp_connection_set_closecb(connection, NULL, NULL);
        }
        exchange->request = NULL; /* goes with its connection */
    }
    if (exchange->gone != NULL) {
        event_del(exchange->gone);
    }
    unlink_exchange(exchange);
    task_cancel(exchange->task);
}
