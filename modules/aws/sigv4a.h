/* What Signature Version 4a does in place of a keyed hash: a key pair is derived from the access key, and ECDSA signs with it,
 * so that one signature is good for a set of regions. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html */
#ifndef DRSH_AWS_SIGV4A_H
#define DRSH_AWS_SIGV4A_H

#include <stdbool.h>

#include "aws/keys.h"
#include "base/buffer.h"
#include "base/p256.h"

enum { SIGV4A_SIGNATURE_SIZE = 2 * P256_DER_MAX_BYTES + 1 };

/* Makes what the derivation gives the private key; false when it is too great, and another candidate is wanted. */
bool sigv4a_scalar_of_candidate(unsigned char candidate[P256_SCALAR_BYTES]);
/* The private key of an access key, by the counter mode of NIST SP 800-108. False when OpenSSL fails. Wipe it. */
bool sigv4a_scalar(const char *access_key_id, const char *secret, unsigned char scalar[P256_SCALAR_BYTES]);
/* A signature of `text`, in hexadecimal digits; each is another one. False when OpenSSL or the memory fails. */
bool sigv4a_signature(const struct keys *keys, const struct buffer *text, char signature[SIGV4A_SIGNATURE_SIZE]);

#endif
