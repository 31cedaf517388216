#include "aws/sigv4_verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/digest.h"
#include "base/uri.h"

enum { FIELD_LIMIT = 64 * 1024, TEXT_LIMIT = 1024 * 1024, MAX_EXPIRES_S = 7 * 24 * 60 * 60 };

static const char ALGORITHM[] = "AWS4-HMAC-SHA256";

static const char *find_header(const struct sigv4_incoming *incoming, const char *name) {
    for (size_t i = 0; i < incoming->header_count; i++) {
        if (strcasecmp(incoming->headers[i].name, name) == 0) {
            return incoming->headers[i].value;
        }
    }
    return NULL;
}

static struct uri_span query_of(const struct sigv4_incoming *incoming) {
    const char *mark = strchr(incoming->target, '?');
    return mark != NULL ? (struct uri_span){mark + 1, strlen(mark + 1)} : (struct uri_span){"", 0};
}

/* Appends the decoded value of a query parameter; false if it is not there. */
static bool find_parameter(const struct sigv4_incoming *incoming, const char *wanted, struct buffer *out) {
    struct uri_span query = query_of(incoming), name, value;
    while (uri_next_parameter(&query, &name, &value)) {
        if (name.length == strlen(wanted) && memcmp(name.text, wanted, name.length) == 0) {
            return uri_decode(out, value.text, value.length, false) && buffer_append(out, "", 0);
        }
    }
    return false;
}

/* ---- reading the claim ---- */

static bool copy_part(char *to, size_t size, const char *from, size_t length) {
    if (length == 0 || length >= size || memchr(from, '\0', length) != NULL) {
        return false;
    }
    memcpy(to, from, length);
    to[length] = '\0';
    return true;
}

/* keyid/20150830/us-east-1/iam/aws4_request */
static bool read_credential(struct sigv4_claim *claim, const char *text, size_t length, struct error *error) {
    struct {
        char *to;
        size_t size;
    } parts[] = {{claim->access_key_id, sizeof claim->access_key_id},
                 {claim->day, sizeof claim->day},
                 {claim->region, sizeof claim->region},
                 {claim->service, sizeof claim->service}};
    const char *at = text, *end = text + length;
    bool good = true;

    for (size_t i = 0; good && i < sizeof parts / sizeof *parts; i++) {
        const char *slash = memchr(at, '/', (size_t)(end - at));
        good = slash != NULL && copy_part(parts[i].to, parts[i].size, at, (size_t)(slash - at));
        at = good ? slash + 1 : at;
    }
    if (!good || memchr(at, '/', (size_t)(end - at)) != NULL) {
        return error_set(
            error, "IncompleteSignature",
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '%.*s'",
            (int)(length < 200 ? length : 200), text);
    }
    if (end - at != 12 || memcmp(at, "aws4_request", 12) != 0) {
        return error_set(error, "SignatureDoesNotMatch",
                         "Credential should be scoped with a valid terminator: 'aws4_request', not '%.*s'.",
                         (int)(end - at < 100 ? end - at : 100), at);
    }
    return true;
}

/* The date as it stands in X-Amz-Date, or as old clients write Date. */
static bool read_date(struct sigv4_claim *claim, const char *text, struct error *error) {
    struct tm parts = {0};
    const char *end;
    if (sigv4_canonical_parse_date(text, &claim->time_s)) {
        memcpy(claim->date, text, sizeof claim->date);
        return true;
    }
    end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    if (end == NULL || *end != '\0') {
        return error_set(error, "IncompleteSignature", "Date must be in ISO-8601 'basic format'. Got '%.100s'.", text);
    }
    claim->time_s = (int64_t)timegm(&parts);
    sigv4_canonical_format_date(claim->time_s, claim->date);
    return true;
}

/* Finds NAME=value among the comma-separated parts of the Authorization header. */
static struct uri_span find_part(const char *header, const char *name) {
    size_t length = strlen(name);
    for (const char *at = header; *at != '\0'; at += *at == ',') {
        size_t part;
        at += strspn(at, " \t");
        part = strcspn(at, ",");
        if (part > length && strncmp(at, name, length) == 0 && at[length] == '=') {
            struct uri_span value = {at + length + 1, part - length - 1};
            while (value.length > 0 && strchr(" \t", value.text[value.length - 1]) != NULL) {
                value.length--;
            }
            return value;
        }
        at += part;
    }
    return (struct uri_span){NULL, 0};
}

