/* What is refused, and why. What is accepted: sigv4_test.c, with every vector. */
#include "aws/sigv4_verify.h"

#include <stdlib.h>

#include "check.h"

enum { NOON = 1440938160 }; /* 2015-08-30T12:36:00Z */

#define SCOPE "AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static struct error error;
static struct sigv4_claim claim;

/* Parses a request with this Authorization header and date; NULL leaves one out. */
static bool parse(const char *authorization, const char *date_name, const char *date) {
    struct http_header headers[3] = {{"Host", "iam.amazonaws.com"}};
    struct sigv4_incoming incoming = {.method = "GET", .target = "/", .headers = headers, .header_count = 1};
    if (authorization != NULL) {
        headers[incoming.header_count++] = (struct http_header){"AUTHORIZATION", authorization};
    }
    if (date != NULL) {
        headers[incoming.header_count++] = (struct http_header){date_name, date};
    }
    sigv4_verify_clear(&claim);
    memset(&error, 0, sizeof error);
    return sigv4_verify_parse(&incoming, &claim, &error);
}

static bool parse_target(const char *target) {
    struct http_header host = {"Host", "iam.amazonaws.com"};
    struct sigv4_incoming incoming = {.method = "GET", .target = target, .headers = &host, .header_count = 1};
    sigv4_verify_clear(&claim);
    memset(&error, 0, sizeof error);
    return sigv4_verify_parse(&incoming, &claim, &error);
}

static void header_forms(void) {
    static const char DATE[] = "20150830T123600Z";
    CHECK(parse("AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=host;x-amz-date, Signature=" ZEROS, "X-Amz-Date", DATE));
    CHECK_STR(claim.access_key_id, "AKIDEXAMPLE");
    CHECK_STR(claim.day, "20150830");
    CHECK_STR(claim.region, "us-east-1");
    CHECK_STR(claim.service, "iam");
    CHECK_STR(claim.signed_headers.data, "host;x-amz-date");
    CHECK_STR(claim.signature, ZEROS);
    CHECK_INT(claim.session_token.length, 0);
    CHECK(!claim.presigned);
    /* other spacing and order, and an old client's date */
    CHECK(parse("AWS4-HMAC-SHA256 Signature=" ZEROS ",SignedHeaders=host \t,  Credential=" SCOPE, "Date",
                "Sun, 30 Aug 2015 12:36:00 GMT"));
    CHECK_STR(claim.signed_headers.data, "host");
    CHECK_INT(claim.time_s, NOON);
    CHECK_STR(claim.date, DATE);
}

static void refused_header_forms(void) {
    static const char DATE[] = "20150830T123600Z";
    static const struct {
        const char *authorization, *date, *code, *says;
    } bad[] = {
        {NULL, DATE, "MissingAuthenticationToken", "missing Authentication Token"},
        {"", DATE, "IncompleteSignature", "Unsupported algorithm"},
        {"Basic dTpw", DATE, "IncompleteSignature", "Unsupported algorithm"},
        {"AWS4-HMAC-SHA256X Credential=" SCOPE, DATE, "IncompleteSignature", "Unsupported algorithm"},
        {"AWS4-HMAC-SHA256", DATE, "IncompleteSignature",
         "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. "
         "Authorization "
         "header requires 'SignedHeaders' parameter."},
        {"AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=host, Signature=" ZEROS, NULL, "IncompleteSignature",
         "'X-Amz-Date'"},
        {"AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=host, Signature=" ZEROS, "yesterday", "IncompleteSignature",
         "ISO-8601 'basic format'. Got 'yesterday'"},
        {"AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=" ZEROS, DATE, "IncompleteSignature", "got 'a/b/c'"},
        {"AWS4-HMAC-SHA256 Credential=" SCOPE "/more, SignedHeaders=host, Signature=" ZEROS, DATE, "IncompleteSignature",
         "exactly 5"},
        {"AWS4-HMAC-SHA256 Credential=/20150830/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=" ZEROS, DATE,
         "IncompleteSignature", "exactly 5"},
        {"AWS4-HMAC-SHA256 Credential=A/201508301/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=" ZEROS, DATE,
         "IncompleteSignature", "exactly 5"},
        {"AWS4-HMAC-SHA256 Credential=A/20150830/us-east-1/iam/aws5_request, SignedHeaders=host, Signature=" ZEROS, DATE,
         "SignatureDoesNotMatch", "not 'aws5_request'"},
        {"AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=host, Signature=" ZEROS "0", DATE, "IncompleteSignature", "64"},
        {"AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=, Signature=" ZEROS, DATE, "IncompleteSignature",
         "SignedHeaders"},
        {"AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=host, Signature=", DATE, "IncompleteSignature", "Signature"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(!parse(bad[i].authorization, "x-amz-date", bad[i].date));
        CHECK_STR(error.code, bad[i].code);
        if (strstr(error.message, bad[i].says) == NULL) {
            CHECK_STR(error.message, bad[i].says);
        }
    }
}

#define PRESIGNED                                                                                                              \
    "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fiam%2Faws4_request"              \
    "&X-Amz-Date=20150830T123600Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=" ZEROS

static void query_forms(void) {
    static const char *const parts[] = {"Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature"};
    static const char *const wrong[] = {
        "X-Amz-Algorithm=AWS4&X-Amz-Signature=0",
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2Fb",
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=%zz",
    };
    char target[1000];
    CHECK(parse_target(PRESIGNED "&X-Amz-Security-Token=a%2Bb"));
    CHECK(claim.presigned);
    CHECK_INT(claim.expires_s, 60);
    CHECK_STR(claim.session_token.data, "a+b");
    CHECK_STR(claim.service, "iam");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) { /* each one misspelt */
        char *place;
        snprintf(target, sizeof target, "%s", PRESIGNED);
        place = strstr(target, parts[i]);
        *place = 'x';
        CHECK(!parse_target(target));
        CHECK_STR(error.code, "IncompleteSignature");
        CHECK(strstr(error.message, parts[i]) != NULL);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(target, sizeof target, "/?%s", wrong[i]);
        CHECK(!parse_target(target));
        CHECK_STR(error.code, "IncompleteSignature");
    }
    for (int i = 0; i < 4; i++) {
        static const char *const expires[] = {"0", "604801", "1x", "-1"};
        snprintf(target, sizeof target, "%s", PRESIGNED);
        memcpy(strstr(target, "Expires=60"), "Expired=60", 10);
        snprintf(target + strlen(target), 100, "&X-Amz-Expires=%s", expires[i]);
        CHECK(!parse_target(target));
        CHECK(strstr(error.message, "604800") != NULL);
    }
    CHECK(!parse_target("/?a=b"));
    CHECK_STR(error.code, "MissingAuthenticationToken");
    CHECK(!parse_target("/"));
}

