#include "base/uri.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"

static bool is_unreserved(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
           c == '~';
}

/* The byte that "%XX" at `at` stands for, -1 if it is none. */
static int decoded_byte(const char *text, size_t length, size_t at) {
    unsigned char byte;
    return text[at] == '%' && length - at >= 3 && digest_unhex(text + at + 1, 2, &byte) ? byte : -1;
}

static bool encode_byte(struct buffer *out, unsigned char byte) {
    static const char digits[] = "0123456789ABCDEF";
    char encoded[3] = {'%', digits[byte >> 4], digits[byte & 15]};
    return buffer_append(out, encoded, 3);
}

bool uri_encode(struct buffer *out, const char *text, size_t length, bool keep_slash) {
    for (size_t i = 0; i < length; i++) {
        if (is_unreserved(text[i]) || (keep_slash && text[i] == '/')) {
            buffer_append_byte(out, text[i]);
        } else {
            encode_byte(out, (unsigned char)text[i]);
        }
    }
    return !out->failed;
}

bool uri_decode(struct buffer *out, const char *text, size_t length, bool plus_is_space) {
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '%') {
            int byte = decoded_byte(text, length, i);
            if (byte < 0) {
                return false;
            }
            buffer_append_byte(out, (char)byte);
            i += 2;
        } else {
            buffer_append_byte(out, plus_is_space && text[i] == '+' ? ' ' : text[i]);
        }
    }
    return !out->failed;
}

/* ---- splitting ---- */

static struct uri_span span(const char *from, const char *to) {
    return (struct uri_span){from, (size_t)(to - from)};
}

static bool split_authority(const char *at, const char *end, struct uri *uri) {
    const char *host_end = at;
    if (memchr(at, '@', (size_t)(end - at)) != NULL) {
        return false;
    }
    if (*at == '[') {
        host_end = memchr(at, ']', (size_t)(end - at));
        if (host_end == NULL || host_end - at < 3) {
            return false;
        }
        host_end++;
    } else {
        while (host_end < end && *host_end != ':') {
            host_end++;
        }
    }
    uri->host = span(at, host_end);
    uri->port = span(end, end);
    if (host_end < end) {
        if (*host_end != ':' || end - host_end < 2 || end - host_end > 6) {
            return false;
        }
        uri->port = span(host_end + 1, end);
        for (const char *digit = host_end + 1; digit < end; digit++) {
            if (*digit < '0' || *digit > '9') {
                return false;
            }
        }
    }
    return uri->host.length > 0;
}

bool uri_split(const char *text, struct uri *uri) {
    const char *colon = strstr(text, "://");
    const char *authority, *path, *end;

    for (const char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at <= ' ' || *at == 0x7f) {
            return false;
        }
    }
    if (colon == NULL || colon == text) {
        return false;
    }
    for (const char *at = text; at < colon; at++) {
        bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z');
        if (!letter && (at == text || strchr("0123456789+-.", *at) == NULL)) {
            return false;
        }
    }
    authority = colon + 3;
    path = authority + strcspn(authority, "/?#");
    uri->scheme = span(text, colon);
    if (!split_authority(authority, path, uri)) {
        return false;
    }
    end = path + strcspn(path, "?#");
    uri->path = end > path ? span(path, end) : (struct uri_span){"/", 1};
    uri->query = *end == '?' ? span(end + 1, end + 1 + strcspn(end + 1, "#")) : span(end, end);
    return true;
}

static bool is(struct uri_span span_, const char *text) {
    return span_.length == strlen(text) && strncasecmp(span_.text, text, span_.length) == 0;
}

bool uri_write_host(struct buffer *out, const struct uri *uri) {
    bool usual = uri->port.length == 0 || (is(uri->scheme, "https") && is(uri->port, "443")) ||
                 (is(uri->scheme, "http") && is(uri->port, "80"));
    buffer_append(out, uri->host.text, uri->host.length);
    if (!usual) {
        buffer_append_byte(out, ':');
        buffer_append(out, uri->port.text, uri->port.length);
    }
    return !out->failed;
}

/* ---- as AWS signs it ---- */

