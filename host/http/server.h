/* The HTTP server: evhttp in front, a task for each request. Every handler is a Lua function that takes a request table and
 * returns status, headers, body; the ten endpoints (app.c), the local AWS and tests all use it.
 *
 *     request = {id, method, target (raw "path?query"), path (raw), query_string or nil, headers (lower-case names; repeated
 * ones are joined with ", "), body, remote (address of the client)}
 *
 * A handler that fails is answered with 500 SCRIPT_ERROR and logged. One whose client has gone is cancelled. For tests of
 * clients: status 0 drops the connection without an answer, and a Content-Length beyond the body sends the body and drops it
 * then. */
#ifndef DRSH_HTTP_SERVER_H
#define DRSH_HTTP_SERVER_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct server;

struct server_options {
    const char *address; /* numeric, IPv4 or IPv6 */
    int port;            /* 0 = a free one */
    const char *path;    /* of a UNIX socket instead of address and port; only its owner gets in */
    int socket;          /* bound already, for several processes to listen on; -1: address and port say where */
    size_t connections;  /* open at most, 0 = no limit; more wait in the kernel until one is closed */
    size_t body_limit;   /* bytes of a request's body, 0 = 64 KiB; more is 413 BODY_TOO_LARGE */
    const char *name;    /* of the Server header and of log lines; copied */
};

/* Takes the handler, a function, from the top of L's stack, also when it fails. NULL with `error` set on failure. May raise in
 * L. */
struct server *server_new(lua_State *L, const struct server_options *options, struct error *error);
int server_port(const struct server *server);
/* Requests that are being answered. */
size_t server_active(const struct server *server);
/* Takes no new connections; answers what is under way, and closes each connection after its answer. */
void server_drain(struct server *server);
/* Cancels what is under way and closes all connections. */
void server_free(struct server *server);

#endif
