#include "aws/sigv4.h"

#include <dirent.h>

#include "aws/sigv4_verify.h"
#include "check.h"
#include "vector.h"

enum { NOON = 1440938160 }; /* 2015-08-30T12:36:00Z */

static struct sigv4_key_cache cache;

static struct sigv4_request request_of(const struct vector *vector) {
    struct sigv4_request request = {.method = vector->method,
                                    .url = vector->url,
                                    .headers = vector->headers,
                                    .header_count = vector->header_count,
                                    .body = vector->body,
                                    .body_length = strlen(vector->body),
                                    .region = vector_scope(vector, "region"),
                                    .service = vector_scope(vector, "service")};
    request.unsigned_payload = vector_scope(vector, "unsigned") != NULL;
    request.keep_path = request.encode_once = vector_scope(vector, "s3") != NULL;
    CHECK(sigv4_canonical_parse_date(vector_scope(vector, "time"), &request.time_s));
    return request;
}

/* Builds the request as a server would get it, and checks that it is accepted as it is and refused with anything changed. */
static void verify(const struct vector *vector, const struct sigv4_request *request, const struct sigv4_result *result,
                   bool presigned) {
    struct http_header headers[20];
    struct buffer host;
    struct uri uri;
    struct sigv4_incoming incoming = {
        .method = vector->method, .headers = headers, .body = vector->body, .body_length = request->body_length};
    const char *url = presigned ? result->authorization.data : vector->url;
    const char *token = vector_scope(vector, "token");
    struct sigv4_claim claim = {0};
    struct sigv4_result texts;
    struct error error = {0};
    size_t n = vector->header_count;

    CHECK(uri_split(url, &uri));
    buffer_init(&host, 1000);
    uri_write_host(&host, &uri);
    memcpy(headers, vector->headers, n * sizeof *headers);
    headers[n++] = (struct http_header){"HOST", host.data};
    if (!presigned) {
        headers[n++] = (struct http_header){"X-AMZ-Date", result->date};
        headers[n++] = (struct http_header){"authorization", result->authorization.data};
        if (token != NULL) {
            headers[n++] = (struct http_header){"x-amz-security-token", token};
        }
    }
    if (request->unsigned_payload) {
        headers[n++] = (struct http_header){"x-amz-content-sha256", "UNSIGNED-PAYLOAD"};
    }
    incoming.header_count = n;
    incoming.target = strchr(strstr(url, "://") + 3, '/') != NULL ? uri.path.text : "/"; /* the rest of the URL */
    CHECK(sigv4_verify_parse(&incoming, &claim, &error));
    CHECK_STR(claim.access_key_id, vector_scope(vector, "id"));
    CHECK_STR(claim.region, request->region);
    CHECK_STR(claim.service, request->service);
    CHECK_INT(claim.time_s, request->time_s);
    CHECK_INT(claim.presigned, presigned);
    CHECK_STR(claim.session_token.data != NULL ? claim.session_token.data : "", token != NULL ? token : "");
    if (!request->unsigned_payload && strstr(vector->files[2], "0000000000000000") == NULL) {
        CHECK(
            sigv4_verify(&incoming, &claim, vector_scope(vector, "secret"), request->time_s + 60, 300, &cache, &texts, &error));
        CHECK_STR(texts.canonical_request.data, vector->files[2]);
        CHECK_STR(texts.string_to_sign.data, vector->files[3]);
        sigv4_result_clear(&texts);
        CHECK(!sigv4_verify(&incoming, &claim, "another", request->time_s, 300, &cache, NULL, &error));
        CHECK_STR(error.code, "SignatureDoesNotMatch");
        incoming.method = "OPTIONS";
        CHECK(!sigv4_verify(&incoming, &claim, vector_scope(vector, "secret"), request->time_s, 300, NULL, NULL, &error));
        incoming.method = vector->method;
        incoming.body = "changed";
        incoming.body_length = 7;
        CHECK(!sigv4_verify(&incoming, &claim, vector_scope(vector, "secret"), request->time_s, 300, NULL, NULL, &error));
    }
    sigv4_verify_clear(&claim);
    buffer_clear(&host);
}

