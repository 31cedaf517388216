/* Packs bytes as gzip (RFC 1952). Unpacking is file.h's. */
#ifndef DRSH_BASE_GZIP_H
#define DRSH_BASE_GZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/* Appends; false when the buffer has no room for bytes that do not shrink, or there is no memory. */
bool gzip_pack(struct buffer *out, const void *bytes, size_t count);

#endif
