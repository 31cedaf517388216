/* Writes JSON exactly (RFC 8259): for log lines and whatever else in C speaks it. It keeps no state: commas, colons and
 * brackets are the caller's. Each function appends and returns false when the buffer fails. */
#ifndef DRSH_BASE_JSON_H
#define DRSH_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* The length of the UTF-8 character that begins at `at` (RFC 3629), 0 if none does; `left` bytes are there, at least one. */
size_t json_utf8_length(const unsigned char *at, size_t left);

/* With its quotes. Control characters are escaped, `/` is not; each byte that belongs to no UTF-8 character becomes U+FFFD. */
bool json_write_string(struct buffer *out, const char *bytes, size_t count);
bool json_write_integer(struct buffer *out, int64_t value);
/* The fewest digits that read back as the same double. NaN and the infinities are refused: false, and nothing is appended. */
bool json_write_double(struct buffer *out, double value);
bool json_write_boolean(struct buffer *out, bool value);
bool json_write_null(struct buffer *out);

#endif
