#include "base/buffer.h"

#include <stdint.h>
#include <stdlib.h>

#include "check.h"

/* AddressSanitizer would end the program where malloc may answer NULL. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "allocator_may_return_null=1";
}

static void grows_and_is_terminated(void) {
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    CHECK(buffer.data == NULL);
    for (int i = 0; i < 1000; i++) {
        CHECK(buffer_append_byte(&buffer, (char)('a' + i % 26)));
        CHECK_INT(buffer.data[buffer.length], 0);
    }
    CHECK_INT(buffer.length, 1000);
    CHECK(!buffer_append_byte(&buffer, 'x'));
    buffer_clear(&buffer);
}

static void failure_is_sticky(void) {
    struct buffer buffer;
    buffer_init(&buffer, 4);
    CHECK(buffer_append_string(&buffer, "abcd"));
    CHECK(!buffer_append_string(&buffer, "e"));
    CHECK(buffer.failed);
    CHECK(!buffer_append(&buffer, "", 0));
    CHECK_STR(buffer.data, "abcd");
    buffer_reset(&buffer);
    CHECK(!buffer.failed);
    CHECK_STR(buffer.data, "");
    CHECK(buffer_append_format(&buffer, "%d%s", 12, "ab"));
    CHECK_STR(buffer.data, "12ab");
    CHECK(!buffer_append_format(&buffer, "%s", "c"));
    CHECK_STR(buffer.data, "12ab");
    buffer_clear(&buffer);
    buffer_clear(&buffer);
    CHECK(buffer.data == NULL && buffer.length == 0);
}

static void appends_nothing_and_zero_bytes(void) {
    struct buffer buffer;
    buffer_init(&buffer, 10);
    CHECK(buffer_append(&buffer, NULL, 0));
    CHECK_INT(buffer.length, 0);
    CHECK(buffer_append(&buffer, "a\0b", 3));
    CHECK_INT(buffer.length, 3);
    CHECK(memcmp(buffer.data, "a\0b", 4) == 0);
    CHECK(buffer_append_format(&buffer, "%s", ""));
    CHECK(memcpy(buffer_extend(&buffer, 2), "zz", 2) != NULL);
    CHECK_INT(buffer.length, 5);
    buffer_clear(&buffer);
    buffer_init(&buffer, 0);
    CHECK(!buffer_append_byte(&buffer, 'a'));
    buffer_clear(&buffer);
}

static void no_memory_is_a_failure(void) {
    struct buffer buffer;
    buffer_init(&buffer, SIZE_MAX);
    CHECK(buffer_append_string(&buffer, "kept"));
    CHECK(buffer_extend(&buffer, SIZE_MAX / 2 - 100) == NULL);
    CHECK(buffer.failed);
    CHECK_STR(buffer.data, "kept");
    buffer_clear(&buffer);
}

static void secure_buffer_grows_too(void) {
    struct buffer buffer;
    buffer_init_secure(&buffer, 5000);
    for (int i = 0; i < 500; i++) {
        CHECK(buffer_append(&buffer, "0123456789", 10));
    }
    CHECK(memcmp(buffer.data + 4990, "0123456789", 11) == 0);
    buffer_reset(&buffer);
    CHECK_INT(buffer.data[4000], 0);
    buffer_clear_secure(&buffer);
    buffer_clear_secure(&buffer);
    CHECK(buffer.data == NULL);
}

int main(void) {
    grows_and_is_terminated();
    failure_is_sticky();
    appends_nothing_and_zero_bytes();
    no_memory_is_a_failure();
    secure_buffer_grows_too();
    return check_report();
}
