#include "base/http.h"

#include <ctype.h>
#include <curl/curl.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/uri.h"

enum {
    CONNECT_TIMEOUT_MS = 3100,
    TIMEOUT_MS = 60000,
    RESPONSE_LIMIT = 64 * 1024 * 1024,
    HEADERS_LIMIT = 256 * 1024,
    KEEP_ALIVE_MAX = 10,
    STREAM_MAX = 1024 * 1024, /* bytes of a stream that wait for their reader */
};

struct http_client {
    CURLM *multi;
    struct loop *loop;
    struct loop_timer timer; /* curl's */
    char *user_agent;
    char *ca_bundle;
    char *http_proxy;
    char *https_proxy;
    char *no_proxy;
    struct http_transfer *transfers;
    size_t active;
};

/* What curl needs while an exchange is under way. Its address stays, as curl holds it. */
struct http_transfer {
    struct http_client *client;
    struct http_exchange *exchange;
    struct http_transfer *next;
    struct http_transfer **link; /* what points to this one */
    CURL *easy;
    struct curl_slist *headers;
    char *body;
    size_t body_length;
    size_t body_sent;
    bool in_headers;
    bool is_too_large;
    bool is_paused;
    struct loop_timer silence; /* of a stream */
    int64_t silence_us;
    char origin[256]; /* scheme://host:port, for messages: the rest of a URL may hold a signature */
    char message[CURL_ERROR_SIZE];
};

static void transfer_free(struct http_transfer *transfer) {
    if (transfer == NULL) {
        return;
    }
    loop_timer_stop(&transfer->silence);
    if (transfer->link != NULL) {
        *transfer->link = transfer->next;
        if (transfer->next != NULL) {
            transfer->next->link = transfer->link;
        }
        transfer->client->active--;
    }
    if (transfer->easy != NULL) {
        curl_multi_remove_handle(transfer->client->multi, transfer->easy);
        curl_easy_cleanup(transfer->easy);
    }
    curl_slist_free_all(transfer->headers);
    free(transfer->body);
    free(transfer);
}

/* Ends the exchange: what holds curl goes first, then the waiter is woken. */
static void finish(struct http_exchange *exchange) {
    transfer_free(exchange->transfer);
    exchange->transfer = NULL;
    pending_finish(&exchange->pending);
}

static void fail(struct http_exchange *exchange, const char *code, const char *message) {
    error_set(&exchange->error, code, "%s", message);
    finish(exchange);
}

/* Overwrites user:password in what looks like a URL: curl names proxies as they were given. */
static void mask_userinfo(char *text) {
    for (char *at = text; (at = strstr(at, "://")) != NULL;) {
        char *sign;
        at += 3;
        sign = at + strcspn(at, "@/ \"'");
        if (*sign == '@') {
            memset(at, '*', (size_t)(sign - at));
        }
    }
}

/* ---- what curl tells about an exchange ---- */

static size_t take_header(char *line, size_t size, size_t count, void *context) {
    struct http_transfer *transfer = context;
    struct buffer *headers = &transfer->exchange->headers;
    size_t length = size * count;

    while (length > 0 && isspace((unsigned char)line[length - 1])) {
        length--;
    }
    if (length >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        buffer_reset(headers); /* an interim answer (1xx) came before this one */
        transfer->in_headers = true;
    } else if (length == 0) {
        transfer->in_headers = false; /* what comes later are trailers, which nobody asked for */
    } else if (transfer->in_headers) {
        if ((line[0] == ' ' || line[0] == '\t') && headers->length > 0) {
            headers->data[headers->length - 1] = ' '; /* a folded line goes on */
            while (length > 0 && isspace((unsigned char)*line)) {
                line++;
                length--;
            }
        }
        if (!buffer_append(headers, line, length) || !buffer_append_byte(headers, '\n')) {
            return 0;
        }
    }
    return size * count;
}

static void silence_lasts(struct loop_timer *timer) {
    struct http_transfer *transfer = (struct http_transfer *)((char *)timer - offsetof(struct http_transfer, silence));
    struct http_exchange *exchange = transfer->exchange;
    error_set(&exchange->error, "HTTP_TIMEOUT", "%s: timed out, nothing has come for %.3f seconds", transfer->origin,
              (double)transfer->silence_us / 1e6);
    finish(exchange);
}

