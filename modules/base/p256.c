#include "base/p256.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string.h>

#include "base/base64.h"

/* struct p256_key is OpenSSL's EVP_PKEY by another name: whoever includes p256.h sees nothing of OpenSSL. */
static EVP_PKEY *pkey_of(const struct p256_key *key) {
    return (EVP_PKEY *)key;
}

/* Of our curve, and a number that is a private key there; anything else is freed, and NULL. */
static struct p256_key *checked(EVP_PKEY *pkey) {
    char group[32] = "";
    EVP_PKEY_CTX *context = pkey != NULL ? EVP_PKEY_CTX_new(pkey, NULL) : NULL;
    bool good = context != NULL && EVP_PKEY_is_a(pkey, "EC") && EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL) == 1 &&
                strcmp(group, "prime256v1") == 0 && EVP_PKEY_private_check(context) == 1;
    EVP_PKEY_CTX_free(context);
    if (!good) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    ERR_clear_error(); /* whoever uses TLS next in this thread must not find our errors in OpenSSL's queue */
    return (struct p256_key *)pkey;
}

/* An ECPrivateKey of RFC 5915, or the same in the wrapping of RFC 5208. */
static struct p256_key *key_of_der(const unsigned char *der, size_t length) {
    const unsigned char *end = der;
    EVP_PKEY *pkey = d2i_AutoPrivateKey(NULL, &end, (long)length);
    if (pkey != NULL && end != der + length) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    return checked(pkey);
}

/* EVP_PKEY_fromdata and not d2i_AutoPrivateKey, which takes twenty times as long: SigV4a makes a key for each signature. */
struct p256_key *p256_key_of_scalar(const unsigned char scalar[P256_SCALAR_BYTES]) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    BIGNUM *number = BN_secure_new();
    OSSL_PARAM *parameters = NULL;
    EVP_PKEY *pkey = NULL;
    if (context != NULL && builder != NULL && number != NULL && BN_bin2bn(scalar, P256_SCALAR_BYTES, number) != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, number) == 1 &&
        (parameters = OSSL_PARAM_BLD_to_param(builder)) != NULL && EVP_PKEY_fromdata_init(context) == 1) {
        EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_KEYPAIR, parameters);
    }
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    BN_clear_free(number);
    EVP_PKEY_CTX_free(context);
    return checked(pkey);
}

/* What stands between the BEGIN line and the END line, without white space. */
static bool pem_body(struct buffer *body, const char *text) {
    const char *begin = strstr(text, "-----BEGIN "), *end;
    begin = begin != NULL ? strchr(begin, '\n') : NULL;
    end = begin != NULL ? strstr(begin, "-----END ") : NULL;
    if (end == NULL) {
        return false;
    }
    while (begin < end) {
        begin += strspn(begin, " \t\r\n");
        size_t run = begin < end ? strcspn(begin, " \t\r\n-") : 0;
        if (begin < end && run == 0) {
            return false;
        }
        buffer_append(body, begin, run);
        begin += run;
    }
    return !body->failed;
}

struct p256_key *p256_key_of_pem(const char *text, size_t length) {
    struct buffer copy, body, der;
    struct p256_key *key = NULL;
    buffer_init_secure(&copy, P256_PEM_MAX_BYTES);
    buffer_init_secure(&body, P256_PEM_MAX_BYTES);
    buffer_init_secure(&der, P256_PEM_MAX_BYTES);
    if (buffer_append(&copy, text, length) && memchr(text, '\0', length) == NULL && pem_body(&body, copy.data) &&
        body.length > 0 && base64_decode(&der, body.data, body.length, BASE64_STANDARD) && der.length > 0) {
        key = key_of_der((const unsigned char *)der.data, der.length);
    }
    buffer_clear_secure(&copy);
    buffer_clear_secure(&body);
    buffer_clear_secure(&der);
    return key;
}

void p256_key_free(struct p256_key *key) {
    EVP_PKEY_free(pkey_of(key));
}

static bool coordinate(const struct p256_key *key, const char *name, unsigned char bytes[P256_SCALAR_BYTES]) {
    BIGNUM *number = NULL;
    bool good = EVP_PKEY_get_bn_param(pkey_of(key), name, &number) == 1 &&
                BN_bn2binpad(number, bytes, P256_SCALAR_BYTES) == P256_SCALAR_BYTES;
    BN_free(number);
    ERR_clear_error();
    return good;
}

bool p256_public(const struct p256_key *key, unsigned char x[P256_SCALAR_BYTES], unsigned char y[P256_SCALAR_BYTES]) {
    return coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X, x) && coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y, y);
}

size_t p256_sign_der(const struct p256_key *key, const unsigned char hash[DIGEST_SHA256_BYTES],
                     unsigned char signature[P256_DER_MAX_BYTES]) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(pkey_of(key), NULL);
    size_t length = P256_DER_MAX_BYTES;
    bool good = context != NULL && EVP_PKEY_sign_init(context) == 1 &&
                EVP_PKEY_sign(context, signature, &length, hash, DIGEST_SHA256_BYTES) == 1;
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    return good && length <= P256_DER_MAX_BYTES ? length : 0; /* without memory OpenSSL 3.0 succeeds with a length of -1 */
}

bool p256_sign(const struct p256_key *key, const unsigned char hash[DIGEST_SHA256_BYTES],
               unsigned char signature[2 * P256_SCALAR_BYTES]) {
    unsigned char der[P256_DER_MAX_BYTES];
    const unsigned char *end = der;
    size_t length = p256_sign_der(key, hash, der);
    ECDSA_SIG *halves = length > 0 ? d2i_ECDSA_SIG(NULL, &end, (long)length) : NULL;
    bool good = halves != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(halves), signature, P256_SCALAR_BYTES) == P256_SCALAR_BYTES &&
                BN_bn2binpad(ECDSA_SIG_get0_s(halves), signature + P256_SCALAR_BYTES, P256_SCALAR_BYTES) == P256_SCALAR_BYTES;
    ECDSA_SIG_free(halves);
    ERR_clear_error();
    return good;
}
