/* The canonical request of Signature Version 4: what both the one who signs and the one who checks must write alike.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
#ifndef DRSH_AWS_SIGV4_CANONICAL_H
#define DRSH_AWS_SIGV4_CANONICAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/http.h"
#include "base/uri.h"

enum { SIGV4_DATE_SIZE = 17 }; /* 20150830T123600Z and a NUL */

struct sigv4_message {
    const char *method;
    struct uri_span path;  /* as it stands in the request line */
    struct uri_span query; /* without the "?" */
    const struct http_header *headers;
    size_t header_count;
    const char *payload_hash; /* 64 hexadecimal digits, or UNSIGNED-PAYLOAD */
    bool keep_path;           /* S3: dots and doubled slashes stay */
    bool encode_once;         /* S3: the path is not encoded again */
};

/* Appends the canonical request to `out` and the names of the signed headers ("host;x-amz-date") to `signed_headers`.
 * `only` is such a list and says which headers count; NULL: all of them. The query parameter X-Amz-Signature is left out.
 * False when a buffer fails. */
bool sigv4_canonical_write(struct buffer *out, struct buffer *signed_headers, const struct sigv4_message *message,
                           const char *only);
/* Whether the list `names` ("host;x-amz-date") holds `name`, in any case. */
bool sigv4_canonical_lists(const char *names, const char *name);
/* Appends the string to sign: algorithm, date, scope, hash of the canonical request. */
bool sigv4_canonical_string_to_sign(struct buffer *out, const char *algorithm, const char *date, const char *scope,
                                    const struct buffer *canonical);

/* Epoch seconds <-> 20150830T123600Z. */
void sigv4_canonical_format_date(int64_t time_s, char date[SIGV4_DATE_SIZE]);
bool sigv4_canonical_parse_date(const char *date, int64_t *time_s);

#endif
