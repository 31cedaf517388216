#include "base/json.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t json_utf8_length(const unsigned char *at, size_t left) {
    unsigned lead = at[0];
    size_t length = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    if (length == 0 || length > left) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    if ((lead == 0xE0 && at[1] < 0xA0) || (lead == 0xF0 && at[1] < 0x90)) {
        return 0; /* a longer spelling than needed */
    }
    if ((lead == 0xED && at[1] > 0x9F) || (lead == 0xF4 && at[1] > 0x8F)) {
        return 0; /* a surrogate, or beyond U+10FFFF */
    }
    return length;
}

static void write_escape(struct buffer *out, unsigned char byte) {
    static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *found = memchr(plain, byte, sizeof plain - 1);
    if (found != NULL) {
        buffer_append_byte(out, '\\');
        buffer_append_byte(out, letters[found - plain]);
    } else {
        buffer_append_format(out, "\\u%04x", (unsigned)byte);
    }
}

bool json_write_string(struct buffer *out, const char *bytes, size_t count) {
    const unsigned char *text = (const unsigned char *)bytes;
    size_t written = 0; /* what stands before is in `out` */

    buffer_append_byte(out, '"');
    for (size_t at = 0; at < count;) {
        bool escapes = text[at] < 0x20 || text[at] == '"' || text[at] == '\\';
        size_t length = escapes ? 0 : json_utf8_length(text + at, count - at);
        if (length > 0) {
            at += length;
            continue;
        }
        buffer_append(out, text + written, at - written);
        if (escapes) {
            write_escape(out, text[at]);
        } else {
            buffer_append_string(out, "\xEF\xBF\xBD");
        }
        written = ++at;
    }
    buffer_append(out, text + written, count - written);
    return buffer_append_byte(out, '"');
}

bool json_write_integer(struct buffer *out, int64_t value) {
    return buffer_append_format(out, "%" PRId64, value);
}

bool json_write_double(struct buffer *out, double value) {
    char text[32];
    int digits = fabs(value) < DBL_MIN ? 1 : DBL_DIG; /* a subnormal number has fewer digits that count */
    if (!isfinite(value)) {
        return false;
    }
    do {
        snprintf(text, sizeof text, "%.*g", digits, value);
    } while (strtod(text, NULL) != value && digits++ < DBL_DECIMAL_DIG);
    for (char *at = text; *at != '\0'; at++) {
        if (strchr("0123456789+-e", *at) == NULL) {
            *at = '.'; /* whatever the locale writes */
        }
    }
    return buffer_append_string(out, text);
}

bool json_write_boolean(struct buffer *out, bool value) {
    return buffer_append_string(out, value ? "true" : "false");
}

bool json_write_null(struct buffer *out) {
    return buffer_append_string(out, "null");
}
