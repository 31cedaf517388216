/* ECDSA over the curve P-256 with SHA-256 (FIPS 186-4): SigV4a's signatures and the ES256 of JSON Web Signatures. The only file
 * that includes OpenSSL's public keys. */
#ifndef DRSH_BASE_P256_H
#define DRSH_BASE_P256_H

#include <stdbool.h>
#include <stddef.h>

#include "base/digest.h"

enum {
    P256_SCALAR_BYTES = 32,   /* a private key, one coordinate of a public one, one half of a signature */
    P256_DER_MAX_BYTES = 72,  /* a signature as a SEQUENCE of two INTEGERs */
    P256_PEM_MAX_BYTES = 4096 /* of text with a key in it */
};

struct p256_key; /* a private key; wiped when it is freed */

/* NULL when it is no number from 1 to the curve's order less 1, or there is no memory. */
struct p256_key *p256_key_of_scalar(const unsigned char scalar[P256_SCALAR_BYTES]);
/* Reads "EC PRIVATE KEY" (RFC 5915) and "PRIVATE KEY" (RFC 5208) that are not encrypted. NULL when it is something else, of
 * another curve, or longer than P256_PEM_MAX_BYTES. */
struct p256_key *p256_key_of_pem(const char *text, size_t length);
void p256_key_free(struct p256_key *key); /* NULL is harmless */

bool p256_public(const struct p256_key *key, unsigned char x[P256_SCALAR_BYTES], unsigned char y[P256_SCALAR_BYTES]);
/* Signs a hash; each signature is another one. Gives its length. 0 only when OpenSSL fails. */
size_t p256_sign_der(const struct p256_key *key, const unsigned char hash[DIGEST_SHA256_BYTES],
                     unsigned char signature[P256_DER_MAX_BYTES]);
/* The same as the two halves one after the other (RFC 7518, 3.4). */
bool p256_sign(const struct p256_key *key, const unsigned char hash[DIGEST_SHA256_BYTES],
               unsigned char signature[2 * P256_SCALAR_BYTES]);

#endif
