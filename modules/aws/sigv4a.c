#include "aws/sigv4a.h"

#include <string.h>

#include "base/digest.h"

enum { TEXT_LIMIT = 64 * 1024, LAST_COUNTER = 254 };

/* The order of the curve less 2: what is greater would not be a private key once 1 is added. */
static const unsigned char greatest[P256_SCALAR_BYTES] = {0xff, 0xff, 0xff, 0xff, 0,    0,    0,    0,    0xff, 0xff, 0xff,
                                                          0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
                                                          0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x4f};

static bool fits_constant_time(const unsigned char number[P256_SCALAR_BYTES]) {
    unsigned borrow = 0;
    for (int i = P256_SCALAR_BYTES - 1; i >= 0; i--) {
        borrow = ((unsigned)greatest[i] - number[i] - borrow) >> 8 & 1;
    }
    return borrow == 0;
}

static void add_one(unsigned char number[P256_SCALAR_BYTES]) {
    unsigned carry = 1;
    for (int i = P256_SCALAR_BYTES - 1; i >= 0; i--) {
        carry += number[i];
        number[i] = (unsigned char)carry;
        carry >>= 8;
    }
}

bool sigv4a_scalar_of_candidate(unsigned char candidate[P256_SCALAR_BYTES]) {
    bool fits = fits_constant_time(candidate);
    if (fits) {
        add_one(candidate);
    }
    return fits;
}

bool sigv4a_scalar(const char *access_key_id, const char *secret, unsigned char scalar[P256_SCALAR_BYTES]) {
    static const char first[] = "\0\0\0\1AWS4-ECDSA-P256-SHA256"; /* the block's number, the label; then a NUL */
    static const char length_bits[] = {0, 0, 1, 0};
    struct buffer key, text;
    bool found = false, good = true;

    buffer_init_secure(&key, TEXT_LIMIT);
    buffer_init(&text, TEXT_LIMIT);
    buffer_append_string(&key, "AWS4A");
    buffer_append_string(&key, secret);
    for (int counter = 1; good && !found && counter <= LAST_COUNTER; counter++) {
        buffer_reset(&text);
        buffer_append(&text, first, sizeof first);
        buffer_append_string(&text, access_key_id);
        buffer_append_byte(&text, (char)counter);
        buffer_append(&text, length_bits, sizeof length_bits);
        good = !key.failed && !text.failed && digest_hmac_sha256(key.data, key.length, text.data, text.length, scalar);
        found = good && sigv4a_scalar_of_candidate(scalar);
    }
    buffer_clear_secure(&key);
    buffer_clear(&text);
    return found;
}

bool sigv4a_signature(const struct keys *keys, const struct buffer *text, char signature[SIGV4A_SIGNATURE_SIZE]) {
    unsigned char scalar[P256_SCALAR_BYTES], hash[DIGEST_SHA256_BYTES], der[P256_DER_MAX_BYTES];
    struct p256_key *key = NULL;
    size_t length = 0;
    if (sigv4a_scalar(keys->access_key_id, keys->secret_access_key, scalar) && digest_sha256(text->data, text->length, hash) &&
        (key = p256_key_of_scalar(scalar)) != NULL) {
        length = p256_sign_der(key, hash, der);
    }
    digest_wipe_secure(scalar, sizeof scalar);
    p256_key_free(key);
    digest_hex(der, length, signature);
    return length > 0;
}