/* A stream ends when it will; only its silences are limited. */
static bool watch_silence(struct http_transfer *transfer) {
    return loop_timer_start(transfer->client->loop, &transfer->silence, LOOP_REAL, transfer->silence_us, silence_lasts);
}

/* A stream's bytes: told at once, and held up when they are not drained. */
static size_t take_piece(struct http_transfer *transfer, const char *bytes, size_t count) {
    struct http_exchange *exchange = transfer->exchange;
    if (exchange->body.length > 0 && exchange->body.length + count > STREAM_MAX) {
        transfer->is_paused = true;
        loop_timer_stop(&transfer->silence);
        return CURL_WRITEFUNC_PAUSE;
    }
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &exchange->status);
    if (!buffer_append(&exchange->body, bytes, count) || !watch_silence(transfer)) {
        return 0;
    }
    exchange->listener->wake(exchange->listener);
    return count;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
    struct http_transfer *transfer = context;
    struct buffer *body = &transfer->exchange->body;
    if (transfer->exchange->listener != NULL) {
        return take_piece(transfer, bytes, size * count);
    }
    transfer->is_too_large = size * count > body->limit - body->length;
    return buffer_append(body, bytes, size * count) ? size * count : 0;
}

static size_t give_body(char *place, size_t size, size_t count, void *context) {
    struct http_transfer *transfer = context;
    size_t left = transfer->body_length - transfer->body_sent;
    size_t length = size * count < left ? size * count : left;
    memcpy(place, transfer->body + transfer->body_sent, length);
    transfer->body_sent += length;
    return length;
}

/* Which code tells the caller what happened, and whether the request may have reached the server. */
static const char *error_code(const struct http_transfer *transfer, CURLcode result) {
    const struct http_exchange *exchange = transfer->exchange;
    curl_off_t sent_at = 0;
    switch (result) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_LOGIN_DENIED:
        /* The URL was looked at before the start, so that with an address this is about the answer. */
        curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T, &sent_at);
        return sent_at > 0 ? "HTTP_PROTOCOL" : "HTTP_URL";
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_INTERFACE_FAILED:
    case CURLE_PROXY:
        return "HTTP_CONNECT";
    case CURLE_OPERATION_TIMEDOUT:
        curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T, &sent_at);
        return sent_at > 0 ? "HTTP_TIMEOUT" : "HTTP_CONNECT";
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_USE_SSL_FAILED:
        return "HTTP_TLS";
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR: /* what a proxy that opens no tunnel ends in, too */
    case CURLE_GOT_NOTHING:
        curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T, &sent_at);
        return sent_at > 0 ? "HTTP_RESET" : "HTTP_CONNECT";
    case CURLE_SEND_FAIL_REWIND: /* a kept connection was dead, and part of the body had been sent */
        return "HTTP_RESET";
    case CURLE_PARTIAL_FILE:
        return "HTTP_TRUNCATED";
    case CURLE_OUT_OF_MEMORY: /* what curl also says of a header line that is over its limit */
        curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T, &sent_at);
        return sent_at > 0 ? "HTTP_PROTOCOL" : "NO_MEMORY";
    case CURLE_WRITE_ERROR:
        return transfer->is_too_large ? "HTTP_RESPONSE_TOO_LARGE" : exchange->headers.failed ? "HTTP_PROTOCOL" : "NO_MEMORY";
    default:
        return "HTTP_PROTOCOL";
    }
}

static void report_failure(struct http_transfer *transfer, CURLcode result) {
    struct http_exchange *exchange = transfer->exchange;
    const char *code = error_code(transfer, result);
    char limit[80];
    const char *what = transfer->message[0] != '\0' ? transfer->message : curl_easy_strerror(result);

    if (transfer->is_too_large) {
        snprintf(limit, sizeof limit, "the answer's body is over the limit of %zu bytes", exchange->body.limit);
        what = limit;
    } else if (result == CURLE_WRITE_ERROR && exchange->headers.failed) {
        what = "the answer's headers are over 256 KiB";
    } else if (result == CURLE_OUT_OF_MEMORY && strcmp(code, "HTTP_PROTOCOL") == 0) {
        what = "a line of the answer's headers is over 100 KiB, or there is no memory for it";
    } else if (strcmp(code, "HTTP_RESET") == 0) {
        what = exchange->headers.length + exchange->body.length > 0 ? "the connection broke during the answer"
                                                                    : "the connection broke before there was an answer";
    }
    error_set(&exchange->error, code, "%s: %s", transfer->origin, what);
    mask_userinfo(exchange->error.message);
}

