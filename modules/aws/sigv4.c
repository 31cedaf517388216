#include "aws/sigv4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/sigv4a.h"
#include "base/digest.h"

enum { TEXT_LIMIT = 1024 * 1024, DAY_LENGTH = 8, MAX_EXPIRES_S = 7 * 24 * 60 * 60, OWN_HEADERS = 4 };

static const char EMPTY_HASH[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/* By which of the two a request is signed, as the signature says it. */
static const char *algorithm_of(const struct sigv4_request *request) {
    return request->region_set != NULL ? "AWS4-ECDSA-P256-SHA256" : "AWS4-HMAC-SHA256";
}

/* What proxies add, change or take away, and what the signature itself brings. */
static bool is_signable(const struct sigv4_request *request, const char *name) {
    static const char *const not_signed[] = {
        "authorization", "cache-control",        "connection", "expect",     "from",
        "keep-alive",    "max-forwards",         "pragma",     "referer",    "te",
        "trailer",       "transfer-encoding",    "upgrade",    "user-agent", "x-amzn-trace-id",
        "x-amz-date",    "x-amz-security-token",
    };
    for (size_t i = 0; i < sizeof not_signed / sizeof *not_signed; i++) {
        if (strcasecmp(name, not_signed[i]) == 0) {
            return false;
        }
    }
    return request->region_set == NULL || strcasecmp(name, "x-amz-region-set") != 0;
}

/* All that one signature needs while it is made. */
struct work {
    struct uri uri;
    struct buffer host;
    struct buffer query; /* of the presigned URL */
    struct buffer signed_headers;
    struct http_header *headers;
    size_t header_count;
    char hash[65];
    char day[DAY_LENGTH + 1];
    char scope[256];
    struct sigv4_message message;
};

static void work_clear(struct work *work) {
    buffer_clear(&work->host);
    buffer_clear_secure(&work->query); /* it may hold the token */
    buffer_clear(&work->signed_headers);
    free(work->headers);
}

/* Of a few old services the signing name has capital letters: IoTSecuredTunneling. */
static bool is_name(const char *text, bool with_capitals) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";
    const char *allowed = with_capitals ? letters : letters + 26;
    return *text != '\0' && strlen(text) < 64 && text[strspn(text, allowed)] == '\0';
}

/* "*", "us-east-1", "us-east-1,eu-*" */
static bool is_region_set(const char *text) {
    return *text != '\0' && text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-*,")] == '\0';
}

static bool check_scope(const struct sigv4_request *request, struct error *error) {
    if (!is_name(request->service, true) || (request->region_set == NULL && !is_name(request->region, false))) {
        return error_set(error, "SIGV4_SCOPE",
                         "region and service are names of letters, digits and -, not \"%.64s\" and \"%.64s\"",
                         request->region != NULL ? request->region : "", request->service);
    }
    return request->region_set == NULL || is_region_set(request->region_set) ||
           error_set(error, "SIGV4_SCOPE", "a region set is names of regions with commas between them, or *, not \"%.64s\"",
                     request->region_set);
}

static void write_scope(struct work *work, const struct sigv4_request *request) {
    if (request->region_set != NULL) {
        snprintf(work->scope, sizeof work->scope, "%s/%s/aws4_request", work->day, request->service);
    } else {
        snprintf(work->scope, sizeof work->scope, "%s/%s/%s/aws4_request", work->day, request->region, request->service);
    }
}

static bool hash_payload(struct work *work, const struct sigv4_request *request) {
    unsigned char hash[DIGEST_SHA256_BYTES];
    for (size_t i = 0; i < request->header_count; i++) {
        if (strcasecmp(request->headers[i].name, "x-amz-content-sha256") == 0) {
            work->message.payload_hash = request->headers[i].value;
            return true;
        }
    }
    work->message.payload_hash = request->unsigned_payload ? "UNSIGNED-PAYLOAD"
                                 : request->payload_hash   ? request->payload_hash
                                 : request->body_length    ? work->hash
                                                           : EMPTY_HASH;
    if (work->message.payload_hash == work->hash) {
        if (!digest_sha256(request->body, request->body_length, hash)) {
            return false;
        }
        digest_hex(hash, sizeof hash, work->hash);
    }
    return true;
}

