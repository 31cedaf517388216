#include "http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/exchange.h"
#include "process/log.h"
#include "runtime/state.h"

#define DEFAULT_BODY_LIMIT (64 * 1024)
#define HEADERS_LIMIT (64 * 1024)
/* Beyond its limit a body is still read up to here, so that the client gets our 413 and not a reset in the middle of its
 * sending. */
#define BODY_SLACK (16 * 1024 * 1024)
#define IDLE_SECONDS 60
#define BACKLOG 512
/* Descriptors that are no connections of clients: the program's files, its connections to AWS. */
#define OWN_DESCRIPTORS 64
#define FULL_US 50000
#define SAY_FULL_US 10000000 /* it is logged once in so long */

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

/* A socket in the file system. What an earlier process left there is taken away; umask guards it from its first moment. */
static struct evconnlistener *listen_on_path(struct server *server, const char *path, struct error *error) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        error_set(error, "LISTEN", "the path %s is too long for a socket", path);
        return NULL;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    unlink(path);
    mode_t mask = umask(0177);
    struct evconnlistener *listener =
        evconnlistener_new_bind(server->base, NULL, NULL, LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_CLOSE_ON_FREE, BACKLOG,
                                (struct sockaddr *)&address, sizeof address);
    umask(mask);
    if (listener == NULL) {
        error_set(error, "LISTEN", "cannot listen on %s: %s", path, strerror(errno));
    } else {
        memcpy(server->path, path, strlen(path) + 1);
    }
    return listener;
}

static struct evconnlistener *listen_on_port(struct server *server, const struct server_options *options, struct error *error) {
    struct sockaddr_storage address;
    int length = 0;
    static const unsigned flags = LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_CLOSE_ON_FREE;
    struct evconnlistener *listener;
    if (options->socket >= 0) {
        listener = evconnlistener_new(server->base, NULL, NULL, flags, BACKLOG, options->socket);
    } else if (!parse_address(options, &address, &length, error)) {
        return NULL;
    } else {
        listener = evconnlistener_new_bind(server->base, NULL, NULL, flags, BACKLOG, (struct sockaddr *)&address, length);
    }
    if (listener == NULL) {
        error_set(error, "LISTEN", "cannot listen on %s port %d: %s", options->address, options->port, strerror(errno));
        return NULL;
    }
    /* Inherited by every connection: an answer of several segments must not wait for the client's delayed acknowledgement. */
    static const int on = 1;
    setsockopt(evconnlistener_get_fd(listener), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    server->port = port_of(evconnlistener_get_fd(listener));
    return listener;
}

static bool listen_on(struct server *server, const struct server_options *options, struct error *error) {
    struct evconnlistener *listener =
        options->path != NULL ? listen_on_path(server, options->path, error) : listen_on_port(server, options, error);
    if (listener == NULL) {
        return false;
    }
    server->socket = evhttp_bind_listener(server->http, listener);
    if (server->socket == NULL) {
        evconnlistener_free(listener);
        return error_set(error, "NO_MEMORY", "no memory to listen");
    }
    server->listener = listener;
    return true;
}

/* --- not too many connections --- */

/* Are so many descriptors open? The kernel gives the lowest free one. */
static bool is_full(const struct server *server) {
    int lowest = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    if (lowest >= 0) {
        close(lowest);
    }
    return lowest < 0 || (server->connections > 0 && (size_t)lowest >= server->connections + OWN_DESCRIPTORS);
}

static void look_again(struct loop_timer *timer) {
    struct server *server = (struct server *)((char *)timer - offsetof(struct server, full));
    if (server->listener == NULL) {
        return;
    }
    if (!is_full(server) || !loop_timer_start(server->loop, timer, LOOP_REAL, FULL_US, look_again)) {
        evconnlistener_enable(server->listener);
    }
}

static void pause_listening(struct server *server) {
    if (server->listener != NULL && loop_timer_start(server->loop, &server->full, LOOP_REAL, FULL_US, look_again)) {
        evconnlistener_disable(server->listener);
        if (clock_mono_us() < server->say_full_us) {
            return;
        }
        server->say_full_us = clock_mono_us() + SAY_FULL_US;
        log_write(LOG_LEVEL_WARN, "too many connections are open; new ones wait", "server", server->name, NULL);
    }
}

/* evhttp asks for each new connection how to make its buffers; NULL: the usual way. The one place to count them. */
static struct bufferevent *connection_comes(struct event_base *base, void *data) {
    struct server *server = data;
    (void)base;
    if (is_full(server)) {
        pause_listening(server);
    }
    return NULL;
}

/* accept() failed, most likely for want of descriptors: not again at once, for the connection still waits. */
static void accept_failed(struct evconnlistener *listener, void *data) {
    (void)listener;
    pause_listening(data);
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
    server->loop = state->loop;
    server->connections = options->connections;
    server->handler_ref = handler_ref;
    server->body_limit = options->body_limit > 0 ? options->body_limit : DEFAULT_BODY_LIMIT;
    snprintf(server->name, sizeof server->name, "%s", options->name != NULL ? options->name : "drsh");
    server->http = evhttp_new(server->base);
    if (server->http == NULL) {
        error_set(error, "NO_MEMORY", "no memory for a server");
        server_free(server);
        return NULL;
    }
    evhttp_set_allowed_methods(server->http, UINT16_MAX); /* those we do not serve get our own 405, not evhttp's page */
    evhttp_set_max_headers_size(server->http, HEADERS_LIMIT);
    evhttp_set_max_body_size(server->http, (ev_ssize_t)(server->body_limit + BODY_SLACK));
    evhttp_set_timeout(server->http, IDLE_SECONDS);
    evhttp_set_default_content_type(server->http, NULL);
    evhttp_set_gencb(server->http, exchange_begin, server);
    if (server->connections > 0) {
        evhttp_set_bevcb(server->http, connection_comes, server);
    }
    if (!listen_on(server, options, error)) {
        server_free(server);
        return NULL;
    }
    evconnlistener_set_error_cb(server->listener, accept_failed);
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
        server->listener = NULL;
        loop_timer_stop(&server->full);
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
    server->listener = NULL;
    loop_timer_stop(&server->full);
    if (server->path[0] != '\0') {
        unlink(server->path);
    }
    while (server->exchanges != NULL) {
        exchange_abandon(server->exchanges);
    }
    if (server->http != NULL) {
        evhttp_free(server->http);
    }
    luaL_unref(server->L, LUA_REGISTRYINDEX, server->handler_ref);
    server_leave(server);
}