static void collect_finished(struct http_client *client) {
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
        struct http_transfer *transfer = NULL;
        CURLcode result;
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        result = message->data.result; /* the message is gone with its handle */
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        if (result == CURLE_OK) {
            curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &transfer->exchange->status);
        } else {
            report_failure(transfer, result);
        }
        finish(transfer->exchange);
    }
}

/* ---- what curl wants from the loop ---- */

static void socket_ready(evutil_socket_t fd, short what, void *context) {
    struct http_client *client = context;
    int running;
    int flags = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
    curl_multi_socket_action(client->multi, fd, flags, &running);
    collect_finished(client);
}

static void timer_fired(struct loop_timer *timer) {
    struct http_client *client = (struct http_client *)((char *)timer - offsetof(struct http_client, timer));
    int running;
    curl_multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect_finished(client);
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *watched) {
    struct http_client *client = context;
    struct event *event = watched;
    short events = EV_PERSIST;

    (void)easy;
    if (event != NULL) {
        event_free(event);
        event = NULL;
    }
    if (what != CURL_POLL_REMOVE) {
        events = (short)(events | (what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0));
        event = event_new(loop_event_base(client->loop), fd, events, socket_ready, client);
        if (event == NULL || event_add(event, NULL) != 0) {
            if (event != NULL) {
                event_free(event);
            }
            curl_multi_assign(client->multi, fd, NULL);
            return -1;
        }
    }
    curl_multi_assign(client->multi, fd, event);
    return 0;
}

static int set_timer(CURLM *multi, long delay_ms, void *context) {
    struct http_client *client = context;
    (void)multi;
    if (delay_ms < 0) {
        loop_timer_stop(&client->timer);
        return 0;
    }
    return loop_timer_start(client->loop, &client->timer, LOOP_REAL, (int64_t)delay_ms * 1000, timer_fired) ? 0 : -1;
}

/* ---- client ---- */

static bool copy_text(char **copy, const char *text) {
    *copy = text != NULL ? strdup(text) : NULL;
    return *copy != NULL || text == NULL;
}

/* False if there is no memory; all that was copied is the client's. */
static bool copy_options(struct http_client *client, const struct http_options *options) {
    return copy_text(&client->user_agent, options->user_agent) && copy_text(&client->ca_bundle, options->ca_bundle) &&
           copy_text(&client->http_proxy, options->http_proxy) && copy_text(&client->https_proxy, options->https_proxy) &&
           copy_text(&client->no_proxy, options->no_proxy);
}

struct http_client *http_client_new(struct loop *loop, const struct http_options *options, struct error *error) {
    static const struct http_options defaults;
    struct http_client *client = calloc(1, sizeof *client);

    if (client == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(client);
        error_set(error, "NO_MEMORY", "the HTTP client cannot be started");
        return NULL;
    }
    options = options != NULL ? options : &defaults;
    client->loop = loop;
    client->multi = curl_multi_init();
    if (!copy_options(client, options) || client->multi == NULL) {
        http_client_free(client);
        error_set(error, "NO_MEMORY", "the HTTP client cannot be started");
        return NULL;
    }
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS,
                      options->keep_alive_max > 0 ? options->keep_alive_max : (long)KEEP_ALIVE_MAX);
    return client;
}

/* A proxy's URL may hold a password. */
static void free_secret(char *text) {
    if (text != NULL) {
        explicit_bzero(text, strlen(text));
        free(text);
    }
}

void http_client_free(struct http_client *client) {
    if (client == NULL) {
        return;
    }
    while (client->transfers != NULL) {
        pending_cancel(&client->transfers->exchange->pending);
    }
    if (client->multi != NULL) {
        curl_multi_cleanup(client->multi); /* still calls watch_socket, to forget its sockets */
    }
    loop_timer_stop(&client->timer);
    free(client->user_agent);
    free(client->ca_bundle);
    free_secret(client->http_proxy);
    free_secret(client->https_proxy);
    free(client->no_proxy);
    free(client);
    curl_global_cleanup();
}