static void too_long_fields_are_refused(void) {
    static char header[70000];
    snprintf(header, sizeof header, "AWS4-HMAC-SHA256 Credential=" SCOPE ", Signature=" ZEROS ", SignedHeaders=%066000d", 0);
    CHECK(!parse(header, "x-amz-date", "20150830T123600Z"));
    CHECK_STR(error.code, "IncompleteSignature");
    snprintf(header, sizeof header, "%s&X-Amz-Security-Token=%066000d", PRESIGNED, 0);
    CHECK(!parse_target(header));
    CHECK_STR(error.code, "IncompleteSignature");
    CHECK(strstr(error.message, "security token") != NULL);
}

/* ---- checking ---- */

static char an_id[] = "AKIDEXAMPLE", a_secret[] = "secret";
static const struct keys keys = {.access_key_id = an_id, .secret_access_key = a_secret};

/* A request signed by ourselves, which a case then spoils. */
struct signed_request {
    struct http_header headers[8];
    struct sigv4_incoming incoming;
    struct sigv4_result result;
};

static void sign(struct signed_request *request, const struct http_header *extra, size_t count) {
    struct sigv4_request plain = {.method = "POST",
                                  .url = "https://h/p?q=1",
                                  .headers = extra,
                                  .header_count = count,
                                  .body = "body",
                                  .body_length = 4,
                                  .region = "us-east-1",
                                  .service = "drs",
                                  .time_s = NOON};
    memset(request, 0, sizeof *request);
    CHECK(sigv4_sign(&plain, &keys, NULL, &request->result, &error));
    request->headers[0] = (struct http_header){"host", "h"};
    request->headers[1] = (struct http_header){"x-amz-date", request->result.date};
    request->headers[2] = (struct http_header){"authorization", request->result.authorization.data};
    memcpy(request->headers + 3, extra, count * sizeof *extra);
    request->incoming = (struct sigv4_incoming){.method = "POST",
                                                .target = "/p?q=1",
                                                .headers = request->headers,
                                                .header_count = 3 + count,
                                                .body = "body",
                                                .body_length = 4};
}

/* "" if it is accepted, else the code. */
static const char *verdict(struct signed_request *request, int64_t now_s) {
    struct sigv4_result texts;
    bool good;
    sigv4_verify_clear(&claim);
    memset(&error, 0, sizeof error);
    if (!sigv4_verify_parse(&request->incoming, &claim, &error)) {
        return error.code;
    }
    good = sigv4_verify(&request->incoming, &claim, "secret", now_s, 300, NULL, &texts, &error);
    sigv4_result_clear(&texts);
    return good ? "" : error.code;
}

static void times(void) {
    struct signed_request request;
    static const struct http_header none[1];
    sign(&request, none, 0);
    CHECK_STR(verdict(&request, NOON), "");
    CHECK_STR(verdict(&request, NOON + 300), "");
    CHECK_STR(verdict(&request, NOON - 300), "");
    CHECK_STR(verdict(&request, NOON + 301), "SignatureDoesNotMatch");
    CHECK_STR(error.message,
              "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)");
    CHECK_STR(verdict(&request, NOON - 301), "SignatureDoesNotMatch");
    CHECK_STR(error.message,
              "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)");
    request.headers[1].value = "20150831T003600Z"; /* another day than the scope's */
    CHECK_STR(verdict(&request, NOON + 43200), "SignatureDoesNotMatch");
    CHECK(strstr(error.message, "'20150830' != '20150831'") != NULL);
    sigv4_result_clear(&request.result);
}