static bool read_header_form(const struct sigv4_incoming *incoming, const char *header, struct sigv4_claim *claim,
                             struct error *error) {
    const char *date = find_header(incoming, "x-amz-date");
    const char *token = find_header(incoming, "x-amz-security-token");
    struct uri_span credential, names, signature;
    const char *parts;

    if (strncmp(header, ALGORITHM, sizeof ALGORITHM - 1) != 0 || strchr(" \t", header[sizeof ALGORITHM - 1]) == NULL) {
        return error_set(error, "IncompleteSignature", "Unsupported algorithm, only %s is known", ALGORITHM);
    }
    parts = header + sizeof ALGORITHM - 1;
    credential = find_part(parts, "Credential");
    names = find_part(parts, "SignedHeaders");
    signature = find_part(parts, "Signature");
    date = date != NULL ? date : find_header(incoming, "date");
    if (credential.text == NULL || signature.text == NULL || names.length == 0 || date == NULL) {
        return error_set(error, "IncompleteSignature", "%s%s%s%s",
                         credential.text ? "" : "Authorization header requires 'Credential' parameter. ",
                         signature.text ? "" : "Authorization header requires 'Signature' parameter. ",
                         names.length ? "" : "Authorization header requires 'SignedHeaders' parameter. ",
                         date ? "" : "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
    }
    if (!read_credential(claim, credential.text, credential.length, error) || !read_date(claim, date, error)) {
        return false;
    }
    if (!copy_part(claim->signature, sizeof claim->signature, signature.text, signature.length)) {
        return error_set(error, "IncompleteSignature", "Signature must have 64 hexadecimal digits");
    }
    return (buffer_append(&claim->signed_headers, names.text, names.length) &&
            buffer_append_string(&claim->session_token, token != NULL ? token : "")) ||
           error_set(error, "IncompleteSignature", "SignedHeaders or the security token is over 64 KiB");
}

static bool read_seconds(const char *text, int64_t *seconds) {
    char *end;
    long long value;
    errno = 0;
    value = strtoll(text, &end, 10);
    *seconds = value;
    return errno == 0 && end != text && *end == '\0' && value >= 1 && value <= MAX_EXPIRES_S;
}

static bool read_query_form(const struct sigv4_incoming *incoming, struct sigv4_claim *claim, struct error *error) {
    struct buffer value;
    bool good;
    buffer_init(&value, FIELD_LIMIT);
    claim->presigned = true;
    good =
        (find_parameter(incoming, "X-Amz-Algorithm", &value) && strcmp(value.data, ALGORITHM) == 0) ||
        error_set(error, "IncompleteSignature", "AWS query-string parameters must include 'X-Amz-Algorithm' of %s", ALGORITHM);
    buffer_reset(&value);
    good = good && (find_parameter(incoming, "X-Amz-Credential", &value) ||
                    error_set(error, "IncompleteSignature", "AWS query-string parameters must include 'X-Amz-Credential'"));
    good = good && read_credential(claim, value.data, value.length, error);
    buffer_reset(&value);
    good = good && (find_parameter(incoming, "X-Amz-Date", &value) ||
                    error_set(error, "IncompleteSignature", "AWS query-string parameters must include 'X-Amz-Date'"));
    good = good && read_date(claim, value.data, error);
    buffer_reset(&value);
    good = good && ((find_parameter(incoming, "X-Amz-Expires", &value) && read_seconds(value.data, &claim->expires_s)) ||
                    error_set(error, "IncompleteSignature",
                              "AWS query-string parameters must include 'X-Amz-Expires', from 1 to 604800 seconds"));
    buffer_reset(&value);
    good = good && ((find_parameter(incoming, "X-Amz-Signature", &value) &&
                     copy_part(claim->signature, sizeof claim->signature, value.data, value.length)) ||
                    error_set(error, "IncompleteSignature", "AWS query-string parameters must include 'X-Amz-Signature'"));
    good = good &&
           ((find_parameter(incoming, "X-Amz-SignedHeaders", &claim->signed_headers) && claim->signed_headers.length > 0) ||
            error_set(error, "IncompleteSignature", "AWS query-string parameters must include 'X-Amz-SignedHeaders'"));
    buffer_clear(&value);
    if (good) {
        find_parameter(incoming, "X-Amz-Security-Token", &claim->session_token); /* may be absent */
    }
    return good &&
           (!claim->session_token.failed || error_set(error, "IncompleteSignature", "the security token is over 64 KiB"));
}

bool sigv4_verify_parse(const struct sigv4_incoming *incoming, struct sigv4_claim *claim, struct error *error) {
    const char *header = find_header(incoming, "authorization");
    struct buffer value;
    bool in_query;

    memset(claim, 0, sizeof *claim);
    buffer_init(&claim->signed_headers, FIELD_LIMIT);
    buffer_init_secure(&claim->session_token, FIELD_LIMIT);
    if (header != NULL) {
        return read_header_form(incoming, header, claim, error);
    }
    buffer_init(&value, FIELD_LIMIT);
    in_query = find_parameter(incoming, "X-Amz-Algorithm", &value) || find_parameter(incoming, "X-Amz-Signature", &value);
    buffer_clear(&value);
    if (!in_query) {
        return error_set(error, "MissingAuthenticationToken", "Request is missing Authentication Token");
    }
    return read_query_form(incoming, claim, error);
}

void sigv4_verify_clear(struct sigv4_claim *claim) {
    buffer_clear(&claim->signed_headers);
    buffer_clear_secure(&claim->session_token);
}

/* ---- checking it ---- */

static bool check_time(const struct sigv4_claim *claim, int64_t now_s, int64_t max_skew_s, struct error *error) {
    char now[SIGV4_DATE_SIZE], bound[SIGV4_DATE_SIZE];
    if (memcmp(claim->date, claim->day, 8) != 0) {
        return error_set(
            error, "SignatureDoesNotMatch",
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%.8s'.",
            claim->day, claim->date);
    }
    sigv4_canonical_format_date(now_s, now);
    if (claim->time_s > now_s + max_skew_s) {
        sigv4_canonical_format_date(now_s + max_skew_s, bound);
        return error_set(error, "SignatureDoesNotMatch",
                         "Signature not yet current: %s is still later than %s (%s + %" PRId64 " min.)", claim->date, bound,
                         now, max_skew_s / 60);
    }
    if (claim->presigned) {
        return claim->time_s + claim->expires_s >= now_s || error_set(error, "RequestExpired", "Request has expired.");
    }
    if (claim->time_s < now_s - max_skew_s) {
        sigv4_canonical_format_date(now_s - max_skew_s, bound);
        return error_set(error, "SignatureDoesNotMatch", "Signature expired: %s is now earlier than %s (%s - %" PRId64 " min.)",
                         claim->date, bound, now, max_skew_s / 60);
    }
    return true;
}

/* Without these in the signature somebody in between could send the request elsewhere or make it another operation. */
static bool check_signed_headers(const struct sigv4_incoming *incoming, const struct sigv4_claim *claim, struct error *error) {
    static const char *const needed[] = {"x-amz-date", "x-amz-target", "x-amz-security-token", "x-amz-content-sha256"};
    if (!sigv4_canonical_lists(claim->signed_headers.data, "host")) {
        return error_set(error, "SignatureDoesNotMatch",
                         "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
    }
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (find_header(incoming, needed[i]) != NULL && !sigv4_canonical_lists(claim->signed_headers.data, needed[i])) {
            return error_set(error, "SignatureDoesNotMatch", "'%s' must be a 'SignedHeader' in the AWS Authorization.",
                             needed[i]);
        }
    }
    return true;
}

/* Which payload hash was signed; `computed` has room for the body's own. */
static bool payload_hash(const struct sigv4_incoming *incoming, const struct sigv4_claim *claim, char computed[65],
                         const char **hash, struct error *error) {
    unsigned char bytes[DIGEST_SHA256_BYTES];
    const char *header = find_header(incoming, "x-amz-content-sha256");
    *hash = computed;
    if (header != NULL ? strcmp(header, "UNSIGNED-PAYLOAD") == 0 : claim->presigned && strcmp(claim->service, "s3") == 0) {
        *hash = "UNSIGNED-PAYLOAD";
        return true;
    }
    if (!digest_sha256(incoming->body, incoming->body_length, bytes)) {
        return error_set(error, "NO_MEMORY", "no memory to check a signature");
    }
    digest_hex(bytes, sizeof bytes, computed);
    return header == NULL || strcmp(header, computed) == 0 ||
           error_set(error, "SignatureDoesNotMatch",
                     "The provided 'x-amz-content-sha256' header does not match what was computed.");
}

bool sigv4_verify(const struct sigv4_incoming *incoming, const struct sigv4_claim *claim, const char *secret, int64_t now_s,
                  int64_t max_skew_s, struct sigv4_key_cache *cache, struct sigv4_result *texts, struct error *error) {
    bool is_s3 = strcmp(claim->service, "s3") == 0;
    struct sigv4_message message = {.method = incoming->method,
                                    .headers = incoming->headers,
                                    .keep_path = is_s3,
                                    .encode_once = is_s3,
                                    .path = {incoming->target, strcspn(incoming->target, "?")},
                                    .query = query_of(incoming),
                                    .header_count = incoming->header_count};
    struct sigv4_result own;
    struct buffer names;
    char computed[65], scope[256], signature[65];
    bool good;

    texts = texts != NULL ? texts : &own;
    memset(texts, 0, sizeof *texts);
    buffer_init_secure(&texts->canonical_request, TEXT_LIMIT);
    buffer_init(&texts->string_to_sign, TEXT_LIMIT);
    if (!check_time(claim, now_s, max_skew_s, error) || !check_signed_headers(incoming, claim, error) ||
        !payload_hash(incoming, claim, computed, &message.payload_hash, error)) {
        return false;
    }
    snprintf(scope, sizeof scope, "%s/%s/%s/aws4_request", claim->day, claim->region, claim->service);
    buffer_init(&names, TEXT_LIMIT);
    good = (sigv4_canonical_write(&texts->canonical_request, &names, &message, claim->signed_headers.data) &&
            sigv4_canonical_string_to_sign(&texts->string_to_sign, ALGORITHM, claim->date, scope, &texts->canonical_request) &&
            sigv4_key_signature(cache, secret, claim->day, claim->region, claim->service, &texts->string_to_sign, signature)) ||
           error_set(error, "NO_MEMORY", "no memory to check a signature, or headers of over a mebibyte");
    buffer_clear(&names);
    good = good &&
           ((strlen(claim->signature) == 64 && digest_equal_constant_time(signature, claim->signature, 64)) ||
            error_set(error, "SignatureDoesNotMatch",
                      "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
                      "Access Key and signing method. Consult the service documentation for details."));
    if (texts == &own) {
        sigv4_result_clear(&own);
    }
    return good;
}
