/* The HTTP client: the only file that includes curl. Exchanges run side by side on the event loop, with keep-alive. */
#ifndef DRSH_BASE_HTTP_H
#define DRSH_BASE_HTTP_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/loop.h"
#include "base/pending.h"

struct http_client;

/* What all exchanges share. NULL means none, or curl's default; strings are copied. */
struct http_options {
    const char *user_agent;
    const char *ca_bundle;   /* a PEM file that replaces the system's trust store */
    const char *http_proxy;  /* for http:// URLs: "http://[user:password@]host[:port]" */
    const char *https_proxy; /* for https:// URLs */
    const char *no_proxy; /* hosts that are asked directly, with commas between: a name covers what ends in .name; "*": all */
    long keep_alive_max;  /* idle connections kept, 0 = 10 */
};

/* NULL with `error` set on failure. Loopback and link-local addresses (the metadata services) are never asked through a proxy,
 * and curl's own look into the environment is switched off. */
struct http_client *http_client_new(struct loop *loop, const struct http_options *options, struct error *error);
void http_client_free(struct http_client *client); /* cancels what is under way */
size_t http_client_active(const struct http_client *client);

struct http_header {
    const char *name;
    const char *value;
};

struct http_request {
    const char *method;
    const char *url; /* sent as it is: neither normalised nor decoded (a signature covers it) */
    const struct http_header *headers;
    size_t header_count;
    const char *body;
    size_t body_length;
    int64_t connect_timeout_ms; /* 0 = 3,100 */
    int64_t timeout_ms;         /* the whole exchange, or what a stream may be silent; 0 = 60,000 */
    const char *ca_bundle;      /* NULL: the client's */
    const char *socket_path;    /* a UNIX socket to connect to instead of the URL's host, NULL: none */
    size_t response_limit;      /* bytes of body at most, 0 = 64 MiB; more is HTTP_RESPONSE_TOO_LARGE */
    struct waiter *listener;    /* NULL: the answer is collected. Else it is a stream: see http_exchange_drain */
};

/* One request and its answer. `pending` is first. Redirects are answers, not followed. On failure error.code is one of:
 *   HTTP_URL, HTTP_REQUEST     the request cannot be sent as it is; nothing was sent
 *   HTTP_CONNECT               no connection (name, route, refused, no connection in time, not through the proxy); nothing was
 *                              sent
 *   HTTP_TLS                   no trusted connection; nothing was sent
 *   HTTP_RESET                 the connection broke: the request may have been carried out
 *   HTTP_TIMEOUT               no complete answer in time: the request may have been carried out
 *   HTTP_TRUNCATED             the answer ended before its announced end
 *   HTTP_RESPONSE_TOO_LARGE    the answer's body is over the request's limit
 *   HTTP_PROTOCOL              the answer is not HTTP
 *   NO_MEMORY
 * A POST is never sent twice by this file, not even when a kept connection turns out to be dead: that decision is the caller's.
 */
struct http_transfer;

struct http_exchange {
    struct pending pending;
    struct error error; /* code[0] == 0: an answer came */
    long status;
    struct buffer headers; /* "name: value\n" lines as received, last answer only (100-continue left out) */
    struct buffer body;
    struct http_transfer *transfer; /* while under way */
    struct waiter *listener;        /* of a stream: is woken when there is more, or the end */
};

/* Starts; the request's strings are copied. What goes wrong at the start is reported like any failure: through the exchange,
 * which is then done at once. */
void http_exchange_start(struct http_client *client, struct http_exchange *exchange, const struct http_request *request);
/* Of a stream, of which the listener has been told: forgets what is in the body and lets more come. While nobody drains, the
 * other side waits after about a MiB. `status` is set and the headers are there when something is in the body, or it is done. */
void http_exchange_drain(struct http_exchange *exchange);
/* Cancels if under way and frees what the exchange holds; may be called twice. */
void http_exchange_clear(struct http_exchange *exchange);

#endif