static void presigned_times(void) {
    struct sigv4_request plain = {
        .method = "GET", .url = "https://h/", .region = "us-east-1", .service = "sts", .time_s = NOON};
    struct http_header host = {"host", "h"};
    struct signed_request request = {.incoming = {.method = "GET", .headers = &host, .header_count = 1}};
    CHECK(sigv4_presign(&plain, &keys, 60, NULL, &request.result, &error));
    request.incoming.target = request.result.authorization.data + strlen("https://h");
    CHECK_STR(verdict(&request, NOON), "");
    CHECK_STR(verdict(&request, NOON + 60), "");
    CHECK_STR(verdict(&request, NOON + 61), "RequestExpired");
    CHECK_STR(verdict(&request, NOON - 300), "");
    CHECK_STR(verdict(&request, NOON - 301), "SignatureDoesNotMatch");
    sigv4_result_clear(&request.result);
}

static void what_decides_must_be_signed(void) {
    static const char *const names[] = {"X-Amz-Target", "X-Amz-Security-Token", "X-Amz-Content-Sha256"};
    static const struct http_header none[1];
    struct signed_request request;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        sign(&request, none, 0);
        request.headers[request.incoming.header_count++] = (struct http_header){names[i], "added"};
        CHECK_STR(verdict(&request, NOON), "SignatureDoesNotMatch");
        CHECK(strstr(error.message, "must be a 'SignedHeader'") != NULL);
        sigv4_result_clear(&request.result);
    }
    sign(&request, none, 0);
    request.headers[request.incoming.header_count++] = (struct http_header){"X-Forwarded-For", "proxies add this"};
    CHECK_STR(verdict(&request, NOON), "");
    memcpy(strstr(request.result.authorization.data, "host;"), "hose;", 5);
    CHECK_STR(verdict(&request, NOON), "SignatureDoesNotMatch");
    CHECK(strstr(error.message, "'Host'") != NULL);
    sigv4_result_clear(&request.result);
}

static void payload_hashes(void) {
    struct http_header hash = {"x-amz-content-sha256", "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5"};
    struct signed_request request;
    sign(&request, &hash, 1);
    CHECK_STR(verdict(&request, NOON), "");
    request.incoming.body = "BODY";
    CHECK_STR(verdict(&request, NOON), "SignatureDoesNotMatch");
    CHECK(strstr(error.message, "'x-amz-content-sha256' header does not match") != NULL);
    sigv4_result_clear(&request.result);
    hash.value = "UNSIGNED-PAYLOAD";
    sign(&request, &hash, 1);
    CHECK_STR(verdict(&request, NOON), "");
    request.incoming.body = "BODY";
    CHECK_STR(verdict(&request, NOON), ""); /* that is what the signer wanted */
    request.headers[3].value = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    CHECK_STR(verdict(&request, NOON), "SignatureDoesNotMatch");
    sigv4_result_clear(&request.result);
}

static void changed_requests(void) {
    static const struct http_header target = {"X-Amz-Target", "Service.Operation"};
    struct signed_request request;
    sign(&request, &target, 1);
    CHECK_STR(verdict(&request, NOON), "");
    request.incoming.target = "/p?q=2";
    CHECK_STR(verdict(&request, NOON), "SignatureDoesNotMatch");
    request.incoming.target = "/q?q=1";
    CHECK_STR(verdict(&request, NOON), "SignatureDoesNotMatch");
    request.incoming.target = "/p?q=1";
    request.headers[0].value = "other";
    CHECK_STR(verdict(&request, NOON), "SignatureDoesNotMatch");
    request.headers[0].value = " h ";
    CHECK_STR(verdict(&request, NOON), "");
    request.headers[3].value = "Service.Other";
    CHECK_STR(verdict(&request, NOON), "SignatureDoesNotMatch");
    request.headers[3].value = "Service.Operation";
    request.headers[request.incoming.header_count++] = request.headers[3]; /* twice */
    CHECK_STR(verdict(&request, NOON), "SignatureDoesNotMatch");
    request.incoming.header_count--;
    request.result.authorization.length -= 10; /* a shorter signature */
    request.result.authorization.data[request.result.authorization.length] = '\0';
    CHECK_STR(verdict(&request, NOON), "SignatureDoesNotMatch");
    sigv4_result_clear(&request.result);
}

int main(void) {
    header_forms();
    refused_header_forms();
    query_forms();
    too_long_fields_are_refused();
    times();
    presigned_times();
    what_decides_must_be_signed();
    payload_hashes();
    changed_requests();
    sigv4_verify_clear(&claim);
    sigv4_verify_clear(&claim);
    return check_report();
}