static void check_vector(const char *name) {
    char folder[300];
    struct vector vector;
    struct sigv4_request request;
    struct keys keys = {0}, from = {0};
    struct sigv4_result result = {0};
    struct error error = {0};
    const char *presign;
    int failed = check_failed;

    snprintf(folder, sizeof folder, "sigv4/%s", name);
    vector_load(&vector, folder);
    request = request_of(&vector);
    presign = vector_scope(&vector, "presign");
    from.access_key_id = (char *)vector_scope(&vector, "id");
    from.secret_access_key = (char *)vector_scope(&vector, "secret");
    from.session_token = (char *)vector_scope(&vector, "token");
    CHECK(keys_copy(&keys, &from, &error));
    if (presign != NULL) {
        CHECK(sigv4_presign(&request, &keys, strtol(presign, NULL, 10), &cache, &result, &error));
    } else {
        CHECK(sigv4_sign(&request, &keys, &cache, &result, &error));
    }
    CHECK_STR(error.message, "");
    CHECK_STR(result.date, vector_scope(&vector, "time"));
    CHECK_STR(result.canonical_request.data, vector.files[2]);
    CHECK_STR(result.string_to_sign.data, vector.files[3]);
    CHECK_STR(result.authorization.data, vector.files[4]);
    verify(&vector, &request, &result, presign != NULL);
    if (check_failed > failed) {
        printf("    in the vector %s\n", name);
    }
    sigv4_result_clear(&result);
    keys_clear(&keys);
    vector_clear(&vector);
}

static void every_vector(void) {
    DIR *folder = opendir("tests/modules/aws/sigv4");
    int count = 0;
    CHECK(folder != NULL);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        if (strchr(entry->d_name, '.') == NULL) {
            check_vector(entry->d_name);
            count++;
        }
    }
    CHECK(count >= 30);
    closedir(folder);
}

static char an_id[] = "AKIDEXAMPLE", a_secret[] = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
static struct keys some_keys = {.access_key_id = an_id, .secret_access_key = a_secret};

/* The key of the signing guide's example, and the cache in use. */
static void keys_are_cached(void) {
    struct sigv4_key_cache small = {0};
    struct buffer text;
    char first[65], again[65];
    buffer_init(&text, 1000);
    buffer_append_string(&text, "text");
    CHECK(sigv4_key_signature(&small, "secret", "20150830", "us-east-1", "iam", &text, first));
    CHECK(small.entries[0].used && !small.entries[1].used);
    CHECK(sigv4_key_signature(&small, "secret", "20150830", "us-east-1", "iam", &text, again));
    CHECK(!small.entries[1].used);
    CHECK_STR(again, first);
    CHECK(sigv4_key_signature(NULL, "secret", "20150830", "us-east-1", "iam", &text, again));
    CHECK_STR(again, first);
    for (int day = 10; day < 30; day++) { /* more than it holds */
        char date[20];
        snprintf(date, sizeof date, "201508%d", day);
        CHECK(sigv4_key_signature(&small, "secret", date, "us-east-1", "iam", &text, again));
        CHECK(strcmp(again, first) != 0);
    }
    CHECK(sigv4_key_signature(&small, "secret", "20150830", "us-east-1", "iam", &text, again));
    CHECK_STR(again, first);
    CHECK(sigv4_key_signature(&small, "secret", "20150830", "us-east-1i", "am", &text, again));
    CHECK(strcmp(again, first) != 0);
    sigv4_key_cache_clear(&small);
    CHECK(!small.entries[0].used);
    buffer_clear(&text);
}

static void what_cannot_be_signed(void) {
    struct sigv4_request request = {
        .method = "GET", .url = "https://h/", .region = "us-east-1", .service = "iam", .time_s = NOON};
    struct sigv4_result result = {0};
    struct error error;
    static const char *const names[] = {"", "us east", "US_EAST-1", "a/b", "a\n"};

    request.url = "no url";
    CHECK(!sigv4_sign(&request, &some_keys, NULL, &result, &error));
    CHECK_STR(error.code, "SIGV4_URL");
    sigv4_result_clear(&result);
    request.url = "https://h/";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        request.region = names[i];
        CHECK(!sigv4_sign(&request, &some_keys, NULL, &result, &error));
        CHECK_STR(error.code, "SIGV4_SCOPE");
        sigv4_result_clear(&result);
        request.region = "us-east-1";
        request.service = names[i];
        CHECK(!sigv4_presign(&request, &some_keys, 60, NULL, &result, &error));
        CHECK_STR(error.code, "SIGV4_SCOPE");
        sigv4_result_clear(&result);
        request.service = "iam";
    }
    request.region = "US-EAST-1";
    CHECK(!sigv4_sign(&request, &some_keys, NULL, &result, &error));
    sigv4_result_clear(&result);
    request.region = "us-east-1";
    request.service = "IoTSecuredTunneling";
    CHECK(sigv4_sign(&request, &some_keys, NULL, &result, &error));
    sigv4_result_clear(&result);
    request.service = "iam";
    CHECK(!sigv4_presign(&request, &some_keys, 0, NULL, &result, &error));
    CHECK_STR(error.code, "SIGV4_EXPIRES");
    sigv4_result_clear(&result);
    CHECK(!sigv4_presign(&request, &some_keys, 604801, NULL, &result, &error));
    sigv4_result_clear(&result);
    sigv4_result_clear(&result);
}

