/* Any bytes become one JSON string: quotes at both ends, nothing unescaped between them that must be escaped. */
#include "base/json.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct buffer once, again;
    buffer_init(&once, 6 * size + 2);
    buffer_init(&again, 24 * size + 16);
    if (!json_write_string(&once, (const char *)data, size) || once.data[0] != '"' || once.data[once.length - 1] != '"') {
        abort();
    }
    for (size_t i = 1; i + 1 < once.length; i++) {
        if ((unsigned char)once.data[i] < 0x20 || once.data[i] == '"') {
            abort();
        }
        i += once.data[i] == '\\';
    }
    /* What was written is UTF-8, so that writing it as a string again replaces nothing. */
    if (!json_write_string(&again, once.data, once.length)) {
        abort();
    }
    buffer_clear(&once);
    buffer_clear(&again);
    return 0;
}
