/* require "crypto"
 *
 * crypto.sha256(bytes)                -> 32 bytes
 * crypto.hmac_sha256(key, bytes)      -> 32 bytes
 * crypto.sha384(bytes), crypto.sha512(bytes) -> 48, 64 bytes
 * crypto.sha1(bytes), crypto.md5(bytes) -> 20, 16 bytes; not for security
 * crypto.crc32(bytes)                 -> integer, as in x-amz-crc32
 * crypto.crc32c(bytes), crypto.crc64nvme(bytes) -> integer, as in S3's checksums; the second may be negative: its bits count
 * crypto.gzip(bytes)                  -> bytes, packed (RFC 1952)
 * crypto.hex(bytes)                   -> lower-case digits
 * crypto.unhex(text)                  -> bytes | nil: odd length, or something that is no digit
 * crypto.base64_encode(bytes)         -> text with padding
 * crypto.base64_decode(text)          -> bytes | nil: not exactly what base64_encode writes
 * crypto.base64url_encode(bytes)      -> text of the URL alphabet, without padding
 * crypto.base64url_decode(text)       -> bytes | nil
 * crypto.equal(a, b)                  -> boolean, in a time that does not tell where they differ
 * crypto.random_bytes(count: 0 to 65536) -> bytes that nobody can guess
 * crypto.es256_public(pem)            -> the 32 bytes each of x and y | nil: no private key of the curve P-256 that can be read
 * crypto.es256_sign(pem, bytes)       -> 64 bytes, another signature each time | nil
 *   `-> each raises a string          wrong arguments; "the system's cryptography refused" (a policy that forbids MD5)
 */
#include <lauxlib.h>

#include "base/base64.h"
#include "base/checksum.h"
#include "base/digest.h"
#include "base/gzip.h"
#include "base/p256.h"
#include "lua/boxed.h"
#include "lua/modules.h"

enum { RANDOM_MAX_BYTES = 65536, TEXT_MAX = 256 << 20 };

static int push_hash(lua_State *L, bool done, const unsigned char *hash, size_t count) {
    if (!done) {
        return luaL_error(L, "the system's cryptography refused");
    }
    lua_pushlstring(L, (const char *)hash, count);
    return 1;
}

static int crypto_sha256(lua_State *L) {
    unsigned char hash[DIGEST_SHA256_BYTES];
    size_t count;
    const char *bytes = luaL_checklstring(L, 1, &count);
    return push_hash(L, digest_sha256(bytes, count, hash), hash, sizeof hash);
}

static int crypto_sha384(lua_State *L) {
    unsigned char hash[DIGEST_SHA384_BYTES];
    size_t count;
    const char *bytes = luaL_checklstring(L, 1, &count);
    return push_hash(L, digest_sha384(bytes, count, hash), hash, sizeof hash);
}

static int crypto_sha512(lua_State *L) {
    unsigned char hash[DIGEST_SHA512_BYTES];
    size_t count;
    const char *bytes = luaL_checklstring(L, 1, &count);
    return push_hash(L, digest_sha512(bytes, count, hash), hash, sizeof hash);
}

static int crypto_sha1(lua_State *L) {
    unsigned char hash[DIGEST_SHA1_BYTES];
    size_t count;
    const char *bytes = luaL_checklstring(L, 1, &count);
    return push_hash(L, digest_sha1(bytes, count, hash), hash, sizeof hash);
}

static int crypto_md5(lua_State *L) {
    unsigned char hash[DIGEST_MD5_BYTES];
    size_t count;
    const char *bytes = luaL_checklstring(L, 1, &count);
    return push_hash(L, digest_md5(bytes, count, hash), hash, sizeof hash);
}

static int crypto_hmac_sha256(lua_State *L) {
    unsigned char mac[DIGEST_SHA256_BYTES];
    size_t key_length, count;
    const char *key = luaL_checklstring(L, 1, &key_length);
    const char *bytes = luaL_checklstring(L, 2, &count);
    return push_hash(L, digest_hmac_sha256(key, key_length, bytes, count, mac), mac, sizeof mac);
}

static int crypto_crc32(lua_State *L) {
    size_t count;
    const char *bytes = luaL_checklstring(L, 1, &count);
    lua_pushinteger(L, checksum_crc32(bytes, count));
    return 1;
}

static int crypto_crc32c(lua_State *L) {
    size_t count;
    const char *bytes = luaL_checklstring(L, 1, &count);
    lua_pushinteger(L, checksum_crc32c(bytes, count));
    return 1;
}

static int crypto_crc64nvme(lua_State *L) {
    size_t count;
    const char *bytes = luaL_checklstring(L, 1, &count);
    lua_pushinteger(L, (lua_Integer)checksum_crc64nvme(bytes, count));
    return 1;
}

static int crypto_gzip(lua_State *L) {
    size_t count;
    const char *bytes = luaL_checklstring(L, 1, &count);
    luaL_argcheck(L, count < TEXT_MAX, 1, "too long");
    if (!gzip_pack(boxed_buffer(L, TEXT_MAX + TEXT_MAX / 8), bytes, count)) {
        return luaL_error(L, "no memory to pack %d bytes", (int)count);
    }
    boxed_push(L, -1);
    return 1;
}

