#include "aws/sigv4a.h"

#include <dirent.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "aws/sigv4.h"
#include "check.h"
#include "vector.h"

/* Checked with OpenSSL itself, not with what is tested: does the signature belong to the text and the public key? */
static bool belongs(const struct vector *vector, const char *hex, const char *text) {
    unsigned char signature[P256_DER_MAX_BYTES], point[65] = {4};
    char group[] = "prime256v1";
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                               OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
                               OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY *key = NULL;
    size_t digits = strspn(hex, "0123456789abcdef");
    bool good = digits / 2 <= sizeof signature && digest_unhex(hex, digits, signature) &&
                digest_unhex(vector_scope(vector, "x"), 64, point + 1) &&
                digest_unhex(vector_scope(vector, "y"), 64, point + 33) && EVP_PKEY_fromdata_init(maker) == 1 &&
                EVP_PKEY_fromdata(maker, &key, EVP_PKEY_PUBLIC_KEY, parameters) == 1 &&
                EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestVerify(context, signature, digits / 2, (const unsigned char *)text, strlen(text)) == 1;
    EVP_PKEY_free(key);
    EVP_MD_CTX_free(context);
    EVP_PKEY_CTX_free(maker);
    return good;
}

/* Where the signature begins: all before it must be as awscrt writes it. */
static const char *signature_in(const char *authorization) {
    const char *found = strstr(authorization, "Signature=");
    return found != NULL ? found + strlen("Signature=") : authorization;
}

/* In a URL the order of parameters is the signer's own, but for the canonical request. */
static void check_signed(const struct vector *vector, struct sigv4_result *result, bool presigned) {
    const char *ours = signature_in(result->authorization.data), *theirs = signature_in(vector->files[4]);
    CHECK_STR(result->canonical_request.data, vector->files[2]);
    CHECK_STR(result->string_to_sign.data, vector->files[3]);
    CHECK(belongs(vector, ours, vector->files[3]));
    CHECK(belongs(vector, theirs, vector->files[3]));
    CHECK(!belongs(vector, ours, vector->files[2]));
    if (!presigned) {
        CHECK_INT(ours - result->authorization.data, theirs - vector->files[4]);
        CHECK(memcmp(result->authorization.data, vector->files[4], (size_t)(theirs - vector->files[4])) == 0);
    }
}

static void check_vector(const char *name) {
    char folder[300];
    struct vector vector;
    struct sigv4_result result = {0};
    struct error error = {0};
    int failed = check_failed;

    snprintf(folder, sizeof folder, "sigv4a/%s", name);
    vector_load(&vector, folder);
    struct keys keys = {.access_key_id = (char *)vector_scope(&vector, "id"),
                        .secret_access_key = (char *)vector_scope(&vector, "secret"),
                        .session_token = (char *)vector_scope(&vector, "token")};
    struct sigv4_request request = {.method = vector.method,
                                    .url = vector.url,
                                    .headers = vector.headers,
                                    .header_count = vector.header_count,
                                    .body = vector.body,
                                    .body_length = strlen(vector.body),
                                    .region_set = vector_scope(&vector, "region_set"),
                                    .service = vector_scope(&vector, "service")};
    const char *presign = vector_scope(&vector, "presign");
    request.keep_path = request.encode_once = vector_scope(&vector, "s3") != NULL;
    CHECK(sigv4_canonical_parse_date(vector_scope(&vector, "time"), &request.time_s));
    CHECK(presign != NULL ? sigv4_presign(&request, &keys, strtol(presign, NULL, 10), NULL, &result, &error)
                          : sigv4_sign(&request, &keys, NULL, &result, &error));
    CHECK_STR(error.message, "");
    check_signed(&vector, &result, presign != NULL);
    if (check_failed > failed) {
        printf("    in the vector %s\n", name);
    }
    sigv4_result_clear(&result);
    vector_clear(&vector);
}

static void every_vector(void) {
    DIR *folder = opendir("tests/modules/aws/sigv4a");
    int count = 0;
    CHECK(folder != NULL);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        if (strchr(entry->d_name, '.') == NULL) {
            check_vector(entry->d_name);
            count++;
        }
    }
    CHECK(count >= 7);
    closedir(folder);
}

/* One candidate in 2^32 is no private key: no access key that would show it can be found, so the rule is tried by itself. */
static void candidates(void) {
    static const struct {
        const char *what, *candidate, *scalar; /* NULL: refused */
    } cases[] = {
        {"zero", "0000000000000000000000000000000000000000000000000000000000000000",
         "0000000000000000000000000000000000000000000000000000000000000001"},
        {"a carry", "00000000000000000000000000000000000000000000000000000000ffffffff",
         "0000000000000000000000000000000000000000000000000000000100000000"},
        {"the order less 2", "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63254f",
         "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550"},
        {"the order less 1", "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550", NULL},
        {"greater in the middle", "ffffffff00000001000000000000000000000000000000000000000000000000", NULL},
        {"the greatest", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char scalar[P256_SCALAR_BYTES];
        char hex[2 * P256_SCALAR_BYTES + 1];
        CHECK(digest_unhex(cases[i].candidate, 64, scalar));
        CHECK_INT(sigv4a_scalar_of_candidate(scalar), cases[i].scalar != NULL);
        digest_hex(scalar, sizeof scalar, hex);
        CHECK_STR(hex, cases[i].scalar != NULL ? cases[i].scalar : cases[i].candidate);
    }
}

static void what_cannot_be_signed(void) {
    static const char *const sets[] = {"", "us east", "US-EAST-1", "a/b", "*\r\nx: y"};
    char id[] = "AKIDEXAMPLE", secret[] = "secret";
    struct keys keys = {.access_key_id = id, .secret_access_key = secret};
    struct sigv4_request request = {.method = "GET", .url = "https://h/", .service = "events", .time_s = 1440938160};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        struct sigv4_result result = {0};
        struct error error = {0};
        request.region_set = sets[i];
        CHECK(!sigv4_sign(&request, &keys, NULL, &result, &error));
        CHECK_STR(error.code, "SIGV4_SCOPE");
        sigv4_result_clear(&result);
    }
}

int main(void) {
    every_vector();
    candidates();
    what_cannot_be_signed();
    return check_report();
}
