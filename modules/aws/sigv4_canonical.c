#include "aws/sigv4_canonical.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/digest.h"

/* ---- headers ---- */

static int compare_headers(const void *left, const void *right) {
    const struct http_header *const *a = left, *const *b = right;
    int order = strcasecmp((*a)->name, (*b)->name);
    return order != 0 ? order : (*a > *b) - (*a < *b); /* of one name, in the order in which they came */
}

static void write_lower(struct buffer *out, const char *text) {
    for (; *text != '\0'; text++) {
        buffer_append_byte(out, *text >= 'A' && *text <= 'Z' ? (char)(*text | 0x20) : *text);
    }
}

/* Without white space around it, and with one space for each run of it within. */
static void write_trimmed(struct buffer *out, const char *value) {
    static const char white[] = " \t\r\n\v\f";
    value += strspn(value, white);
    while (*value != '\0') {
        size_t word = strcspn(value, white);
        buffer_append(out, value, word);
        value += word;
        value += strspn(value, white);
        if (*value != '\0') {
            buffer_append_byte(out, ' ');
        }
    }
}

bool sigv4_canonical_lists(const char *names, const char *name) {
    size_t length = strlen(name);
    while (*names != '\0') {
        size_t part = strcspn(names, ";");
        if (part == length && strncasecmp(names, name, length) == 0) {
            return true;
        }
        names += part;
        names += *names == ';';
    }
    return false;
}

static bool write_headers(struct buffer *out, struct buffer *signed_headers, const struct sigv4_message *message,
                          const char *only) {
    const struct http_header **sorted = calloc(message->header_count + 1, sizeof *sorted);
    size_t count = 0;
    if (sorted == NULL) {
        return false;
    }
    for (size_t i = 0; i < message->header_count; i++) {
        if (only == NULL || sigv4_canonical_lists(only, message->headers[i].name)) {
            sorted[count++] = &message->headers[i];
        }
    }
    qsort(sorted, count, sizeof *sorted, compare_headers);
    for (size_t i = 0; i < count; i++) {
        bool again = i > 0 && strcasecmp(sorted[i]->name, sorted[i - 1]->name) == 0;
        if (again) {
            out->data[out->length - 1] = ','; /* goes on in the line before */
        } else {
            buffer_append_string(signed_headers, i > 0 ? ";" : "");
            write_lower(signed_headers, sorted[i]->name);
            write_lower(out, sorted[i]->name);
            buffer_append_byte(out, ':');
        }
        write_trimmed(out, sorted[i]->value);
        if (!buffer_append_byte(out, '\n')) {
            break;
        }
    }
    free(sorted);
    return !out->failed && !signed_headers->failed;
}

/* ---- the whole ---- */

static bool write_path(struct buffer *out, const struct sigv4_message *message) {
    struct buffer normal;
    bool good;
    buffer_init(&normal, message->path.length + 1);
    good = message->keep_path ? buffer_append(&normal, message->path.text, message->path.length)
                              : uri_write_normal_path(&normal, message->path.text, message->path.length);
    if (good && normal.length == 0) {
        good = buffer_append_byte(&normal, '/');
    }
    if (good) {
        good = message->encode_once ? buffer_append(out, normal.data, normal.length)
                                    : uri_encode(out, normal.data, normal.length, true);
    }
    buffer_clear(&normal);
    return good;
}

bool sigv4_canonical_write(struct buffer *out, struct buffer *signed_headers, const struct sigv4_message *message,
                           const char *only) {
    size_t start = signed_headers->length;
    buffer_append_string(out, message->method);
    buffer_append_byte(out, '\n');
    if (!write_path(out, message) || !buffer_append_byte(out, '\n') ||
        !uri_write_canonical_query(out, message->query.text, message->query.length, "X-Amz-Signature") ||
        !buffer_append_byte(out, '\n') || !write_headers(out, signed_headers, message, only)) {
        return false;
    }
    buffer_append_byte(out, '\n');
    if (signed_headers->length > start) {
        buffer_append(out, signed_headers->data + start, signed_headers->length - start);
    }
    buffer_append_byte(out, '\n');
    return buffer_append_string(out, message->payload_hash);
}

bool sigv4_canonical_string_to_sign(struct buffer *out, const char *algorithm, const char *date, const char *scope,
                                    const struct buffer *canonical) {
    unsigned char hash[DIGEST_SHA256_BYTES];
    char hex[2 * DIGEST_SHA256_BYTES + 1];
    if (!digest_sha256(canonical->data, canonical->length, hash)) {
        return false;
    }
    digest_hex(hash, sizeof hash, hex);
    return buffer_append_format(out, "%s\n%s\n%s\n%s", algorithm, date, scope, hex);
}

/* ---- dates ---- */

void sigv4_canonical_format_date(int64_t time_s, char date[SIGV4_DATE_SIZE]) {
    time_t seconds = (time_t)time_s;
    struct tm parts;
    if (gmtime_r(&seconds, &parts) == NULL || parts.tm_year < -1900 || parts.tm_year > 8099 ||
        strftime(date, SIGV4_DATE_SIZE, "%Y%m%dT%H%M%SZ", &parts) != SIGV4_DATE_SIZE - 1) {
        snprintf(date, SIGV4_DATE_SIZE, "00000000T000000Z"); /* outside the years 0 to 9999: no server takes it */
    }
}

bool sigv4_canonical_parse_date(const char *date, int64_t *time_s) {
    char again[SIGV4_DATE_SIZE];
    struct tm parts = {0};
    const char *end = strptime(date, "%Y%m%dT%H%M%SZ", &parts);
    if (end == NULL || *end != '\0' || strlen(date) != SIGV4_DATE_SIZE - 1) {
        return false;
    }
    *time_s = (int64_t)timegm(&parts);
    sigv4_canonical_format_date(*time_s, again);
    return strcmp(again, date) == 0; /* the 31st of February is none */
}
