/* Any bytes: read or refused, and a tape that is balanced. */
#include "base/xml.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct xml_limits limits = {.depth = 20};
    struct xml_place place;
    struct error error = {0};
    struct buffer tape;
    int depth = 0;

    buffer_init(&tape, 1000000);
    if (xml_read(&tape, (const char *)data, size, &limits, &place, &error)) {
        for (size_t at = 0; at < tape.length;) {
            int strings = 0;
            switch (tape.data[at++]) {
            case XML_START:
                depth++;
                strings = 1;
                break;
            case XML_ATTRIBUTE:
                strings = 2;
                break;
            case XML_TEXT:
                strings = 1;
                break;
            case XML_END:
                depth--;
                break;
            default:
                abort();
            }
            for (; strings > 0; strings--) {
                at += strlen(tape.data + at) + 1;
            }
            if (at > tape.length || depth < 0 || depth > 20) {
                abort();
            }
        }
        if (depth != 0) {
            abort();
        }
    } else if (error.code[0] == '\0' || place.line == 0) {
        abort();
    }
    buffer_reset(&tape);
    xml_write_text(&tape, (const char *)data, size);
    buffer_clear(&tape);
    return 0;
}