bool uri_next_parameter(struct uri_span *query, struct uri_span *name, struct uri_span *value) {
    while (query->length > 0) {
        const char *end = query->text + query->length;
        const char *stop = memchr(query->text, '&', query->length);
        const char *piece_end = stop != NULL ? stop : end;
        struct uri_span piece = span(query->text, piece_end);
        const char *equals = memchr(piece.text, '=', piece.length);

        *query = span(stop != NULL ? stop + 1 : end, end);
        if (piece.length > 0) {
            *name = span(piece.text, equals != NULL ? equals : piece_end);
            *value = span(equals != NULL ? equals + 1 : piece_end, piece_end);
            return true;
        }
    }
    return false;
}

/* Decodes and encodes again, so that every spelling of a text becomes one. */
static void write_one_spelling(struct buffer *out, struct uri_span from) {
    for (size_t i = 0; i < from.length; i++) {
        int byte = decoded_byte(from.text, from.length, i);
        char c = byte >= 0 ? (char)byte : from.text[i];
        uri_encode(out, &c, 1, false);
        i += byte >= 0 ? 2 : 0;
    }
}

/* A parameter in its one spelling: where it lies in the scratch buffer. */
struct parameter {
    const char *text;
    size_t name, value; /* their lengths; the value begins behind the name */
};

static int compare_bytes(const char *a, size_t a_length, const char *b, size_t b_length) {
    int order = memcmp(a, b, a_length < b_length ? a_length : b_length);
    return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

static int compare_parameters(const void *left, const void *right) {
    const struct parameter *a = left, *b = right;
    int order = compare_bytes(a->text, a->name, b->text, b->name);
    return order != 0 ? order : compare_bytes(a->text + a->name, a->value, b->text + b->name, b->value);
}

bool uri_write_canonical_query(struct buffer *out, const char *query, size_t length, const char *leave_out) {
    struct uri_span rest = {query, length}, name, value;
    struct buffer scratch;
    struct parameter *parameters;
    size_t count = 0, most = 1, at = 0;

    for (size_t i = 0; i < length; i++) {
        most += query[i] == '&';
    }
    parameters = calloc(most, sizeof *parameters);
    buffer_init_secure(&scratch, length * 3); /* a presigned query may hold a session token */
    buffer_append(&scratch, "", 0);           /* so that even nothing has a place */
    while (parameters != NULL && uri_next_parameter(&rest, &name, &value)) {
        size_t start = scratch.length;
        write_one_spelling(&scratch, name);
        parameters[count].name = scratch.length - start;
        if (leave_out != NULL && parameters[count].name == strlen(leave_out) && scratch.data != NULL &&
            memcmp(scratch.data + start, leave_out, parameters[count].name) == 0) {
            scratch.length = start;
            continue;
        }
        write_one_spelling(&scratch, value);
        parameters[count].value = scratch.length - start - parameters[count].name;
        count++;
    }
    if (parameters == NULL || scratch.failed) {
        out->failed = true;
    } else if (count > 0) {
        for (size_t i = 0; i < count; i++) { /* only now does the scratch stay where it is */
            parameters[i].text = scratch.data + at;
            at += parameters[i].name + parameters[i].value;
        }
        qsort(parameters, count, sizeof *parameters, compare_parameters);
        for (size_t i = 0; i < count; i++) {
            buffer_append_string(out, i > 0 ? "&" : "");
            buffer_append(out, parameters[i].text, parameters[i].name);
            buffer_append_byte(out, '=');
            buffer_append(out, parameters[i].text + parameters[i].name, parameters[i].value);
        }
    }
    free(parameters);
    buffer_clear(&scratch);
    return !out->failed;
}

bool uri_write_normal_path(struct buffer *out, const char *path, size_t length) {
    size_t start = out->length; /* nothing before this is ours */
    const char *end = path + length;

    while (path < end) {
        const char *slash = memchr(path, '/', (size_t)(end - path));
        struct uri_span segment = span(path, slash != NULL ? slash : end);
        path = slash != NULL ? slash + 1 : end;
        if (segment.length == 2 && memcmp(segment.text, "..", 2) == 0) {
            while (out->length > start && out->data[--out->length] != '/') {
            }
        } else if (segment.length > 0 && !(segment.length == 1 && *segment.text == '.')) {
            buffer_append_byte(out, '/');
            buffer_append(out, segment.text, segment.length);
        }
    }
    if (out->length == start || (length > 0 && end[-1] == '/')) {
        buffer_append_byte(out, '/');
    }
    if (out->data != NULL) {
        out->data[out->length] = '\0';
    }
    return !out->failed;
}
