/* A text that decodes is exactly the text that encodes. */
#include "base/base64.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    for (enum base64_alphabet alphabet = BASE64_STANDARD; alphabet <= BASE64_URL; alphabet++) {
        struct buffer bytes, text;
        buffer_init(&bytes, size + 4);
        buffer_init(&text, 2 * size + 8);
        if (base64_decode(&bytes, (const char *)data, size, alphabet) &&
            (!base64_encode(&text, bytes.data, bytes.length, alphabet) || text.length != size ||
             (size > 0 && memcmp(text.data, data, size) != 0))) {
            abort();
        }
        buffer_clear(&bytes);
        buffer_clear(&text);
    }
    return 0;
}
