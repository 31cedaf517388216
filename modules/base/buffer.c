#include "base/buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMALLEST = 64 };

void buffer_init(struct buffer *buffer, size_t limit) {
    memset(buffer, 0, sizeof *buffer);
    buffer->limit = limit < SIZE_MAX / 2 ? limit : SIZE_MAX / 2; /* so that twice the capacity never overflows */
}

void buffer_init_secure(struct buffer *buffer, size_t limit) {
    buffer_init(buffer, limit);
    buffer->secure = true;
}

/* Moves the content into `capacity` bytes. A secure buffer never leaves a copy behind, which realloc would. */
static bool resize(struct buffer *buffer, size_t capacity) {
    char *data;
    if (!buffer->secure) {
        data = realloc(buffer->data, capacity);
    } else {
        data = malloc(capacity);
        if (data != NULL && buffer->data != NULL) {
            memcpy(data, buffer->data, buffer->length);
            explicit_bzero(buffer->data, buffer->capacity);
            free(buffer->data);
        }
    }
    if (data == NULL) {
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

char *buffer_extend(struct buffer *buffer, size_t count) {
    char *place;
    if (buffer->failed || count > buffer->limit - buffer->length) {
        buffer->failed = true;
        return NULL;
    }
    if (buffer->length + count + 1 > buffer->capacity) {
        size_t needed = buffer->length + count + 1; /* and the NUL */
        size_t capacity = buffer->capacity < SMALLEST ? SMALLEST : buffer->capacity * 2;
        if (capacity > buffer->limit + 1) {
            capacity = buffer->limit + 1;
        }
        if (!resize(buffer, capacity < needed ? needed : capacity)) {
            buffer->failed = true;
            return NULL;
        }
    }
    place = buffer->data + buffer->length;
    buffer->length += count;
    buffer->data[buffer->length] = '\0';
    return place;
}

bool buffer_append(struct buffer *buffer, const void *bytes, size_t count) {
    char *place = buffer_extend(buffer, count);
    if (place == NULL) {
        return false;
    }
    if (count > 0) {
        memcpy(place, bytes, count);
    }
    return true;
}

bool buffer_append_string(struct buffer *buffer, const char *text) {
    return buffer_append(buffer, text, strlen(text));
}

bool buffer_append_byte(struct buffer *buffer, char byte) {
    return buffer_append(buffer, &byte, 1);
}

bool buffer_append_format(struct buffer *buffer, const char *format, ...) {
    va_list arguments;
    size_t start = buffer->length;
    char *place;
    int count;

    va_start(arguments, format);
    count = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (count < 0) {
        buffer->failed = true;
        return false;
    }
    place = buffer_extend(buffer, (size_t)count);
    if (place == NULL) {
        return false;
    }
    va_start(arguments, format);
    vsnprintf(buffer->data + start, (size_t)count + 1, format, arguments);
    va_end(arguments);
    return true;
}

void buffer_reset(struct buffer *buffer) {
    if (buffer->secure && buffer->data != NULL) {
        explicit_bzero(buffer->data, buffer->capacity);
    }
    buffer->length = 0;
    buffer->failed = false;
    if (buffer->data != NULL) {
        buffer->data[0] = '\0';
    }
}

void buffer_clear(struct buffer *buffer) {
    if (buffer->secure && buffer->data != NULL) {
        explicit_bzero(buffer->data, buffer->capacity);
    }
    free(buffer->data);
    buffer->data = NULL;
    buffer->length = buffer->capacity = 0;
    buffer->failed = false;
}

void buffer_clear_secure(struct buffer *buffer) {
    buffer->secure = true;
    buffer_clear(buffer);
}
