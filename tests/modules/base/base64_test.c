#include "base/base64.h"

#include "check.h"

static struct buffer out;

static const char *encoded(const char *bytes, size_t count, enum base64_alphabet alphabet) {
    buffer_reset(&out);
    CHECK(base64_encode(&out, bytes, count, alphabet));
    return out.data;
}

static void rfc_4648_vectors(void) {
    static const char *const plain = "foobar";
    static const char *const standard[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    static const char *const url[] = {"", "Zg", "Zm8", "Zm9v", "Zm9vYg", "Zm9vYmE", "Zm9vYmFy"};
    for (size_t n = 0; n <= 6; n++) {
        CHECK_STR(encoded(plain, n, BASE64_STANDARD), standard[n]);
        CHECK_STR(encoded(plain, n, BASE64_URL), url[n]);
        buffer_reset(&out);
        CHECK(base64_decode(&out, standard[n], strlen(standard[n]), BASE64_STANDARD));
        CHECK(out.length == n && memcmp(out.data, plain, n) == 0);
        buffer_reset(&out);
        CHECK(base64_decode(&out, url[n], strlen(url[n]), BASE64_URL));
        CHECK(out.length == n && memcmp(out.data, plain, n) == 0);
    }
    CHECK_STR(encoded("\xfb\xff\xbf", 3, BASE64_STANDARD), "+/+/");
    CHECK_STR(encoded("\xfb\xff\xbf", 3, BASE64_URL), "-_-_");
}

static void malformed_texts_are_refused(void) {
    static const struct {
        const char *text;
        enum base64_alphabet alphabet;
    } bad[] = {
        {"Zg=", BASE64_STANDARD},  {"Zg", BASE64_STANDARD},       {"Z===", BASE64_STANDARD}, {"====", BASE64_STANDARD},
        {"Zh==", BASE64_STANDARD}, {"Zm9=", BASE64_STANDARD},     {"Zm 9", BASE64_STANDARD}, {"Zm9v\nZm9", BASE64_STANDARD},
        {"Zm9-", BASE64_STANDARD}, {"Zg==Zg==", BASE64_STANDARD}, {"Zg==", BASE64_URL},      {"Zm9v+", BASE64_URL},
        {"A", BASE64_URL},         {"Zm9vA", BASE64_URL},         {"Zh", BASE64_URL},        {"=", BASE64_URL},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        buffer_reset(&out);
        buffer_append_string(&out, "kept");
        CHECK(!base64_decode(&out, bad[i].text, strlen(bad[i].text), bad[i].alphabet));
        CHECK_STR(out.data, "kept");
        CHECK(!out.failed);
    }
    CHECK(!base64_decode(&out, "Zg\0=", 4, BASE64_STANDARD));
}

static void every_byte_survives(void) {
    char bytes[256];
    struct buffer back;
    for (int i = 0; i < 256; i++) {
        bytes[i] = (char)i;
    }
    buffer_init(&back, 1000);
    encoded(bytes, 256, BASE64_URL);
    CHECK(base64_decode(&back, out.data, out.length, BASE64_URL));
    CHECK(back.length == 256 && memcmp(back.data, bytes, 256) == 0);
    buffer_clear(&back);
}

static void limits_hold(void) {
    struct buffer small;
    buffer_init(&small, 7);
    CHECK(!base64_encode(&small, "foobar", 6, BASE64_STANDARD));
    buffer_reset(&small);
    CHECK(!base64_decode(&small, "Zm9vYmFyZm9v", 12, BASE64_STANDARD));
    CHECK(small.failed);
    buffer_clear(&small);
}

int main(void) {
    buffer_init(&out, 10000);
    rfc_4648_vectors();
    malformed_texts_are_refused();
    every_byte_survives();
    limits_hold();
    buffer_clear(&out);
    return check_report();
}
