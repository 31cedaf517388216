/* One request and its answer inside the server; for server.c and exchange.c. */
#ifndef DRSH_HTTP_EXCHANGE_H
#define DRSH_HTTP_EXCHANGE_H

#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <lua.h>
#include <sys/un.h>

#include "base/loop.h"
#include "http/server.h"
#include "runtime/task.h"

#define REQUEST_ID_SIZE 129

struct server {
    lua_State *L;
    struct evhttp *http;
    struct evhttp_bound_socket *socket;
    struct evconnlistener *listener; /* the socket's */
    struct loop *loop;
    struct loop_timer full; /* runs while no connection is accepted */
    int64_t say_full_us;    /* not before this time (monotonic) */
    size_t connections;     /* open at most, 0 = no limit */
    struct event_base *base;
    struct exchange *exchanges;
    size_t active;
    size_t body_limit;
    int port;
    int handler_ref;
    bool draining;
    bool closed; /* server_free was called; goes when the last exchange does */
    char name[64];
    char path[sizeof((struct sockaddr_un *)0)->sun_path]; /* of a UNIX socket, to be removed at the end; "" */
};

struct exchange {
    struct server *server;
    struct evhttp_request *request; /* NULL once it is answered or its connection is gone */
    struct event *gone;             /* fires when the client closes */
    struct task *task;
    struct exchange *next, **link;
    char id[REQUEST_ID_SIZE];
};

/* In exchange_request.c: pushes the request's table; gives the exchange its id. */
void exchange_push_request(lua_State *L, const struct exchange *exchange);
void exchange_choose_id(struct exchange *exchange);

/* evhttp's callback for every request. */
void exchange_begin(struct evhttp_request *request, void *server);
/* Cancels it, without an answer, for a server that goes away. It ends at once, or when its task leaves the C function it is in.
 */
void exchange_abandon(struct exchange *exchange);
/* An exchange has ended. */
void server_leave(struct server *server);

#endif
