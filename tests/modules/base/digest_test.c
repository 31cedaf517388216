#include "base/digest.h"

#include <limits.h>

#include "check.h"

static const char *hex(const unsigned char *bytes, size_t count) {
    static char text[200];
    digest_hex(bytes, count, text);
    return text;
}

/* FIPS 180-4, RFC 1321, RFC 4231 */
static void known_hashes(void) {
    unsigned char hash[DIGEST_SHA256_BYTES];
    unsigned char key[131];

    CHECK(digest_sha256("abc", 3, hash));
    CHECK_STR(hex(hash, 32), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(digest_sha256(NULL, 0, hash));
    CHECK_STR(hex(hash, 32), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(digest_md5("abc", 3, hash));
    CHECK_STR(hex(hash, 16), "900150983cd24fb0d6963f7d28e17f72");
    CHECK(digest_sha1("abc", 3, hash));
    CHECK_STR(hex(hash, 20), "a9993e364706816aba3e25717850c26c9cd0d89d");

    CHECK(digest_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, hash));
    CHECK_STR(hex(hash, 32), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    CHECK(digest_hmac_sha256(key, sizeof key, "Test Using Larger Than Block-Size Key - Hash Key First", 54, hash));
    CHECK_STR(hex(hash, 32), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    CHECK(digest_hmac_sha256(NULL, 0, "", 0, hash));
    CHECK_STR(hex(hash, 32), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    CHECK(!digest_hmac_sha256(key, (size_t)INT_MAX + 1, "", 0, hash));
}

static void hex_both_ways(void) {
    unsigned char bytes[4];
    CHECK(digest_unhex("00fFAb10", 8, bytes));
    CHECK_STR(hex(bytes, 4), "00ffab10");
    CHECK_STR(hex(bytes, 0), "");
    CHECK(digest_unhex("", 0, bytes));
    CHECK(!digest_unhex("abc", 3, bytes));
    CHECK(!digest_unhex("0g", 2, bytes));
    CHECK(!digest_unhex("/0", 2, bytes));
    CHECK(!digest_unhex("0:", 2, bytes));
    CHECK(!digest_unhex("@0", 2, bytes));
}

static void secrets(void) {
    char a[16] = "0123456789abcde", b[16] = "0123456789abcde";
    char zero[16] = {0};
    CHECK(digest_equal_constant_time(a, b, 16));
    b[15] = 1;
    CHECK(!digest_equal_constant_time(a, b, 16));
    CHECK(digest_equal_constant_time(a, b, 0));
    digest_wipe_secure(a, sizeof a);
    CHECK(memcmp(a, zero, sizeof a) == 0);
    digest_wipe_secure(NULL, 5);
    CHECK(digest_random(a, sizeof a) && digest_random(b, sizeof b));
    CHECK(memcmp(a, b, sizeof a) != 0);
    CHECK(!digest_random(a, (size_t)INT_MAX + 1));
}

int main(void) {
    known_hashes();
    hex_both_ways();
    secrets();
    return check_report();
}
