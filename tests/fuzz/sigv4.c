/* Any request: the first line is its target, then `name: value` lines, then the body. Whatever it claims is checked against a
 * secret that it cannot know. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "aws/sigv4_verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = strndup((const char *)data, size);
    struct http_header headers[16];
    struct sigv4_incoming incoming = {.method = "POST", .target = text, .headers = headers};
    struct sigv4_claim claim;
    struct error error = {0};
    char *line = text != NULL ? strchr(text, '\n') : NULL;

    while (line != NULL && incoming.header_count < 16) {
        char *colon;
        *line++ = '\0';
        colon = strstr(line, ": ");
        if (colon == NULL || memchr(line, '\n', (size_t)(colon - line)) != NULL) {
            break;
        }
        *colon = '\0';
        headers[incoming.header_count++] = (struct http_header){line, colon + 2};
        line = strchr(colon + 2, '\n');
    }
    if (line != NULL) {
        incoming.body = line;
        incoming.body_length = strlen(line);
    }
    if (text != NULL) {
        if (sigv4_verify_parse(&incoming, &claim, &error)) {
            struct sigv4_result texts;
            if (sigv4_verify(&incoming, &claim, "a secret", claim.time_s, 300, NULL, &texts, &error)) {
                abort();
            }
            sigv4_result_clear(&texts);
        }
        if (error.code[0] == '\0') {
            abort();
        }
        sigv4_verify_clear(&claim);
    }
    free(text);
    return 0;
}
