/* The client against a server of bytes: each path answers with exactly what stands in the table, also what no real server
 * sends. */
#include "base/http.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"

enum ending { KEEP, CLOSE, RESET, HANG };

static const struct answer {
    const char *path;
    const char *bytes;
    enum ending ending;
} answers[] = {
    {"/hello", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Multi: a\r\nx-multi: b  \r\n\r\nhello", KEEP},
    {"/head", "HTTP/1.1 204 None\r\nContent-Length: 500\r\n\r\n", KEEP},
    {"/interim",
     "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\nHTTP/1.1 103 Hints\r\nX-Early: 2\r\n\r\n"
     "HTTP/1.1 201 Made\r\nContent-Length: 2\r\nX-Late: 3\r\n\r\nok",
     KEEP},
    {"/redirect", "HTTP/1.1 302 Found\r\nLocation: /hello\r\nContent-Length: 0\r\n\r\n", KEEP},
    {"/chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n", KEEP},
    {"/folded", "HTTP/1.1 200 OK\r\nX-Long: one\r\n\t two\r\nContent-Length: 0\r\n\r\n", KEEP},
    {"/until-close", "HTTP/1.1 200 OK\r\n\r\nall of it", CLOSE},
    {"/truncated", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", CLOSE},
    {"/truncated-chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nonly this", CLOSE},
    {"/closed", "", CLOSE},
    {"/reset", "", RESET},
    {"/reset-during", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", RESET},
    {"/hang", "", HANG},
    {"/hang-during", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", HANG},
    {"/ancient", "just text, no status line at all\n", CLOSE},
    {"/large", "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n012345678901234567890123456789", KEEP},
    {"/die-when-kept", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", KEEP},
};

static struct loop *loop;
static int connections, requests;
static char seen[8192]; /* the last request as it came */
static SSL_CTX *server_tls;

static void drop(struct bufferevent *connection, enum ending ending) {
    if (ending == RESET) { /* lingering zero seconds: closing sends RST */
        struct linger linger = {1, 0};
        setsockopt(bufferevent_getfd(connection), SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    }
    bufferevent_free(connection);
}

static void written(struct bufferevent *connection, void *context) {
    drop(connection, ((const struct answer *)context)->ending);
}

static void gone(struct bufferevent *connection, short what, void *context) {
    (void)context;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) {
        bufferevent_free(connection);
    }
}

static bool is_whole(const char *text) {
    const char *end = strstr(text, "\r\n\r\n");
    const char *length = strstr(text, "Content-Length: ");
    return end != NULL && (length == NULL || strlen(end + 4) >= strtoul(length + 16, NULL, 10));
}

static void readable(struct bufferevent *connection, void *context) {
    struct evbuffer *input = bufferevent_get_input(connection);
    size_t length = evbuffer_get_length(input);
    const char *path;
    (void)context;
    if (length >= sizeof seen) {
        length = sizeof seen - 1;
    }
    evbuffer_copyout(input, seen, length);
    seen[length] = '\0';
    path = strchr(seen, ' ');
    if (path == NULL || !is_whole(seen)) {
        return;
    }
    evbuffer_drain(input, length);
    requests++;
    if (strncmp(path + 1, "/drop-now", 9) == 0) {
        drop(connection, RESET);
        return;
    }
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        size_t part = strlen(answers[i].path);
        if (strncmp(path + 1, answers[i].path, part) == 0 && strchr(" ?", path[1 + part]) != NULL) {
            bufferevent_write(connection, answers[i].bytes, strlen(answers[i].bytes));
            if (answers[i].ending == CLOSE || answers[i].ending == RESET) {
                if (answers[i].bytes[0] == '\0') {
                    drop(connection, answers[i].ending);
                } else {
                    bufferevent_setcb(connection, NULL, written, gone, (void *)&answers[i]);
                }
            }
            return;
        }
    }
    bufferevent_write(connection, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", 38);
}

static void accepted(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer, int length, void *context) {
    struct event_base *base = loop_event_base(loop);
    struct bufferevent *connection;
    (void)listener;
    (void)peer;
    (void)length;
    connections++;
    connection = context == NULL ? bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE)
                                 : bufferevent_openssl_socket_new(base, fd, SSL_new(context), BUFFEREVENT_SSL_ACCEPTING,
                                                                  BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(connection, readable, NULL, gone, NULL);
    bufferevent_enable(connection, EV_READ | EV_WRITE);
}

static struct evconnlistener *listen_on(unsigned short *port, SSL_CTX *tls) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    struct evconnlistener *listener =
        evconnlistener_new_bind(loop_event_base(loop), accepted, tls, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, 16,
                                (struct sockaddr *)&address, sizeof address);
    getsockname(evconnlistener_get_fd(listener), (struct sockaddr *)&address, &length);
    *port = ntohs(address.sin_port);
    return listener;
}

/* A certificate for localhost, signed by itself, and the file that a client may trust. */
static void make_certificate(const char *file) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_EXTENSION *host = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:localhost");
    FILE *out = fopen(file, "w");

    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_set_pubkey(certificate, key);
    X509_add_ext(certificate, host, -1);
    CHECK(X509_sign(certificate, key, EVP_sha256()) > 0);
    CHECK(out != NULL && PEM_write_X509(out, certificate) == 1);
    server_tls = SSL_CTX_new(TLS_server_method());
    CHECK(SSL_CTX_use_certificate(server_tls, certificate) == 1 && SSL_CTX_use_PrivateKey(server_tls, key) == 1);
    fclose(out);
    X509_EXTENSION_free(host);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

/* ---- a waiter that ends the loop ---- */

static int awaited;

static void wake(struct waiter *waiter) {
    (void)waiter;
    if (--awaited == 0) {
        loop_stop(loop);
    }
}

static void too_late(struct loop_timer *timer) {
    CHECK(!"the exchange ended in time");
    loop_stop(timer->loop);
}

static void enough(struct loop_timer *timer) {
    loop_stop(timer->loop);
}

/* So that the server notices who has left. */
static void settle(void) {
    struct loop_timer end = {0};
    loop_timer_start(loop, &end, LOOP_REAL, 50000, enough);
    CHECK(loop_run(loop));
}

static void run(void) {
    struct loop_timer guard = {0};
    loop_timer_start(loop, &guard, LOOP_REAL, 8000000, too_late);
    CHECK(loop_run(loop));
    loop_timer_stop(&guard);
}

static void exchange(struct http_client *client, struct http_exchange *exchange, const struct http_request *request) {
    struct waiter waiter = {wake};
    memset(exchange, 0, sizeof *exchange);
    awaited = 1;
    seen[0] = '\0';
    http_exchange_start(client, exchange, request);
    if (!exchange->pending.done) {
        exchange->pending.waiter = &waiter;
        run();
    }
    CHECK(exchange->pending.done);
}

static unsigned short port, tls_port;

static const char *url(const char *path) {
    static char text[256];
    snprintf(text, sizeof text, "http://127.0.0.1:%d%s", port, path);
    return text;
}

static void get(struct http_client *client, struct http_exchange *answer, const char *path) {
    exchange(client, answer, &(struct http_request){.method = "GET", .url = url(path), .timeout_ms = 300});
}

/* ---- the cases ---- */

static void answers_come_whole(struct http_client *client) {
    static const struct {
        const char *path;
        long status;
        const char *body, *headers;
    } good[] = {
        {"/hello", 200, "hello", "Content-Length: 5\nX-Multi: a\nx-multi: b\n"},
        {"/interim", 201, "ok", "Content-Length: 2\nX-Late: 3\n"},
        {"/redirect", 302, NULL, "Location: /hello\nContent-Length: 0\n"},
        {"/chunked", 200, "abcde", "Transfer-Encoding: chunked\n"},
        {"/folded", 200, NULL, "X-Long: one two\nContent-Length: 0\n"},
        {"/until-close", 200, "all of it", NULL},
        {"/nowhere", 404, NULL, "Content-Length: 0\n"},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct http_exchange answer;
        get(client, &answer, good[i].path);
        CHECK_STR(answer.error.code, "");
        CHECK_INT(answer.status, good[i].status);
        if (good[i].body != NULL) {
            CHECK_STR(answer.body.data, good[i].body);
        } else {
            CHECK_INT(answer.body.length, 0);
        }
        if (good[i].headers != NULL) {
            CHECK_STR(answer.headers.data, good[i].headers);
        } else {
            CHECK_INT(answer.headers.length, 0);
        }
        http_exchange_clear(&answer);
        http_exchange_clear(&answer);
    }
}

static void failures_are_told_apart(struct http_client *client) {
    static const struct {
        const char *path, *code, *says;
    } bad[] = {
        {"/truncated", "HTTP_TRUNCATED", "remaining"},           {"/truncated-chunk", "HTTP_TRUNCATED", "remaining"},
        {"/closed", "HTTP_RESET", "before there was an answer"}, {"/reset", "HTTP_RESET", "before there was an answer"},
        {"/reset-during", "HTTP_RESET", "during the answer"},    {"/hang", "HTTP_TIMEOUT", "timed out"},
        {"/hang-during", "HTTP_TIMEOUT", "timed out"},           {"/ancient", "HTTP_PROTOCOL", "HTTP/0.9"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct http_exchange answer;
        get(client, &answer, bad[i].path);
        CHECK_STR(answer.error.code, bad[i].code);
        CHECK(strstr(answer.error.message, bad[i].says) != NULL);
        CHECK(strstr(answer.error.message, "http://127.0.0.1:") == answer.error.message);
        CHECK_INT(http_client_active(client), 0);
        http_exchange_clear(&answer);
    }
}

/* What a stream has told by and by. */
static struct {
    struct waiter listener;
    struct http_exchange exchange;
    int pieces;
    long status; /* at the first piece */
    char text[64];
} stream;

static void hear(struct waiter *listener) {
    (void)listener;
    if (stream.exchange.body.length > 0 && strlen(stream.text) + stream.exchange.body.length < sizeof stream.text) {
        strncat(stream.text, stream.exchange.body.data, stream.exchange.body.length);
        stream.status = stream.pieces++ == 0 ? stream.exchange.status : stream.status;
        http_exchange_drain(&stream.exchange);
    }
    if (stream.exchange.pending.done) {
        loop_stop(loop);
    }
}

static void a_stream_is_told_piece_by_piece(struct http_client *client) {
    static const struct {
        const char *path, *text, *code;
    } streams[] = {
        {"/hello", "hello", ""},
        {"/chunked", "abcde", ""},
        {"/truncated", "only this", "HTTP_TRUNCATED"},
        {"/closed", "", "HTTP_RESET"},
        {"/hang-during", "only this", "HTTP_TIMEOUT"},
    };
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        memset(&stream, 0, sizeof stream);
        stream.listener.wake = hear;
        stream.exchange.pending.waiter = &stream.listener;
        http_exchange_start(client, &stream.exchange,
                            &(struct http_request){
                                .method = "GET", .url = url(streams[i].path), .timeout_ms = 200, .listener = &stream.listener});
        run();
        CHECK_STR(stream.text, streams[i].text);
        CHECK_STR(stream.exchange.error.code, streams[i].code);
        CHECK(stream.pieces == 0 || stream.status == 200);
        http_exchange_clear(&stream.exchange);
    }
    CHECK_INT(http_client_active(client), 0);
}

static void what_cannot_be_sent_is_refused(struct http_client *client) {
    static const struct http_header split = {"X-A", "a\r\nX-B: b"}, colon = {"X:A", "a"}, empty = {"", "a"};
    const struct http_request bad[] = {
        {.method = "GET", .url = "ftp://127.0.0.1/"},
        {.method = "GET", .url = "not a url"},
        {.method = "GET", .url = ""},
        {.method = "GET", .url = "http://user:pass@127.0.0.1/"},
        {.method = "GET", .url = "http://127.0.0.1/a b"},
        {.method = "GET", .url = "http://127.0.0.1/", .headers = &split, .header_count = 1},
        {.method = "GET", .url = "http://127.0.0.1/", .headers = &colon, .header_count = 1},
        {.method = "GET", .url = "http://127.0.0.1/", .headers = &empty, .header_count = 1},
        {.method = "GET / HTTP/1.1\r\nX: ", .url = "http://127.0.0.1/"},
        {.method = "", .url = "http://127.0.0.1/"},
        {.method = "HEAD", .url = "http://127.0.0.1/", .body = "x", .body_length = 1},
    };
    int before = requests;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct http_exchange answer = {0};
        http_exchange_start(client, &answer, &bad[i]);
        CHECK(answer.pending.done);
        CHECK_STR(answer.error.code, i < 5 ? "HTTP_URL" : "HTTP_REQUEST");
        CHECK(strstr(answer.error.message, "pass") == NULL);
        http_exchange_clear(&answer);
    }
    CHECK_INT(requests, before);
}

static void the_request_goes_as_it_is(struct http_client *client) {
    static const struct http_header headers[] = {
        {"Host", "drs.example"}, {"X-Empty", ""}, {"Content-Type", "application/json"}};
    struct http_exchange answer;
    exchange(client, &answer,
             &(struct http_request){.method = "POST",
                                    .url = url("/hello?a=%2f&b=../c%20d"),
                                    .headers = headers,
                                    .header_count = 3,
                                    .body = "{\"a\":1}",
                                    .body_length = 7});
    CHECK_STR(answer.error.code, "");
    CHECK(strncmp(seen, "POST /hello?a=%2f&b=../c%20d HTTP/1.1\r\n", 39) == 0);
    CHECK(strstr(seen, "\r\nHost: drs.example\r\n") != NULL);
    CHECK(strstr(seen, "\r\nX-Empty:") != NULL);
    CHECK(strstr(seen, "\r\nContent-Length: 7\r\n") != NULL);
    CHECK(strstr(seen, "\r\nUser-Agent: drsh/test\r\n") != NULL);
    CHECK(strstr(seen, "Expect") == NULL && strstr(seen, "Accept") == NULL);
    CHECK(strstr(seen, "\r\n\r\n{\"a\":1}") != NULL);
    http_exchange_clear(&answer);

    get(client, &answer, "/a/../b/./c//d");
    CHECK(strncmp(seen, "GET /a/../b/./c//d HTTP/1.1\r\n", 29) == 0);
    CHECK(strstr(seen, "Content-") == NULL);
    http_exchange_clear(&answer);

    exchange(client, &answer, &(struct http_request){.method = "PUT", .url = url("/hello")});
    CHECK(strncmp(seen, "PUT ", 4) == 0 && strstr(seen, "\r\nContent-Length: 0\r\n") != NULL);
    CHECK(strstr(seen, "Content-Type") == NULL);
    http_exchange_clear(&answer);

    exchange(client, &answer, &(struct http_request){.method = "DELETE", .url = url("/hello")});
    CHECK(strncmp(seen, "DELETE ", 7) == 0);
    http_exchange_clear(&answer);

    exchange(client, &answer, &(struct http_request){.method = "HEAD", .url = url("/head"), .timeout_ms = 500});
    CHECK_STR(answer.error.code, "");
    CHECK_INT(answer.status, 204);
    CHECK(strncmp(seen, "HEAD ", 5) == 0);
    http_exchange_clear(&answer);
}

static void a_large_body_is_sent_and_a_large_answer_refused(struct http_client *client) {
    struct http_exchange answer;
    char body[5000];
    memset(body, 'b', sizeof body);
    exchange(client, &answer,
             &(struct http_request){.method = "POST", .url = url("/hello"), .body = body, .body_length = sizeof body});
    CHECK_INT(answer.status, 200);
    CHECK(strlen(strstr(seen, "\r\n\r\n")) == sizeof body + 4);
    http_exchange_clear(&answer);

    exchange(client, &answer, &(struct http_request){.method = "GET", .url = url("/large"), .response_limit = 30});
    CHECK_STR(answer.error.code, "");
    http_exchange_clear(&answer);
    exchange(client, &answer, &(struct http_request){.method = "GET", .url = url("/large"), .response_limit = 29});
    CHECK_STR(answer.error.code, "HTTP_RESPONSE_TOO_LARGE");
    CHECK(strstr(answer.error.message, "29 bytes") != NULL);
    http_exchange_clear(&answer);
}

static void connections_are_kept(struct http_client *client) {
    int before;
    struct http_exchange answer;
    get(client, &answer, "/hello");
    http_exchange_clear(&answer);
    before = connections;
    for (int i = 0; i < 5; i++) {
        get(client, &answer, "/hello");
        CHECK_INT(answer.status, 200);
        http_exchange_clear(&answer);
    }
    CHECK_INT(connections, before);
}

/* The server takes the request on a kept connection and then dies: the answer is lost, and asking again is not ours to decide.
 */
static void a_post_is_never_sent_twice(struct http_client *client) {
    struct http_exchange answer;
    int before;
    get(client, &answer, "/hello");
    http_exchange_clear(&answer);
    before = requests;
    exchange(client, &answer,
             &(struct http_request){.method = "POST", .url = url("/drop-now"), .body = "{}", .body_length = 2});
    CHECK_STR(answer.error.code, "HTTP_RESET");
    CHECK_INT(requests, before + 1);
    http_exchange_clear(&answer);
    exchange(client, &answer, &(struct http_request){.method = "POST", .url = url("/drop-now")});
    CHECK_STR(answer.error.code, "HTTP_RESET");
    CHECK_INT(requests, before + 2);
    http_exchange_clear(&answer);
}

static void exchanges_run_side_by_side(struct http_client *client) {
    struct http_exchange many[20];
    struct waiter waiter = {wake};
    memset(many, 0, sizeof many);
    awaited = 20;
    for (int i = 0; i < 20; i++) {
        http_exchange_start(client, &many[i], &(struct http_request){.method = "GET", .url = url("/hello")});
        many[i].pending.waiter = &waiter;
    }
    CHECK_INT(http_client_active(client), 20);
    run();
    for (int i = 0; i < 20; i++) {
        CHECK_INT(many[i].status, 200);
        http_exchange_clear(&many[i]);
    }
}

static void cancelled_ones_wake_nobody(struct http_client *client) {
    struct http_exchange gone_early = {0}, answer;
    http_exchange_start(client, &gone_early, &(struct http_request){.method = "GET", .url = url("/hang")});
    CHECK(!gone_early.pending.done);
    get(client, &answer, "/hello"); /* lets the first be sent */
    http_exchange_clear(&answer);
    CHECK_INT(http_client_active(client), 1);
    http_exchange_clear(&gone_early);
    CHECK_INT(http_client_active(client), 0);
    http_exchange_clear(&gone_early);
    get(client, &answer, "/hello");
    CHECK_INT(answer.status, 200);
    http_exchange_clear(&answer);
}

static void no_connection(struct http_client *client) {
    struct http_exchange answer;
    unsigned short closed;
    char text[64];
    evconnlistener_free(listen_on(&closed, NULL));
    snprintf(text, sizeof text, "http://127.0.0.1:%d/", closed);
    exchange(client, &answer, &(struct http_request){.method = "GET", .url = text});
    CHECK_STR(answer.error.code, "HTTP_CONNECT");
    http_exchange_clear(&answer);
    exchange(client, &answer, &(struct http_request){.method = "GET", .url = "http://name.invalid/"});
    CHECK_STR(answer.error.code, "HTTP_CONNECT");
    http_exchange_clear(&answer);
}

/* The error's code for a URL, after checking whether its message names the proxy. */
static const char *code_through(struct http_client *client, const char *url, bool proxied) {
    static char code[64];
    struct http_exchange answer;
    exchange(client, &answer, &(struct http_request){.method = "GET", .url = url});
    CHECK(proxied == (strstr(answer.error.message, "proxy.invalid") != NULL));
    CHECK(strstr(answer.error.message, "hunter2") == NULL);
    snprintf(code, sizeof code, "%s", answer.error.code);
    http_exchange_clear(&answer);
    return code;
}

static void proxies_are_masked_and_not_used_nearby(void) {
    struct http_options options = {.http_proxy = "gopher://someone:hunter2@proxy.invalid:1",
                                   .https_proxy = "http://someone:hunter2@proxy.invalid:1",
                                   .no_proxy = "direct.invalid, .inner.invalid"};
    struct http_client *client = http_client_new(loop, &options, NULL);
    struct http_exchange answer;
    get(client, &answer, "/hello");
    CHECK_STR(answer.error.code, "");
    http_exchange_clear(&answer);
    CHECK(code_through(client, "http://away.invalid/", true)[0] != '\0');
    CHECK_STR(code_through(client, "https://away.invalid/", true), "HTTP_CONNECT");
    CHECK_STR(code_through(client, "http://127.0.0.1.invalid/", true), "HTTP_CONNECT"); /* only looks near */
    CHECK_STR(code_through(client, "https://a.direct.invalid/", false), "HTTP_CONNECT");
    CHECK_STR(code_through(client, "https://direct.invalid/", false), "HTTP_CONNECT");
    CHECK_STR(code_through(client, "https://a.inner.invalid/", false), "HTTP_CONNECT");
    CHECK_STR(code_through(client, "https://indirect.invalid/", true), "HTTP_CONNECT");
    http_client_free(client);
    /* What the environment says is not curl's to read. */
    setenv("https_proxy", "http://proxy.invalid:1", 1);
    client = http_client_new(loop, NULL, NULL);
    CHECK_STR(code_through(client, "https://away.invalid/", false), "HTTP_CONNECT");
    http_client_free(client);
    unsetenv("https_proxy");
}

static void tls_is_verified(struct http_client *client, const char *trusted) {
    struct http_options options = {.ca_bundle = trusted};
    struct http_client *trusting = http_client_new(loop, &options, NULL);
    struct http_exchange answer;
    char good[64], other_name[64], plain[64];
    snprintf(good, sizeof good, "https://localhost:%d/hello", tls_port);
    snprintf(other_name, sizeof other_name, "https://127.0.0.1:%d/hello", tls_port);
    snprintf(plain, sizeof plain, "https://localhost:%d/hello", port);

    exchange(trusting, &answer, &(struct http_request){.method = "GET", .url = good});
    CHECK_STR(answer.error.message, "");
    CHECK_INT(answer.status, 200);
    http_exchange_clear(&answer);
    exchange(trusting, &answer, &(struct http_request){.method = "GET", .url = other_name});
    CHECK_STR(answer.error.code, "HTTP_TLS");
    http_exchange_clear(&answer);
    exchange(client, &answer, &(struct http_request){.method = "GET", .url = good});
    CHECK_STR(answer.error.code, "HTTP_TLS");
    http_exchange_clear(&answer);
    /* who never answers the handshake was never sent a request */
    exchange(trusting, &answer, &(struct http_request){.method = "GET", .url = plain, .connect_timeout_ms = 100});
    CHECK_STR(answer.error.code, "HTTP_CONNECT");
    http_exchange_clear(&answer);
    http_client_free(trusting);

    options.ca_bundle = "no/such/file.pem";
    trusting = http_client_new(loop, &options, NULL);
    exchange(trusting, &answer, &(struct http_request){.method = "GET", .url = good});
    CHECK_STR(answer.error.code, "HTTP_TLS");
    http_exchange_clear(&answer);
    http_client_free(trusting);
}

int main(void) {
    struct http_options options = {.user_agent = "drsh/test"};
    struct evconnlistener *listener, *tls_listener;
    struct http_client *client;
    struct http_exchange left = {0};
    char file[] = "/tmp/http_test_XXXXXX";

    close(mkstemp(file));
    make_certificate(file);
    unsetenv("http_proxy");
    unsetenv("https_proxy");
    unsetenv("HTTPS_PROXY");
    unsetenv("all_proxy");
    unsetenv("ALL_PROXY");
    loop = loop_new();
    listener = listen_on(&port, NULL);
    tls_listener = listen_on(&tls_port, server_tls);
    client = http_client_new(loop, &options, NULL);
    CHECK(client != NULL);

    answers_come_whole(client);
    failures_are_told_apart(client);
    a_stream_is_told_piece_by_piece(client);
    what_cannot_be_sent_is_refused(client);
    the_request_goes_as_it_is(client);
    a_large_body_is_sent_and_a_large_answer_refused(client);
    connections_are_kept(client);
    a_post_is_never_sent_twice(client);
    exchanges_run_side_by_side(client);
    cancelled_ones_wake_nobody(client);
    no_connection(client);
    proxies_are_masked_and_not_used_nearby();
    tls_is_verified(client, file);

    http_exchange_start(client, &left, &(struct http_request){.method = "GET", .url = url("/hang")});
    http_client_free(client); /* cancels it */
    CHECK(!left.pending.done && left.transfer == NULL);
    http_exchange_clear(&left);
    http_client_free(NULL);
    settle();
    evconnlistener_free(listener);
    evconnlistener_free(tls_listener);
    SSL_CTX_free(server_tls);
    loop_free(loop);
    unlink(file);
    return check_report();
}
