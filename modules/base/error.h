/* An error as every floor below Lua reports it: a stable code for programs and a sentence for a person. */
#ifndef DRSH_BASE_ERROR_H
#define DRSH_BASE_ERROR_H

#include <stdbool.h>

struct error {
    char code[64];     /* UPPER_SNAKE, stable: "HTTP_TIMEOUT", "INVALID_JSON" */
    char message[512]; /* one sentence: what was wrong, the value, the way out; never a secret */
};

/* Fills `error` (which may be NULL) and returns false, so that a failing function can `return error_set(...)`. A message that
 * does not fit is cut. */
bool error_set(struct error *error, const char *code, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
