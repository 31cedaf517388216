#include "http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <lauxlib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "http/exchange.h"
#include "runtime/state.h"

#define DEFAULT_BODY_LIMIT (64 * 1024)
#define HEADERS_LIMIT (64 * 1024)
/* Beyond its limit a body is still read up to here, so that the client gets our 413 and not a reset in the middle of its
 * sending. */
#define BODY_SLACK (16 * 1024 * 1024)
#define IDLE_SECONDS 60
#define BACKLOG 512

static bool parse_address(const struct server_options *options, struct sockaddr_storage *address, int *length,
                          struct error *error) {
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
    memset(address, 0, sizeof *address);
    if (options->port < 0 || options->port > 65535) {
        return error_set(error, "LISTEN", "port %d is outside 0-65535", options->port);
    }
    if (inet_pton(AF_INET, options->address, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)options->port);
        *length = sizeof *v4;
        return true;
    }
    if (inet_pton(AF_INET6, options->address, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)options->port);
        *length = sizeof *v6;
        return true;
    }
    return error_set(error, "LISTEN", "%s is no numeric IPv4 or IPv6 address", options->address);
}

static int port_of(evutil_socket_t socket) {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {.v6 = {0}};
    socklen_t length = sizeof address;
    if (getsockname(socket, &address.any, &length) != 0) {
        return 0;
    }
    return address.any.sa_family == AF_INET6 ? ntohs(address.v6.sin6_port) : ntohs(address.v4.sin_port);
}

static bool listen_on(struct server *server, const struct server_options *options, struct error *error) {
    struct sockaddr_storage address;
    int length = 0;
    unsigned flags = LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_CLOSE_ON_FREE;
    if (!parse_address(options, &address, &length, error)) {
        return false;
    }
    if (options->reuse_port) {
        flags |= LEV_OPT_REUSEABLE_PORT;
    }
    struct evconnlistener *listener =
        evconnlistener_new_bind(server->base, NULL, NULL, flags, BACKLOG, (struct sockaddr *)&address, length);
    if (listener == NULL) {
        return error_set(error, "LISTEN", "cannot listen on %s port %d: %s", options->address, options->port, strerror(errno));
    }
    /* Inherited by every connection: an answer of several segments must not wait for the client's delayed acknowledgement. */
    static const int on = 1;
    setsockopt(evconnlistener_get_fd(listener), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    server->port = port_of(evconnlistener_get_fd(listener));
    server->socket = evhttp_bind_listener(server->http, listener);
    if (server->socket == NULL) {
        evconnlistener_free(listener);
        return error_set(error, "NO_MEMORY", "no memory to listen");
    }
    return true;
}

struct server *server_new(lua_State *L, const struct server_options *options, struct error *error) {
    int handler_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    struct state *state = state_of(L);
    struct server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        luaL_unref(L, LUA_REGISTRYINDEX, handler_ref);
        error_set(error, "NO_MEMORY", "no memory for a server");
        return NULL;
    }
    server->L = state->L;
    server->base = loop_event_base(state->loop);
    server->handler_ref = handler_ref;
    server->body_limit = options->body_limit > 0 ? options->body_limit : DEFAULT_BODY_LIMIT;
    snprintf(server->name, sizeof server->name, "%s", options->name != NULL ? options->name : "drsh");
    server->http = evhttp_new(server->base);
    if (server->http == NULL) {
        error_set(error, "NO_MEMORY", "no memory for a server");
        server_free(server);
        return NULL;
    }
    evhttp_set_allowed_methods(server->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT |
                                                 EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS | EVHTTP_REQ_PATCH);
    evhttp_set_max_headers_size(server->http, HEADERS_LIMIT);
    evhttp_set_max_body_size(server->http, (ev_ssize_t)(server->body_limit + BODY_SLACK));
    evhttp_set_timeout(server->http, IDLE_SECONDS);
    evhttp_set_default_content_type(server->http, NULL);
    evhttp_set_gencb(server->http, exchange_begin, server);
    if (!listen_on(server, options, error)) {
        server_free(server);
        return NULL;
    }
    return server;
}

int server_port(const struct server *server) {
    return server->port;
}

size_t server_active(const struct server *server) {
    return server->active;
}

void server_drain(struct server *server) {
    server->draining = true;
    if (server->socket != NULL) {
        evhttp_del_accept_socket(server->http, server->socket);
        server->socket = NULL;
    }
}

void server_leave(struct server *server) {
    if (--server->active == 0 && server->closed) {
        free(server);
    }
}

void server_free(struct server *server) {
    if (server == NULL) {
        return;
    }
    server->active++; /* so that it does not go while its exchanges do */
    server->closed = true;
    while (server->exchanges != NULL) {
        exchange_abandon(server->exchanges);
    }
    if (server->http != NULL) {
        evhttp_free(server->http);
    }
    luaL_unref(server->L, LUA_REGISTRYINDEX, server->handler_ref);
    server_leave(server);
}