/* What the caller sends under our names is not signed twice; his Host goes before the URL's. */
static void own_headers_are_passed_over(void) {
    static const struct http_header headers[] = {
        {"X-Amz-Date", "old"}, {"Authorization", "old"}, {"X-Amz-Security-Token", "old"}, {"Host", "elsewhere"}};
    struct sigv4_request request = {.method = "GET",
                                    .url = "https://h/",
                                    .region = "us-east-1",
                                    .service = "iam",
                                    .time_s = NOON,
                                    .headers = headers,
                                    .header_count = 4};
    struct sigv4_result result = {0};
    CHECK(sigv4_sign(&request, &some_keys, NULL, &result, NULL));
    CHECK(strstr(result.canonical_request.data, "old") == NULL);
    CHECK(strstr(result.canonical_request.data, "host:elsewhere\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n") != NULL);
    sigv4_result_clear(&result);
    request.payload_hash = "abcd";
    CHECK(sigv4_sign(&request, &some_keys, NULL, &result, NULL));
    CHECK(strstr(result.canonical_request.data, "\nabcd") != NULL);
    sigv4_result_clear(&result);
}

static void too_much_is_refused(void) {
    static char large[1024 * 1024 + 10];
    struct http_header header = {"X-Large", large};
    struct sigv4_request request = {.method = "GET",
                                    .url = "https://h/",
                                    .region = "us-east-1",
                                    .service = "iam",
                                    .time_s = NOON,
                                    .headers = &header,
                                    .header_count = 1};
    struct sigv4_result result = {0};
    struct error error;
    memset(large, 'x', sizeof large - 1);
    CHECK(!sigv4_sign(&request, &some_keys, NULL, &result, &error));
    CHECK_STR(error.code, "NO_MEMORY");
    sigv4_result_clear(&result);
    CHECK(!sigv4_presign(&request, &some_keys, 60, NULL, &result, &error));
    CHECK_STR(error.code, "NO_MEMORY");
    sigv4_result_clear(&result);
}

static void dates(void) {
    char text[SIGV4_DATE_SIZE];
    int64_t time_s;
    static const char *const bad[] = {"",
                                      "20150830",
                                      "20150830T123600",
                                      "20150230T123600Z",
                                      "20151330T123600Z",
                                      "20150830T123600ZZ",
                                      " 2015083T123600Z",
                                      "2015083aT123600Z"};
    sigv4_canonical_format_date(NOON, text);
    CHECK_STR(text, "20150830T123600Z");
    sigv4_canonical_format_date(0, text);
    CHECK_STR(text, "19700101T000000Z");
    sigv4_canonical_format_date(INT64_MAX, text);
    CHECK_STR(text, "00000000T000000Z");
    CHECK(sigv4_canonical_parse_date("20240229T235959Z", &time_s) && time_s == 1709251199);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(!sigv4_canonical_parse_date(bad[i], &time_s));
    }
    CHECK(sigv4_canonical_lists("host;x-amz-date", "X-Amz-Date"));
    CHECK(!sigv4_canonical_lists("host;x-amz-date", "x-amz"));
    CHECK(!sigv4_canonical_lists("", "host"));
}

int main(void) {
    every_vector();
    keys_are_cached();
    what_cannot_be_signed();
    own_headers_are_passed_over();
    too_much_is_refused();
    dates();
    sigv4_key_cache_clear(&cache);
    return check_report();
}
