/* Hashes, and what keeps secrets secret: the only file that includes OpenSSL's hashing. A function that returns bool fails only
 * where OpenSSL does (no memory, or an algorithm that the machine's policy forbids). */
#ifndef DRSH_BASE_DIGEST_H
#define DRSH_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

enum {
    DIGEST_SHA512_BYTES = 64,
    DIGEST_SHA384_BYTES = 48,
    DIGEST_SHA256_BYTES = 32,
    DIGEST_SHA1_BYTES = 20,
    DIGEST_MD5_BYTES = 16
};

bool digest_sha256(const void *bytes, size_t count, unsigned char hash[DIGEST_SHA256_BYTES]);
bool digest_hmac_sha256(const void *key, size_t key_length, const void *bytes, size_t count,
                        unsigned char mac[DIGEST_SHA256_BYTES]);
bool digest_sha384(const void *bytes, size_t count, unsigned char hash[DIGEST_SHA384_BYTES]);
bool digest_sha512(const void *bytes, size_t count, unsigned char hash[DIGEST_SHA512_BYTES]);
/* Not for security: file names of the SSO cache, and what old protocols ask for. */
bool digest_sha1(const void *bytes, size_t count, unsigned char hash[DIGEST_SHA1_BYTES]);
bool digest_md5(const void *bytes, size_t count, unsigned char hash[DIGEST_MD5_BYTES]);

/* Writes 2 * count lower-case digits and a NUL. */
void digest_hex(const void *bytes, size_t count, char *hex);
/* Reads `length` digits of either case into length / 2 bytes; false if the length is odd or something is not a digit. */
bool digest_unhex(const char *hex, size_t length, unsigned char *bytes);

/* Takes the same time wherever the difference is. */
bool digest_equal_constant_time(const void *a, const void *b, size_t count);
/* The compiler cannot leave it out. NULL is harmless. */
void digest_wipe_secure(void *bytes, size_t count);
bool digest_random(void *bytes, size_t count);

#endif