static int crypto_hex(lua_State *L) {
    size_t count;
    const char *bytes = luaL_checklstring(L, 1, &count);
    luaL_argcheck(L, count < TEXT_MAX, 1, "too long");
    luaL_Buffer hex;
    char *digits = luaL_buffinitsize(L, &hex, count * 2 + 1);
    digest_hex(bytes, count, digits);
    luaL_pushresultsize(&hex, count * 2);
    return 1;
}

static int crypto_unhex(lua_State *L) {
    size_t length;
    const char *hex = luaL_checklstring(L, 1, &length);
    luaL_Buffer bytes;
    unsigned char *room = (unsigned char *)luaL_buffinitsize(L, &bytes, length / 2 + 1);
    if (digest_unhex(hex, length, room)) {
        luaL_pushresultsize(&bytes, length / 2);
    } else {
        lua_pushnil(L);
    }
    return 1;
}

static int encode(lua_State *L, enum base64_alphabet alphabet) {
    size_t count;
    const char *bytes = luaL_checklstring(L, 1, &count);
    base64_encode(boxed_buffer(L, TEXT_MAX), bytes, count, alphabet);
    boxed_push(L, -1);
    return 1;
}

static int decode(lua_State *L, enum base64_alphabet alphabet) {
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    struct buffer *bytes = boxed_buffer(L, TEXT_MAX);
    if (base64_decode(bytes, text, length, alphabet) || bytes->failed) {
        boxed_push(L, -1);
    } else {
        lua_pushnil(L);
    }
    return 1;
}

static int crypto_base64_encode(lua_State *L) {
    return encode(L, BASE64_STANDARD);
}

static int crypto_base64_decode(lua_State *L) {
    return decode(L, BASE64_STANDARD);
}

static int crypto_base64url_encode(lua_State *L) {
    return encode(L, BASE64_URL);
}

static int crypto_base64url_decode(lua_State *L) {
    return decode(L, BASE64_URL);
}

static int crypto_equal(lua_State *L) {
    size_t a_length, b_length;
    const char *a = luaL_checklstring(L, 1, &a_length);
    const char *b = luaL_checklstring(L, 2, &b_length);
    lua_pushboolean(L, a_length == b_length && digest_equal_constant_time(a, b, a_length));
    return 1;
}

static int crypto_random_bytes(lua_State *L) {
    lua_Integer count = luaL_checkinteger(L, 1);
    luaL_argcheck(L, count >= 0 && count <= RANDOM_MAX_BYTES, 1, "0 to 65536 bytes expected");
    luaL_Buffer bytes;
    char *room = luaL_buffinitsize(L, &bytes, (size_t)count + 1);
    if (!digest_random(room, (size_t)count)) {
        return luaL_error(L, "the system's cryptography refused");
    }
    luaL_pushresultsize(&bytes, (size_t)count);
    return 1;
}

/* The key lives no longer than the call, and nothing in between can raise. */
static int crypto_es256_public(lua_State *L) {
    unsigned char x[P256_SCALAR_BYTES], y[P256_SCALAR_BYTES];
    size_t length;
    const char *pem = luaL_checklstring(L, 1, &length);
    struct p256_key *key = p256_key_of_pem(pem, length);
    bool good = key != NULL && p256_public(key, x, y);
    p256_key_free(key);
    if (!good) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushlstring(L, (const char *)x, sizeof x);
    lua_pushlstring(L, (const char *)y, sizeof y);
    return 2;
}

static int crypto_es256_sign(lua_State *L) {
    unsigned char hash[DIGEST_SHA256_BYTES], signature[2 * P256_SCALAR_BYTES];
    size_t length, count;
    const char *pem = luaL_checklstring(L, 1, &length);
    const char *bytes = luaL_checklstring(L, 2, &count);
    struct p256_key *key = p256_key_of_pem(pem, length);
    bool good = key != NULL && digest_sha256(bytes, count, hash) && p256_sign(key, hash, signature);
    p256_key_free(key);
    if (good) {
        lua_pushlstring(L, (const char *)signature, sizeof signature);
    } else {
        lua_pushnil(L);
    }
    return 1;
}

int luaopen_crypto(lua_State *L) {
    static const luaL_Reg functions[] = {{"sha256", crypto_sha256},
                                         {"sha384", crypto_sha384},
                                         {"sha512", crypto_sha512},
                                         {"sha1", crypto_sha1},
                                         {"md5", crypto_md5},
                                         {"hmac_sha256", crypto_hmac_sha256},
                                         {"crc32", crypto_crc32},
                                         {"crc32c", crypto_crc32c},
                                         {"crc64nvme", crypto_crc64nvme},
                                         {"gzip", crypto_gzip},
                                         {"hex", crypto_hex},
                                         {"unhex", crypto_unhex},
                                         {"base64_encode", crypto_base64_encode},
                                         {"base64_decode", crypto_base64_decode},
                                         {"base64url_encode", crypto_base64url_encode},
                                         {"base64url_decode", crypto_base64url_decode},
                                         {"equal", crypto_equal},
                                         {"random_bytes", crypto_random_bytes},
                                         {"es256_public", crypto_es256_public},
                                         {"es256_sign", crypto_es256_sign},
                                         {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
