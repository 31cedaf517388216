/* URLs of any bytes: what is written once reads back the same, and writing it again changes nothing. */
#include "base/uri.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds) {
    if (!holds) {
        abort();
    }
}

static int same(const struct buffer *a, const char *text, size_t length) {
    return a->length == length && (length == 0 || memcmp(a->data, text, length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *text = size > 0 ? (const char *)data : "";
    char *terminated = strndup(text, size);
    struct buffer once, again;
    struct uri uri;

    buffer_init(&once, 10 * size + 16);
    buffer_init(&again, 40 * size + 64);
    must(uri_encode(&once, text, size, false));
    must(uri_decode(&again, once.length > 0 ? once.data : "", once.length, false) && same(&again, text, size));

    buffer_reset(&once);
    buffer_reset(&again);
    must(uri_write_canonical_query(&once, text, size, NULL));
    must(uri_write_canonical_query(&again, once.length > 0 ? once.data : "", once.length, NULL));
    must(same(&again, once.length > 0 ? once.data : "", once.length));

    buffer_reset(&once);
    buffer_reset(&again);
    must(uri_write_normal_path(&once, text, size) && once.data[0] == '/');
    must(uri_write_normal_path(&again, once.data, once.length) && same(&again, once.data, once.length));

    buffer_reset(&once);
    if (terminated != NULL && uri_split(terminated, &uri)) {
        must(uri.host.length > 0 && uri.path.length > 0 && uri_write_host(&once, &uri));
    }
    uri_decode(&again, text, size, true);
    buffer_clear(&once);
    buffer_clear(&again);
    free(terminated);
    return 0;
}
