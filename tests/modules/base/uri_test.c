#include "base/uri.h"

#include <stdlib.h>

#include "check.h"

static struct buffer out;

static const char *encoded(const char *text, bool keep_slash) {
    buffer_reset(&out);
    buffer_append(&out, "", 0);
    CHECK(uri_encode(&out, text, strlen(text), keep_slash));
    return out.data;
}

static const char *decoded(const char *text, bool plus) {
    buffer_reset(&out);
    return uri_decode(&out, text, strlen(text), plus) ? out.data : NULL;
}

static void encoding(void) {
    CHECK_STR(encoded("aZ09-._~", false), "aZ09-._~");
    CHECK_STR(encoded("a b/c+d%e", false), "a%20b%2Fc%2Bd%25e");
    CHECK_STR(encoded("/a b/", true), "/a%20b/");
    CHECK_STR(encoded("\xC3\xA4\xFF", false), "%C3%A4%FF");
    CHECK_STR(encoded("arn:aws:drs:us-east-1:1:job/x", false), "arn%3Aaws%3Adrs%3Aus-east-1%3A1%3Ajob%2Fx");
    CHECK_STR(decoded("a%20b%2fc%2B+d", false), "a b/c++d");
    CHECK_STR(decoded("a+b%2B", true), "a b+");
    CHECK(decoded("%", false) == NULL);
    CHECK(decoded("%2", false) == NULL);
    CHECK(decoded("%2g", false) == NULL);
    CHECK(decoded("%g2", false) == NULL);
    CHECK(decoded("%/:", false) == NULL);
    buffer_reset(&out);
    CHECK(uri_decode(&out, "a%00b", 5, false) && out.length == 3 && memcmp(out.data, "a\0b", 3) == 0);
}

static bool same(struct uri_span span, const char *text) {
    return span.length == strlen(text) && memcmp(span.text, text, span.length) == 0;
}

static void splitting(void) {
    static const struct {
        const char *text, *scheme, *host, *port, *path, *query, *header;
    } good[] = {
        {"https://drs.us-east-1.amazonaws.com", "https", "drs.us-east-1.amazonaws.com", "", "/", "",
         "drs.us-east-1.amazonaws.com"},
        {"http://127.0.0.1:8000/a/b?c=d&e#f?g", "http", "127.0.0.1", "8000", "/a/b", "c=d&e", "127.0.0.1:8000"},
        {"https://h:443/", "https", "h", "443", "/", "", "h"},
        {"http://h:80?x", "http", "h", "80", "/", "x", "h"},
        {"http://h:443/%2f/../?", "http", "h", "443", "/%2f/../", "", "h:443"},
        {"http://[::1]:9/x", "http", "[::1]", "9", "/x", "", "[::1]:9"},
        {"http://[::1]#x/y", "http", "[::1]", "", "/", "", "[::1]"},
        {"a+b-1.c://h", "a+b-1.c", "h", "", "/", "", "h"},
        {"http://h/a@b://c", "http", "h", "", "/a@b://c", "", "h"},
    };
    static const char *const bad[] = {"",
                                      "h",
                                      "://h",
                                      "http:/h",
                                      "http://",
                                      "http:///x",
                                      "http://u@h",
                                      "http://h:",
                                      "http://h:x",
                                      "http://h:123456",
                                      "http://[::1",
                                      "http://[]",
                                      "http://[::1]x",
                                      "1http://h",
                                      "ht tp://h",
                                      "http://h/ x",
                                      "http://h/\n",
                                      "http://h/\x7f",
                                      "http://?a",
                                      "ht_tp://h",
                                      "http://u:p@h/"};
    struct uri uri;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        CHECK(uri_split(good[i].text, &uri));
        CHECK(same(uri.scheme, good[i].scheme) && same(uri.host, good[i].host) && same(uri.port, good[i].port));
        CHECK(same(uri.path, good[i].path) && same(uri.query, good[i].query));
        buffer_reset(&out);
        CHECK(uri_write_host(&out, &uri));
        CHECK_STR(out.data, good[i].header);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(!uri_split(bad[i], &uri));
    }
}

static const char *query(const char *text, const char *leave_out) {
    buffer_reset(&out);
    buffer_append(&out, "", 0);
    CHECK(uri_write_canonical_query(&out, text, strlen(text), leave_out));
    return out.data;
}

static void canonical_queries(void) {
    CHECK_STR(query("", NULL), "");
    CHECK_STR(query("&&", NULL), "");
    CHECK_STR(query("b=2&a=1", NULL), "a=1&b=2");
    CHECK_STR(query("a=2&a=1&a", NULL), "a=&a=1&a=2");
    CHECK_STR(query("a-b=1&a=2&aB=3&A=4", NULL), "A=4&a=2&a-b=1&aB=3");
    CHECK_STR(query("x=%2f%7e%41&y=a b+c", NULL), "x=%2F~A&y=a%20b%2Bc");
    CHECK_STR(query("x=%zz&y=%", NULL), "x=%25zz&y=%25");
    CHECK_STR(query("x=a=b", NULL), "x=a%3Db");
    CHECK_STR(query("=v", NULL), "=v");
    CHECK_STR(query("=&=", NULL), "=&=");
    CHECK_STR(query("X-Amz-Signature=00&b=1&X%2DAmz-Signature=11&a=0", "X-Amz-Signature"), "a=0&b=1");
    CHECK_STR(query("tagKeys=b&tagKeys=a", NULL), "tagKeys=a&tagKeys=b");
}

static const char *path(const char *text) {
    buffer_reset(&out);
    CHECK(uri_write_normal_path(&out, text, strlen(text)));
    return out.data;
}

static void normal_paths(void) {
    static const char *const cases[][2] = {
        {"", "/"},           {"/", "/"},
        {"//", "/"},         {"/a", "/a"},
        {"/a/", "/a/"},      {"/a//b", "/a/b"},
        {"/./a/./", "/a/"},  {"/a/../b", "/b"},
        {"/a/b/../..", "/"}, {"/a/b/..", "/a"},
        {"/..", "/"},        {"/../../a", "/a"},
        {"/...", "/..."},    {"/a/%2e%2e", "/a/%2e%2e"},
        {"/a/b/../", "/a/"}, {"/.", "/"},
        {"/a/./", "/a/"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_STR(path(cases[i][0]), cases[i][1]);
    }
    buffer_reset(&out);
    buffer_append_string(&out, "/kept");
    CHECK(uri_write_normal_path(&out, "/../..", 6));
    CHECK_STR(out.data, "/kept/");
}

static void limits_hold(void) {
    struct buffer small;
    buffer_init(&small, 3);
    CHECK(!uri_encode(&small, "a b", 3, false));
    buffer_reset(&small);
    CHECK(!uri_decode(&small, "abcd", 4, false));
    buffer_reset(&small);
    CHECK(!uri_write_canonical_query(&small, "a=12", 4, NULL));
    buffer_reset(&small);
    CHECK(!uri_write_normal_path(&small, "/abcd", 5));
    buffer_clear(&small);
}

int main(void) {
    buffer_init(&out, 10000);
    encoding();
    splitting();
    canonical_queries();
    normal_paths();
    limits_hold();
    buffer_clear(&out);
    return check_report();
}
