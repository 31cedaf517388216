/* The keys that Signature Version 4 derives from the secret, a cache of them, and the signature itself. */
#ifndef DRSH_AWS_SIGV4_KEY_H
#define DRSH_AWS_SIGV4_KEY_H

#include <stdbool.h>

#include "base/buffer.h"

/* Signing keys that were derived lately; a key is good for one secret, day, region and service. Owned by the caller, zeros at
 * first. */
struct sigv4_key_cache {
    struct {
        unsigned char fingerprint[32]; /* hash of what it was derived from */
        unsigned char key[32];
        bool used;
    } entries[8];
    unsigned next; /* to be replaced */
};
void sigv4_key_cache_clear(struct sigv4_key_cache *cache); /* wipes */

/* The signature of `text` in hexadecimal digits. False only when OpenSSL fails. */
bool sigv4_key_signature(struct sigv4_key_cache *cache, const char *secret, const char *day, const char *region,
                         const char *service, const struct buffer *text, char signature[65]);

#endif