/* Reads URL and scope, and collects the headers; room for OWN_HEADERS is left. */
static bool prepare(struct work *work, const struct sigv4_request *request, struct sigv4_result *result, struct error *error) {
    bool has_host = false;
    memset(work, 0, sizeof *work);
    buffer_init(&work->host, TEXT_LIMIT);
    buffer_init_secure(&work->query, TEXT_LIMIT);
    buffer_init(&work->signed_headers, TEXT_LIMIT);
    buffer_init_secure(&result->authorization, TEXT_LIMIT);
    buffer_init_secure(&result->canonical_request, TEXT_LIMIT);
    buffer_init(&result->string_to_sign, TEXT_LIMIT);
    if (!uri_split(request->url, &work->uri)) {
        return error_set(error, "SIGV4_URL", "cannot sign a request for what is not a URL");
    }
    if (!check_scope(request, error)) {
        return false;
    }
    sigv4_canonical_format_date(request->time_s, result->date);
    snprintf(work->day, sizeof work->day, "%.8s", result->date);
    write_scope(work, request);
    work->headers = calloc(request->header_count + OWN_HEADERS, sizeof *work->headers);
    if (work->headers == NULL || !hash_payload(work, request)) {
        return error_set(error, "NO_MEMORY", "no memory for a signature");
    }
    for (size_t i = 0; i < request->header_count; i++) {
        if (is_signable(request, request->headers[i].name)) {
            work->headers[work->header_count++] = request->headers[i];
            has_host = has_host || strcasecmp(request->headers[i].name, "host") == 0;
        }
    }
    if (!has_host) {
        if (!uri_write_host(&work->host, &work->uri)) {
            return error_set(error, "NO_MEMORY", "no memory for a signature");
        }
        work->headers[work->header_count++] = (struct http_header){"host", work->host.data};
    }
    work->message.method = request->method;
    work->message.path = work->uri.path;
    work->message.query = work->uri.query;
    work->message.headers = work->headers;
    work->message.keep_path = request->keep_path;
    work->message.encode_once = request->encode_once;
    return true;
}

/* Canonical request, string to sign, signature. */
static bool compute(struct work *work, const struct sigv4_request *request, const struct keys *keys,
                    struct sigv4_key_cache *cache, struct sigv4_result *result, char signature[SIGV4A_SIGNATURE_SIZE]) {
    struct buffer names; /* in presigned URLs they were written before */
    bool good;
    buffer_init(&names, TEXT_LIMIT);
    work->message.header_count = work->header_count;
    good = sigv4_canonical_write(&result->canonical_request, &names, &work->message, NULL) &&
           sigv4_canonical_string_to_sign(&result->string_to_sign, algorithm_of(request), result->date, work->scope,
                                          &result->canonical_request);
    if (good) {
        good = request->region_set != NULL ? sigv4a_signature(keys, &result->string_to_sign, signature)
                                           : sigv4_key_signature(cache, keys->secret_access_key, work->day, request->region,
                                                                 request->service, &result->string_to_sign, signature);
    }
    if (good && work->signed_headers.length == 0) {
        good = buffer_append(&work->signed_headers, names.data, names.length);
    }
    buffer_clear(&names);
    return good;
}

