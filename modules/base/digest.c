#include "base/digest.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

/* Whoever uses TLS next in this thread must not find our errors in OpenSSL's queue. */
static bool succeeded(bool good) {
    if (!good) {
        ERR_clear_error();
    }
    return good;
}

bool digest_sha256(const void *bytes, size_t count, unsigned char hash[DIGEST_SHA256_BYTES]) {
    return succeeded(EVP_Digest(bytes, count, hash, NULL, EVP_sha256(), NULL) == 1);
}

bool digest_hmac_sha256(const void *key, size_t key_length, const void *bytes, size_t count,
                        unsigned char mac[DIGEST_SHA256_BYTES]) {
    static const unsigned char none;
    if (key_length > INT_MAX) {
        return false;
    }
    /* OpenSSL takes a NULL key for "the key of last time". */
    return succeeded(HMAC(EVP_sha256(), key_length > 0 ? key : &none, (int)key_length, bytes, count, mac, NULL) != NULL);
}

bool digest_sha384(const void *bytes, size_t count, unsigned char hash[DIGEST_SHA384_BYTES]) {
    return EVP_Digest(bytes, count, hash, NULL, EVP_sha384(), NULL) == 1;
}

bool digest_sha512(const void *bytes, size_t count, unsigned char hash[DIGEST_SHA512_BYTES]) {
    return EVP_Digest(bytes, count, hash, NULL, EVP_sha512(), NULL) == 1;
}

bool digest_sha1(const void *bytes, size_t count, unsigned char hash[DIGEST_SHA1_BYTES]) {
    return succeeded(EVP_Digest(bytes, count, hash, NULL, EVP_sha1(), NULL) == 1);
}

bool digest_md5(const void *bytes, size_t count, unsigned char hash[DIGEST_MD5_BYTES]) {
    return succeeded(EVP_Digest(bytes, count, hash, NULL, EVP_md5(), NULL) == 1);
}

void digest_hex(const void *bytes, size_t count, char *hex) {
    static const char digits[] = "0123456789abcdef";
    const unsigned char *from = bytes;
    for (size_t i = 0; i < count; i++) {
        *hex++ = digits[from[i] >> 4];
        *hex++ = digits[from[i] & 15];
    }
    *hex = '\0';
}

static int digit_value(char digit) {
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    digit = (char)(digit | 0x20);
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool digest_unhex(const char *hex, size_t length, unsigned char *bytes) {
    if (length % 2 != 0) {
        return false;
    }
    for (size_t i = 0; i < length; i += 2) {
        int high = digit_value(hex[i]), low = digit_value(hex[i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        *bytes++ = (unsigned char)(high << 4 | low);
    }
    return true;
}

bool digest_equal_constant_time(const void *a, const void *b, size_t count) {
    return CRYPTO_memcmp(a, b, count) == 0;
}

void digest_wipe_secure(void *bytes, size_t count) {
    if (bytes != NULL) {
        OPENSSL_cleanse(bytes, count);
    }
}

bool digest_random(void *bytes, size_t count) {
    return count <= INT_MAX && succeeded(RAND_bytes(bytes, (int)count) == 1);
}
