/* Fails every allocation once, one after the other: each failure must be reported as NO_MEMORY
 * (or a plain false), and nothing may leak. The sanitizers have a malloc of their own; there the operations only run as they
 * are. */
#include <openssl/crypto.h>
#include <stdlib.h>

#include "aws/keys.h"
#include "aws/profile.h"
#include "aws/sigv4_verify.h"
#include "base/base64.h"
#include "base/http.h"
#include "base/json.h"
#include "base/loop.h"
#include "base/p256.h"
#include "base/uri.h"
#include "base/xml.h"
#include "check.h"

static long fail_at = -1; /* how many allocations still succeed; negative: all */
static long living;       /* allocated and not yet freed */

#ifndef __SANITIZE_ADDRESS__

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void __libc_free(void *memory);

static bool is_to_fail(void) {
    return fail_at >= 0 && fail_at-- == 0;
}

void *malloc(size_t size) {
    void *memory = is_to_fail() ? NULL : __libc_malloc(size);
    living += memory != NULL;
    return memory;
}

void *calloc(size_t count, size_t size) {
    void *memory = is_to_fail() ? NULL : __libc_calloc(count, size);
    living += memory != NULL;
    return memory;
}

void *realloc(void *old, size_t size) {
    void *memory = is_to_fail() ? NULL : __libc_realloc(old, size);
    living += old == NULL && memory != NULL;
    return memory;
}

void free(void *memory) {
    living -= memory != NULL;
    __libc_free(memory);
}
#endif

static bool can_fail; /* whether it is our malloc that is called */

static struct error error;

/* Runs `operation` with the first allocation failing, then the second ..., until none is left to fail. */
static void torture(const char *name, bool (*operation)(void)) {
    int failures = 0;
    int before = check_failed;
    operation(); /* lets the libraries make what they keep */
    for (long n = 0; n < 10000; n++) {
        long at_start = living;
        bool good, all_succeeded;
        memset(&error, 0, sizeof error);
        fail_at = can_fail ? n : -1;
        good = operation();
        all_succeeded = !can_fail || fail_at >= 0;
        fail_at = -1;
        CHECK_INT(living, at_start);
        if (all_succeeded) {
            CHECK(good);
            break;
        }
        failures += !good; /* a library may have done without */
        if (error.code[0] != '\0') {
            CHECK_STR(error.code, "NO_MEMORY");
        }
    }
    CHECK(!can_fail || failures > 0);
    if (check_failed > before) {
        printf("    in %s\n", name);
    }
}

static char an_id[] = "AKIDEXAMPLE", a_secret[] = "secret", a_token[] = "token", an_account[] = "123456789012",
            a_source[] = "here";
static const struct keys some_keys = {an_id, a_secret, a_token, an_account, a_source, 0};
static const struct http_header some_headers[] = {{"Content-Type", "application/json"}, {"X-Amz-Target", "a.b"}};
static const struct sigv4_request some_request = {.method = "POST",
                                                  .url = "https://h/a/../b?c=d&a=b",
                                                  .headers = some_headers,
                                                  .header_count = 2,
                                                  .body = "{}",
                                                  .body_length = 2,
                                                  .region = "us-east-1",
                                                  .service = "drs",
                                                  .time_s = 1440938160};

static bool copies_keys(void) {
    struct keys keys = {0};
    bool good = keys_copy(&keys, &some_keys, &error);
    keys_clear(&keys);
    return good;
}

static bool signs(void) {
    struct sigv4_result result = {0};
    bool good = sigv4_sign(&some_request, &some_keys, NULL, &result, &error);
    sigv4_result_clear(&result);
    return good;
}

static bool presigns(void) {
    struct sigv4_result result = {0};
    struct sigv4_key_cache cache = {0};
    bool good = sigv4_presign(&some_request, &some_keys, 60, &cache, &result, &error);
    sigv4_result_clear(&result);
    return good;
}

static bool signs_for_regions(void) {
    struct sigv4_request request = some_request;
    struct sigv4_result result = {0};
    request.region_set = "*";
    bool good = sigv4_sign(&request, &some_keys, NULL, &result, &error);
    sigv4_result_clear(&result);
    OPENSSL_thread_stop(); /* its queue of errors keeps their texts' memory */
    return good;
}