size_t http_client_active(const struct http_client *client) {
    return client->active;
}

/* ---- exchange ---- */

static void cancel(struct pending *pending) {
    struct http_exchange *exchange = (struct http_exchange *)pending;
    transfer_free(exchange->transfer);
    exchange->transfer = NULL;
}

/* Loopback and link-local addresses (the metadata services): no proxy stands before them. */
static bool is_near(struct uri_span host) {
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)(host.length < sizeof name ? host.length : sizeof name - 1), host.text);
    if (name[strspn(name, "0123456789.")] == '\0') {
        return strncmp(name, "127.", 4) == 0 || strncmp(name, "169.254.", 8) == 0;
    }
    return strcasecmp(name, "localhost") == 0 || strcmp(name, "[::1]") == 0 || strncasecmp(name, "[fd00:ec2:", 10) == 0;
}

static bool add_header(struct http_transfer *transfer, const char *name, const char *value, const char *separator) {
    struct buffer line;
    struct curl_slist *list = NULL;
    buffer_init_secure(&line, HEADERS_LIMIT);
    buffer_append_string(&line, name);
    buffer_append_string(&line, separator);
    buffer_append_string(&line, value);
    if (!line.failed) {
        list = curl_slist_append(transfer->headers, line.data);
    }
    buffer_clear(&line);
    if (list != NULL) {
        transfer->headers = list;
    }
    return list != NULL;
}

/* The caller's headers, and those of curl's own that nobody signed taken away. NULL, or what is wrong. */
static const char *set_headers(struct http_transfer *transfer, const struct http_request *request) {
    static const char *const curls_own[] = {"Accept", "Content-Type", "Expect"};
    for (size_t own = 0; own < sizeof curls_own / sizeof *curls_own; own++) {
        bool given = false;
        for (size_t i = 0; i < request->header_count; i++) {
            given = given || strcasecmp(request->headers[i].name, curls_own[own]) == 0;
        }
        if (!given && !add_header(transfer, curls_own[own], "", ":")) {
            return "NO_MEMORY";
        }
    }
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        if (header->name[0] == '\0' || strpbrk(header->name, "\r\n:; ") != NULL || strpbrk(header->value, "\r\n") != NULL) {
            return "HTTP_REQUEST";
        }
        /* curl takes "name:" for "do not send" and "name;" for "send it empty". */
        if (!add_header(transfer, header->name, header->value, header->value[0] != '\0' ? ": " : ";")) {
            return "NO_MEMORY";
        }
    }
    return NULL;
}

static bool set_method(struct http_transfer *transfer, const struct http_request *request) {
    CURL *easy = transfer->easy;
    const char *method = request->method;
    bool sends = strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 || strcmp(method, "PATCH") == 0;

    if (request->body_length > 0) {
        transfer->body = malloc(request->body_length);
        if (transfer->body == NULL) {
            return false;
        }
        memcpy(transfer->body, request->body, request->body_length);
        transfer->body_length = request->body_length;
        /* A read function without a seek function: curl cannot send the body again on its own. */
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_body);
        curl_easy_setopt(easy, CURLOPT_READDATA, transfer);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_length);
    } else if (sends) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, 0L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L); /* no body that could not be sent again: so no dead connection */
    } else if (strcmp(method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        return true;
    }
    return curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method) == CURLE_OK;
}

/* How to get there: through which proxy, whom to trust on the way. */
static bool set_route(struct http_transfer *transfer, const struct http_request *request, const struct uri *uri) {
    CURL *easy = transfer->easy;
    const struct http_client *client = transfer->client;
    const char *proxy = uri->scheme.length == 5 ? client->https_proxy : client->http_proxy;
    const char *ca_bundle = request->ca_bundle != NULL ? request->ca_bundle : client->ca_bundle;
    bool good = curl_easy_setopt(easy, CURLOPT_PROXY, proxy != NULL && !is_near(uri->host) ? proxy : "") == CURLE_OK &&
                curl_easy_setopt(easy, CURLOPT_NOPROXY, client->no_proxy != NULL ? client->no_proxy : "") == CURLE_OK;

    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (ca_bundle != NULL) {
        good = good && curl_easy_setopt(easy, CURLOPT_CAINFO, ca_bundle) == CURLE_OK;
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    return good;
}

static bool set_timeout(struct http_transfer *transfer, const struct http_request *request) {
    int64_t timeout_ms = request->timeout_ms > 0 ? request->timeout_ms : TIMEOUT_MS;
    if (request->listener == NULL) {
        return curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms) == CURLE_OK;
    }
    transfer->silence_us = timeout_ms * 1000;
    return watch_silence(transfer);
}

