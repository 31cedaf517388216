/* Signature Version 4, and 4a for more than one region: signs requests and makes signed URLs. Pure: the time is an argument,
 * nothing is sent. */
#ifndef DRSH_AWS_SIGV4_H
#define DRSH_AWS_SIGV4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/keys.h"
#include "aws/sigv4_canonical.h"
#include "aws/sigv4_key.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/http.h"

struct sigv4_request {
    const char *method;
    const char *url;                   /* as it will be sent */
    const struct http_header *headers; /* those that will be sent; all are signed but those that proxies change */
    size_t header_count;
    const char *body;
    size_t body_length;
    const char *payload_hash; /* instead of the body: its SHA-256 in hexadecimal digits; NULL: hash the body */
    bool unsigned_payload;    /* the hash is UNSIGNED-PAYLOAD */
    bool keep_path;           /* S3 */
    bool encode_once;         /* S3 */
    const char *region;
    const char *region_set; /* "*", "us-east-1,eu-west-1": signs by SigV4a, for these and not for `region`; NULL: SigV4 */
    const char *service;    /* the signing name: "states" for Step Functions */
    int64_t time_s;         /* epoch seconds */
};

struct sigv4_result {
    char date[SIGV4_DATE_SIZE];      /* X-Amz-Date */
    struct buffer authorization;     /* sigv4_sign: the header's value. sigv4_presign: the URL */
    struct buffer canonical_request; /* these two are for people who look for a mistake */
    struct buffer string_to_sign;
};

/* Signs for headers: send X-Amz-Date, Authorization, X-Amz-Security-Token where the keys have a token, and X-Amz-Region-Set
 * where the request has a region set. Headers of these names in the request are passed over. A header X-Amz-Content-Sha256 in
 * the request stands for the payload's hash. A Host header in the request goes before the URL's host. False with SIGV4_URL (not
 * a URL), SIGV4_SCOPE (a region, region set or service is no name), NO_MEMORY. */
bool sigv4_sign(const struct sigv4_request *request, const struct keys *keys, struct sigv4_key_cache *cache,
                struct sigv4_result *result, struct error *error);
/* Signs into the URL, good for `expires_s` seconds (1 to 604,800; else SIGV4_EXPIRES). All given headers are signed, and must
 * then be sent with it. */
bool sigv4_presign(const struct sigv4_request *request, const struct keys *keys, int64_t expires_s,
                   struct sigv4_key_cache *cache, struct sigv4_result *result, struct error *error);
void sigv4_result_clear(struct sigv4_result *result); /* on zeros and twice, harmless */

#endif