bool sigv4_sign(const struct sigv4_request *request, const struct keys *keys, struct sigv4_key_cache *cache,
                struct sigv4_result *result, struct error *error) {
    struct work work;
    char signature[SIGV4A_SIGNATURE_SIZE];
    bool good = prepare(&work, request, result, error);

    if (good) {
        work.headers[work.header_count++] = (struct http_header){"x-amz-date", result->date};
        if (keys->session_token != NULL) {
            work.headers[work.header_count++] = (struct http_header){"x-amz-security-token", keys->session_token};
        }
        if (request->region_set != NULL) {
            work.headers[work.header_count++] = (struct http_header){"x-amz-region-set", request->region_set};
        }
        good =
            compute(&work, request, keys, cache, result, signature) &&
            buffer_append_format(&result->authorization, "%s Credential=%s/%s, SignedHeaders=%s, Signature=%s",
                                 algorithm_of(request), keys->access_key_id, work.scope, work.signed_headers.data, signature);
        if (!good) {
            error_set(error, "NO_MEMORY", "no memory for a signature, or headers of over a mebibyte");
        }
    }
    work_clear(&work);
    return good;
}

static void add_parameter(struct buffer *query, const char *name, const char *value) {
    buffer_append_string(query, query->length > 0 ? "&" : "");
    buffer_append_string(query, name);
    buffer_append_byte(query, '=');
    uri_encode(query, value, strlen(value), false);
}

/* The URL's own parameters, then the signature's but the signature itself. */
static bool write_presigned_query(struct work *work, const struct sigv4_request *request, const struct keys *keys,
                                  int64_t expires_s, const char *date) {
    struct buffer *query = &work->query;
    struct buffer unused, credential;
    char seconds[24];
    bool good;

    buffer_init(&unused, TEXT_LIMIT);
    buffer_init(&credential, TEXT_LIMIT);
    work->message.header_count = work->header_count;
    good = sigv4_canonical_write(&unused, &work->signed_headers, &work->message, NULL) && /* for the names of the headers */
           buffer_append_format(&credential, "%s/%s", keys->access_key_id, work->scope);
    snprintf(seconds, sizeof seconds, "%lld", (long long)expires_s);
    if (good) {
        buffer_append(query, work->uri.query.text, work->uri.query.length);
        add_parameter(query, "X-Amz-Algorithm", algorithm_of(request));
        add_parameter(query, "X-Amz-Credential", credential.data);
        add_parameter(query, "X-Amz-Date", date);
        if (request->region_set != NULL) {
            add_parameter(query, "X-Amz-Region-Set", request->region_set);
        }
        add_parameter(query, "X-Amz-Expires", seconds);
        add_parameter(query, "X-Amz-SignedHeaders", work->signed_headers.data);
        if (keys->session_token != NULL) {
            add_parameter(query, "X-Amz-Security-Token", keys->session_token);
        }
    }
    buffer_clear(&unused);
    buffer_clear(&credential);
    return good && !query->failed;
}

bool sigv4_presign(const struct sigv4_request *request, const struct keys *keys, int64_t expires_s,
                   struct sigv4_key_cache *cache, struct sigv4_result *result, struct error *error) {
    struct work work;
    char signature[SIGV4A_SIGNATURE_SIZE];
    bool good = prepare(&work, request, result, error);

    if (good && (expires_s < 1 || expires_s > MAX_EXPIRES_S)) {
        good = error_set(error, "SIGV4_EXPIRES", "a signed URL is good for 1 to %d seconds, not for %lld", (int)MAX_EXPIRES_S,
                         (long long)expires_s);
    } else if (good) {
        good = write_presigned_query(&work, request, keys, expires_s, result->date);
        work.message.query = (struct uri_span){work.query.data, work.query.length};
        good = good && compute(&work, request, keys, cache, result, signature) &&
               buffer_append(&result->authorization, request->url, strcspn(request->url, "?#")) &&
               buffer_append_format(&result->authorization, "?%s&X-Amz-Signature=%s", work.query.data, signature);
        if (!good) {
            error_set(error, "NO_MEMORY", "no memory for a signature, or headers of over a mebibyte");
        }
    }
    work_clear(&work);
    return good;
}

void sigv4_result_clear(struct sigv4_result *result) {
    buffer_clear_secure(&result->authorization);
    buffer_clear_secure(&result->canonical_request);
    buffer_clear_secure(&result->string_to_sign);
    memset(result, 0, sizeof *result);
}