static bool set_options(struct http_transfer *transfer, const struct http_request *request) {
    CURL *easy = transfer->easy;
    const struct http_client *client = transfer->client;
    bool good = curl_easy_setopt(easy, CURLOPT_URL, request->url) == CURLE_OK;

    if (request->socket_path != NULL) {
        good = good && curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, request->socket_path) == CURLE_OK;
    }
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->message);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)(request->connect_timeout_ms > 0 ? request->connect_timeout_ms : CONNECT_TIMEOUT_MS));
    good = good && set_timeout(transfer, request);
    if (client->user_agent != NULL) {
        good = good && curl_easy_setopt(easy, CURLOPT_USERAGENT, client->user_agent) == CURLE_OK;
    }
    return good;
}

void http_exchange_start(struct http_client *client, struct http_exchange *exchange, const struct http_request *request) {
    struct http_transfer *transfer = calloc(1, sizeof *transfer);
    const char *wrong;
    struct uri uri;

    memset(&exchange->error, 0, sizeof exchange->error);
    exchange->status = 0;
    exchange->transfer = transfer;
    exchange->listener = request->listener;
    buffer_init(&exchange->headers, HEADERS_LIMIT);
    buffer_init(&exchange->body, request->response_limit > 0 ? request->response_limit : RESPONSE_LIMIT);
    if (transfer == NULL) {
        fail(exchange, "NO_MEMORY", "no memory for a request");
        return;
    }
    transfer->client = client;
    transfer->exchange = exchange;
    if (!uri_split(request->url, &uri) || strncasecmp(request->url, "http", 4) != 0 ||
        (uri.scheme.length != 4 && (uri.scheme.length != 5 || tolower(uri.scheme.text[4]) != 's'))) {
        fail(exchange, "HTTP_URL", "not a URL that begins with http:// or https://, names a host and holds no user name");
        return;
    }
    snprintf(transfer->origin, sizeof transfer->origin, "%.*s", (int)(uri.port.text + uri.port.length - request->url),
             request->url);
    if (request->method[0] == '\0' || request->method[strspn(request->method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] != '\0' ||
        (strcmp(request->method, "HEAD") == 0 && request->body_length > 0)) {
        fail(exchange, "HTTP_REQUEST", "a method is written in capital letters, and HEAD has no body");
        return;
    }
    wrong = set_headers(transfer, request);
    if (wrong != NULL) {
        fail(exchange, wrong, "a header cannot be sent: its name is not a token, or its value holds a line break");
        return;
    }
    transfer->easy = curl_easy_init();
    if (transfer->easy == NULL || !set_options(transfer, request) || !set_route(transfer, request, &uri) ||
        !set_method(transfer, request) || curl_multi_add_handle(client->multi, transfer->easy) != CURLM_OK) {
        fail(exchange, "NO_MEMORY", "no memory for a request");
        return;
    }
    transfer->next = client->transfers;
    transfer->link = &client->transfers;
    if (transfer->next != NULL) {
        transfer->next->link = &transfer->next;
    }
    client->transfers = transfer;
    client->active++;
    exchange->pending.cancel = cancel;
}

void http_exchange_drain(struct http_exchange *exchange) {
    struct http_transfer *transfer = exchange->transfer;
    buffer_reset(&exchange->body);
    if (transfer != NULL && transfer->is_paused) {
        transfer->is_paused = false;
        watch_silence(transfer);
        curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
    }
}

void http_exchange_clear(struct http_exchange *exchange) {
    pending_cancel(&exchange->pending);
    buffer_clear(&exchange->headers);
    buffer_clear(&exchange->body);
}
