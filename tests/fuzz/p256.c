/* Whatever is read as a private key can sign, and has a public half. */
#include "base/p256.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    unsigned char hash[DIGEST_SHA256_BYTES] = {0}, halves[2 * P256_SCALAR_BYTES];
    struct p256_key *key = p256_key_of_pem((const char *)data, size);
    if (key != NULL && (!p256_sign(key, hash, halves) || !p256_public(key, halves, halves + P256_SCALAR_BYTES))) {
        abort();
    }
    p256_key_free(key);
    return 0;
}