static bool signs_with_a_pem_key(void) {
    static const char pem[] = "-----BEGIN EC PRIVATE KEY-----\n"
                              "MHcCAQEEIFiV+BIMkYAyinLR0zMgVd2sGuOdqdaDaCbCN3dEL61xoAoGCCqGSM49\n"
                              "AwEHoUQDQgAEaGkCWjX+6cv9KQDayERfO04/A3Uo2rwRZ6vwlwWzCodQRBB/LIcD\n"
                              "PIYUVw5zrkXujeSBe70n7OwhG49MeVh08Q==\n-----END EC PRIVATE KEY-----\n";
    unsigned char hash[DIGEST_SHA256_BYTES] = {0}, halves[2 * P256_SCALAR_BYTES];
    struct p256_key *key = p256_key_of_pem(pem, sizeof pem - 1);
    bool good = key != NULL && p256_public(key, halves, halves + P256_SCALAR_BYTES) && p256_sign(key, hash, halves);
    p256_key_free(key);
    OPENSSL_thread_stop();
    return good;
}

/* Without memory the claim may be unreadable; what must not happen is that it is accepted. */
static bool verifies(void) {
    static const struct http_header headers[] = {
        {"Host", "iam.amazonaws.com"},
        {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
        {"X-Amz-Date", "20150830T123600Z"},
        {"Authorization",
         "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;"
         "host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"}};
    struct sigv4_incoming incoming = {
        .method = "GET", .target = "/?Action=ListUsers&Version=2010-05-08", .headers = headers, .header_count = 4};
    struct sigv4_claim claim;
    bool good =
        sigv4_verify_parse(&incoming, &claim, NULL) &&
        sigv4_verify(&incoming, &claim, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", 1440938160, 300, NULL, NULL, &error);
    sigv4_verify_clear(&claim);
    return good;
}

static bool reads_a_profile(void) {
    static const char text[] =
        "[default]\nregion = x\n[profile 'a b']\nk = v\n more\ns3 =\n  n = 1\n  m = 2\n[services s]\nx=1\n";
    struct profile_file file;
    bool good = profile_parse(&file, PROFILE_CONFIG, text, sizeof text - 1, &error);
    profile_clear(&file);
    return good;
}

static bool reads_xml(void) {
    static const char text[] = "<a x='1'>some text &amp; more<b/></a>";
    struct buffer tape;
    bool good;
    buffer_init(&tape, 1000);
    good = xml_read(&tape, text, sizeof text - 1, NULL, NULL, &error);
    buffer_clear(&tape);
    return good;
}

static bool writes(void) {
    struct buffer out;
    bool good;
    buffer_init_secure(&out, 10000);
    good = json_write_string(&out, "a\n\xFF", 3) && json_write_double(&out, 0.1) &&
           base64_encode(&out, "abcd", 4, BASE64_STANDARD) && uri_write_canonical_query(&out, "b=1&a=%20", 9, NULL) &&
           uri_write_normal_path(&out, "/a/../b", 7) && buffer_append_format(&out, "%0300d", 1);
    buffer_clear(&out);
    return good;
}

static void nothing(struct loop_timer *timer) {
    (void)timer;
}

static bool starts_timers(void) {
    struct loop_timer timers[20] = {0};
    struct loop *loop = loop_new();
    bool good = loop != NULL;
    for (int i = 0; good && i < 20; i++) {
        good = loop_timer_start(loop, &timers[i], i % 2 ? LOOP_REAL : LOOP_WORLD, 1000000 - i, nothing);
    }
    loop_free(loop);
    return good;
}

static bool starts_an_exchange(void) {
    struct loop *loop = loop_new();
    struct http_client *client =
        loop != NULL ? http_client_new(loop, &(struct http_options){.user_agent = "a", .ca_bundle = "b"}, &error) : NULL;
    struct http_exchange exchange = {0};
    bool good = client != NULL;
    if (good) {
        http_exchange_start(client, &exchange,
                            &(struct http_request){.method = "POST",
                                                   .url = "http://127.0.0.1:1/",
                                                   .headers = some_headers,
                                                   .header_count = 2,
                                                   .body = "{}",
                                                   .body_length = 2});
        good = !exchange.pending.done;
        error = exchange.error;
        http_exchange_clear(&exchange);
        http_client_free(client);
    }
    loop_free(loop);
    return good;
}

int main(void) {
    void *volatile probe = malloc(1);
    can_fail = living > 0;
    free(probe);
    torture("keys_copy", copies_keys);
    torture("sigv4_sign", signs);
    torture("sigv4_presign", presigns);
    torture("SigV4a", signs_for_regions);
    torture("a key in PEM", signs_with_a_pem_key);
    torture("sigv4_verify", verifies);
    torture("profile_parse", reads_a_profile);
    torture("xml_read", reads_xml);
    torture("the writers", writes);
    torture("timers", starts_timers);
    torture("an exchange", starts_an_exchange);
    return check_report();
}
