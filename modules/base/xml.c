#include "base/xml.h"

#include <expat.h>
#include <limits.h>
#include <string.h>

enum { BYTES_LIMIT = 64 * 1024 * 1024, DEPTH_LIMIT = 200 };

struct reading {
    XML_Parser expat;
    struct buffer *tape;
    int depth;
    int depth_limit;
    bool in_text;        /* the last event is a text, which may go on */
    const char *stopped; /* the code, when it was us who stopped expat */
};

static void stop(struct reading *reading, const char *code) {
    if (reading->stopped == NULL) {
        reading->stopped = code;
        XML_StopParser(reading->expat, XML_FALSE);
    }
}

static void put(struct reading *reading, enum xml_event kind, const char *first, const char *second) {
    buffer_append_byte(reading->tape, (char)kind);
    if (first != NULL) {
        buffer_append(reading->tape, first, strlen(first) + 1);
    }
    if (second != NULL) {
        buffer_append(reading->tape, second, strlen(second) + 1);
    }
    reading->in_text = false;
    if (reading->tape->failed) {
        stop(reading, "NO_MEMORY");
    }
}

/* Expat may still call once or twice after it was stopped. */

static void started(void *context, const char *name, const char **attributes) {
    struct reading *reading = context;
    if (++reading->depth > reading->depth_limit) {
        stop(reading, "XML_TOO_DEEP");
    }
    if (reading->stopped != NULL) {
        return;
    }
    put(reading, XML_START, name, NULL);
    for (; *attributes != NULL; attributes += 2) {
        put(reading, XML_ATTRIBUTE, attributes[0], attributes[1]);
    }
}

static void ended(void *context, const char *name) {
    struct reading *reading = context;
    (void)name;
    reading->depth--;
    put(reading, XML_END, NULL, NULL);
}

static void found_text(void *context, const char *bytes, int count) {
    struct reading *reading = context;
    if (reading->in_text) {
        reading->tape->length--; /* the NUL of the piece before */
    } else {
        buffer_append_byte(reading->tape, XML_TEXT);
    }
    buffer_append(reading->tape, bytes, (size_t)count);
    buffer_append_byte(reading->tape, '\0');
    reading->in_text = !reading->tape->failed;
    if (reading->tape->failed) {
        stop(reading, "NO_MEMORY");
    }
}

static void found_doctype(void *context, const char *name, const char *system, const char *public, int has_subset) {
    (void)name;
    (void)system;
    (void)public;
    (void)has_subset;
    stop(context, "XML_DOCTYPE");
}

static bool report(const struct reading *reading, struct xml_place *place, struct error *error) {
    enum XML_Error what = XML_GetErrorCode(reading->expat);
    size_t line = (size_t)XML_GetCurrentLineNumber(reading->expat);
    size_t column = (size_t)XML_GetCurrentColumnNumber(reading->expat) + 1;
    const char *code = reading->stopped != NULL ? reading->stopped : what == XML_ERROR_NO_MEMORY ? "NO_MEMORY" : "INVALID_XML";
    const char *sentence = XML_ErrorString(what);

    if (place != NULL) {
        *place = (struct xml_place){line, column};
    }
    if (strcmp(code, "XML_TOO_DEEP") == 0) {
        sentence = "elements nested too deep";
    } else if (strcmp(code, "XML_DOCTYPE") == 0) {
        sentence = "a document type declaration, which is not taken";
    } else if (strcmp(code, "NO_MEMORY") == 0) {
        sentence = "no memory for what is in the document";
    }
    return error_set(error, code, "%s (line %zu, column %zu)", sentence, line, column);
}

bool xml_read(struct buffer *tape, const char *text, size_t length, const struct xml_limits *limits, struct xml_place *place,
              struct error *error) {
    size_t bytes = limits != NULL && limits->bytes > 0 ? limits->bytes : BYTES_LIMIT;
    struct reading reading = {.tape = tape, .depth_limit = limits != NULL && limits->depth > 0 ? limits->depth : DEPTH_LIMIT};
    bool good;

    if (place != NULL) {
        *place = (struct xml_place){1, 1};
    }
    if (length > bytes || length > INT_MAX) {
        return error_set(error, "XML_TOO_LARGE", "a text of %zu bytes, over the limit of %zu", length, bytes);
    }
    reading.expat = XML_ParserCreate(NULL);
    if (reading.expat == NULL) {
        return error_set(error, "NO_MEMORY", "no memory for an XML parser");
    }
    XML_SetUserData(reading.expat, &reading);
    XML_SetElementHandler(reading.expat, started, ended);
    XML_SetCharacterDataHandler(reading.expat, found_text);
    XML_SetStartDoctypeDeclHandler(reading.expat, found_doctype);
    good = XML_Parse(reading.expat, text, (int)length, XML_TRUE) == XML_STATUS_OK || report(&reading, place, error);
    XML_ParserFree(reading.expat);
    return good;
}

bool xml_write_text(struct buffer *out, const char *text, size_t length) {
    static const char *const escapes[] = {
        ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&apos;", ['\r'] = "&#13;"};
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < sizeof escapes / sizeof *escapes && escapes[c] != NULL) {
            buffer_append_string(out, escapes[c]);
        } else if (c < ' ' && c != '\t' && c != '\n') {
            buffer_append_string(out, "\xEF\xBF\xBD");
        } else {
            buffer_append_byte(out, text[i]);
        }
    }
    return !out->failed;
}
