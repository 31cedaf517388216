/* URLs as RFC 3986 has them, and as AWS signs them. Nothing here allocates but buffers; spans point into the text that was
 * given. */
#ifndef DRSH_BASE_URI_H
#define DRSH_BASE_URI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

struct uri_span {
    const char *text; /* not NUL-terminated */
    size_t length;
};

/* Appends `text` with everything but A-Z a-z 0-9 - . _ ~ (and `/` if it is kept) as %XX in capitals. */
bool uri_encode(struct buffer *out, const char *text, size_t length, bool keep_slash);
/* Appends `text` with each %XX as its byte. False when the buffer fails or a % is not followed by two hexadecimal digits.
 * `plus_is_space` is for HTML forms. */
bool uri_decode(struct buffer *out, const char *text, size_t length, bool plus_is_space);

struct uri {
    struct uri_span scheme; /* "https" */
    struct uri_span host;   /* with the brackets of an IPv6 address */
    struct uri_span port;   /* digits, empty if none */
    struct uri_span path;   /* as it stands; "/" if empty */
    struct uri_span query;  /* without the "?" */
};

/* Splits SCHEME://HOST[:PORT][PATH][?QUERY][#FRAGMENT]. False if it has no such shape, holds a user name, a space, a control
 * character, a bad port or an empty host. */
bool uri_split(const char *text, struct uri *uri);
/* Appends HOST, and :PORT where it is not the scheme's own: the Host header. */
bool uri_write_host(struct buffer *out, const struct uri *uri);

/* Takes the next NAME=VALUE off `query` (still encoded); false at its end. Without "=" the value is empty; empty pieces
 * ("a=1&&b=2") are skipped. */
bool uri_next_parameter(struct uri_span *query, struct uri_span *name, struct uri_span *value);
/* Appends the query as AWS signs it: each name and value decoded and encoded again, sorted by name, then value; the parameter
 * named `leave_out` (NULL: none) left out. A "%" that encodes nothing stands for itself, and so does "+". */
bool uri_write_canonical_query(struct buffer *out, const char *query, size_t length, const char *leave_out);
/* Appends the path without "." and ".." segments and doubled slashes, as AWS does before it signs (all services but S3). */
bool uri_write_normal_path(struct buffer *out, const char *path, size_t length);

#endif
