#include "base/p256.h"

#include <stdlib.h>

#include "check.h"

/* Made by `openssl ecparam -name prime256v1 -genkey` for this test; the numbers by `openssl ec -text`. */
static const char sec1[] = "-----BEGIN EC PRIVATE KEY-----\n"
                           "MHcCAQEEIFiV+BIMkYAyinLR0zMgVd2sGuOdqdaDaCbCN3dEL61xoAoGCCqGSM49\n"
                           "AwEHoUQDQgAEaGkCWjX+6cv9KQDayERfO04/A3Uo2rwRZ6vwlwWzCodQRBB/LIcD\n"
                           "PIYUVw5zrkXujeSBe70n7OwhG49MeVh08Q==\n"
                           "-----END EC PRIVATE KEY-----\n";
static const char pkcs8[] = "-----BEGIN PRIVATE KEY-----\r\n"
                            "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgWJX4EgyRgDKKctHT\r\n"
                            "MyBV3awa452p1oNoJsI3d0QvrXGhRANCAARoaQJaNf7py/0pANrIRF87Tj8DdSja\r\n"
                            "vBFnq/CXBbMKh1BEEH8shwM8hhRXDnOuRe6N5IF7vSfs7CEbj0x5WHTx\r\n"
                            "-----END PRIVATE KEY-----\r\n";
static const char scalar[] = "5895f8120c9180328a72d1d3332055ddac1ae39da9d6836826c23777442fad71";
static const char x[] = "6869025a35fee9cbfd2900dac8445f3b4e3f037528dabc1167abf09705b30a87";
static const char y[] = "5044107f2c87033c8614570e73ae45ee8de4817bbd27ecec211b8f4c795874f1";

static void check_public(struct p256_key *key) {
    unsigned char bytes[2][P256_SCALAR_BYTES];
    char hex[2 * P256_SCALAR_BYTES + 1];
    CHECK(key != NULL);
    CHECK(p256_public(key, bytes[0], bytes[1]));
    digest_hex(bytes[0], sizeof bytes[0], hex);
    CHECK_STR(hex, x);
    digest_hex(bytes[1], sizeof bytes[1], hex);
    CHECK_STR(hex, y);
    p256_key_free(key);
}

static void keys_are_read(void) {
    unsigned char bytes[P256_SCALAR_BYTES];
    check_public(p256_key_of_pem(sec1, strlen(sec1)));
    check_public(p256_key_of_pem(pkcs8, strlen(pkcs8)));
    CHECK(digest_unhex(scalar, strlen(scalar), bytes));
    struct p256_key *key = p256_key_of_scalar(bytes);
    CHECK(key != NULL);
    p256_key_free(key);
    p256_key_free(NULL);
}

/* Of a good key: without its head or end, with its first bytes another, with what belongs to nothing. */
static void what_is_no_key(void) {
    static const char *const texts[] = {
        "",
        "-----BEGIN EC PRIVATE KEY-----",
        "-----BEGIN EC PRIVATE KEY-----\n-----END EC PRIVATE KEY-----\n",
        "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
        "-----BEGIN EC PRIVATE KEY-----\n####\n-----END EC PRIVATE KEY-----\n",
        /* of the curve P-384 */
        "-----BEGIN EC PRIVATE KEY-----\n"
        "MIGkAgEBBDBdVmfYExC+EaqyaTC8zW7/DuurNpgup/FbKP82jG0WGkkvfD0OHhzJ\n"
        "Tzs2azu2dY2gBwYFK4EEACKhZANiAAQupe/O9+yOsvw9UczCLMW7zMtnVJcIc/y2\n"
        "eV/7xHbzGjldrpop+aBPCsIbLREPGlNSU4eAMHdz0ErRAB0p0LQTbdQYZ/A6um/O\n"
        "3gNHSRHsjkI+V+0oRSJm/hsyLESvv1U=\n-----END EC PRIVATE KEY-----\n",
        /* encrypted: nobody is asked for the word */
        "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,56BF4AD36CDD0D7F358868BBF726ED81\n\n"
        "joeDMCMzEmV8TDWDd23JgP0ZeUZEhAK097XN6CWGq5kDTJoce2b/GZsLEAi8SwxK\n"
        "YZPAZ8oI4yherFiE5OI18yT+5ZN2gsbUGTxi+UQ5TYHTiBdn1NqMTwRoaet+MqHl\n"
        "KJqYp85KGr+U759z7k7K8AHs8CX73wgezJ1iufM9hK0=\n-----END EC PRIVATE KEY-----\n",
        /* the public half alone */
        "-----BEGIN PUBLIC KEY-----\n"
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaGkCWjX+6cv9KQDayERfO04/A3Uo\n"
        "2rwRZ6vwlwWzCodQRBB/LIcDPIYUVw5zrkXujeSBe70n7OwhG49MeVh08Q==\n-----END PUBLIC KEY-----\n",
    };
    char *long_one = calloc(1, P256_PEM_MAX_BYTES + 1);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        CHECK(p256_key_of_pem(texts[i], strlen(texts[i])) == NULL);
    }
    CHECK(long_one != NULL);
    memset(long_one, '\n', P256_PEM_MAX_BYTES);
    memcpy(long_one, sec1, strlen(sec1));
    check_public(p256_key_of_pem(long_one, P256_PEM_MAX_BYTES));
    CHECK(p256_key_of_pem(long_one, P256_PEM_MAX_BYTES + 1) == NULL);
    long_one[strlen(sec1)] = '\0';
    CHECK(p256_key_of_pem(long_one, strlen(sec1) + 1) == NULL);
    free(long_one);
}

static void numbers_out_of_range(void) {
    static const char order[] = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    unsigned char bytes[P256_SCALAR_BYTES] = {0};
    CHECK(p256_key_of_scalar(bytes) == NULL);
    CHECK(digest_unhex(order, strlen(order), bytes));
    CHECK(p256_key_of_scalar(bytes) == NULL);
    bytes[P256_SCALAR_BYTES - 1]--;
    struct p256_key *key = p256_key_of_scalar(bytes);
    CHECK(key != NULL);
    p256_key_free(key);
}

/* That signatures are right is shown where others check them: sigv4a_test.c, login_spec.lua, make conformance. */
static void both_forms_are_of_one_kind(void) {
    unsigned char hash[DIGEST_SHA256_BYTES] = {1}, der[P256_DER_MAX_BYTES], halves[2 * P256_SCALAR_BYTES], again[sizeof halves];
    struct p256_key *key = p256_key_of_pem(sec1, strlen(sec1));
    for (int i = 0; i < 50; i++) { /* halves of fewer bytes occur, too */
        size_t length = p256_sign_der(key, hash, der);
        CHECK(length >= 8 && length <= sizeof der && der[0] == 0x30 && der[1] == length - 2);
    }
    CHECK(p256_sign(key, hash, halves) && p256_sign(key, hash, again));
    CHECK(memcmp(halves, again, sizeof halves) != 0);
    p256_key_free(key);
}

int main(void) {
    keys_are_read();
    what_is_no_key();
    numbers_out_of_range();
    both_forms_are_of_one_kind();
    return check_report();
}
