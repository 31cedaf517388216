/* Base64 (RFC 4648): the standard alphabet with padding, and the URL alphabet without. */
#ifndef DRSH_BASE_BASE64_H
#define DRSH_BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

enum base64_alphabet { BASE64_STANDARD, BASE64_URL };

/* Appends; false when the buffer fails. */
bool base64_encode(struct buffer *out, const void *bytes, size_t count, enum base64_alphabet alphabet);
/* Appends what `text` stands for. False when the buffer fails or the text is not exactly what base64_encode writes: a foreign
 * character, white space, missing or superfluous padding, bits that belong to no byte. Nothing is appended then. */
bool base64_decode(struct buffer *out, const char *text, size_t length, enum base64_alphabet alphabet);

#endif
