#include "base/gzip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "check.h"

/* zlib's own reading of what was packed. */
static size_t unpack(const struct buffer *packed, size_t from, char *bytes, size_t room) {
    z_stream stream = {.next_in = (Bytef *)packed->data + from,
                       .avail_in = (uInt)(packed->length - from),
                       .next_out = (Bytef *)bytes,
                       .avail_out = (uInt)room};
    CHECK_INT(inflateInit2(&stream, 15 + 16), Z_OK); /* gzip alone */
    CHECK_INT(inflate(&stream, Z_FINISH), Z_STREAM_END);
    CHECK_INT(stream.avail_in, 0);
    inflateEnd(&stream);
    return stream.total_out;
}

int main(void) {
    static char text[100000], again[sizeof text];
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = "metric data"[i % 11];
    }
    struct buffer out;
    buffer_init(&out, 2 * sizeof text); /* room for what does not shrink is asked for */
    CHECK(buffer_append_string(&out, "kept"));
    CHECK(gzip_pack(&out, text, sizeof text));
    CHECK(out.length < sizeof text / 10 && memcmp(out.data, "kept", 4) == 0);
    CHECK_INT(unpack(&out, 4, again, sizeof again), sizeof text);
    CHECK(memcmp(text, again, sizeof text) == 0);
    buffer_reset(&out);
    CHECK(gzip_pack(&out, NULL, 0));
    CHECK_INT(unpack(&out, 0, again, sizeof again), 0);
    buffer_clear(&out);

    buffer_init(&out, 100);
    CHECK(!gzip_pack(&out, text, sizeof text));
    buffer_clear(&out);
    return check_report();
}
