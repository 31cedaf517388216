/* The other side of Signature Version 4: reads the signature that a request carries, and checks it. Error codes and sentences
 * are AWS's own: MissingAuthenticationToken, IncompleteSignature, SignatureDoesNotMatch, RequestExpired. (JSON services add
 * "Exception", and call a wrong signature InvalidSignatureException: that is their front's to say.) */
#ifndef DRSH_AWS_SIGV4_VERIFY_H
#define DRSH_AWS_SIGV4_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/sigv4.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/http.h"

/* A request as it arrived. */
struct sigv4_incoming {
    const char *method;
    const char *target; /* raw: path?query */
    const struct http_header *headers;
    size_t header_count;
    const char *body;
    size_t body_length;
};

/* What it claims: who signed it, when, for which service. Nothing of it is true before sigv4_verify has said so. */
struct sigv4_claim {
    bool presigned;
    char access_key_id[129];
    char day[9];
    char region[64];
    char service[64];
    char date[SIGV4_DATE_SIZE];
    int64_t time_s;
    int64_t expires_s; /* presigned: seconds from time_s */
    char signature[65];
    struct buffer signed_headers; /* "host;x-amz-date" */
    struct buffer session_token;  /* empty if none */
};

/* Fills `claim` (clear it afterwards in any case). False with MissingAuthenticationToken or IncompleteSignature. */
bool sigv4_verify_parse(const struct sigv4_incoming *incoming, struct sigv4_claim *claim, struct error *error);
void sigv4_verify_clear(struct sigv4_claim *claim); /* on zeros and twice, harmless */

/* Checks the claim against the secret of its access key. `max_skew_s` is how far its time may lie from `now_s`. The two buffers
 * of `texts` (NULL: not wanted; clear them with sigv4_result_clear) get what was computed, so that a mistake can be shown. */
bool sigv4_verify(const struct sigv4_incoming *incoming, const struct sigv4_claim *claim, const char *secret, int64_t now_s,
                  int64_t max_skew_s, struct sigv4_key_cache *cache, struct sigv4_result *texts, struct error *error);

#endif
