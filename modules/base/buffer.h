/* A growing byte buffer with a limit given when it is made. A failed append (limit, no memory) is sticky: every later append
 * fails too, so a writer may check once, at its end. Always NUL-terminated when it holds anything. */
#ifndef DRSH_BASE_BUFFER_H
#define DRSH_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

struct buffer {
    char *data;
    size_t length;
    size_t capacity;
    size_t limit; /* bytes of content at most */
    bool failed;
    bool secure; /* wipes memory whenever it gives some up */
};

void buffer_init(struct buffer *buffer, size_t limit);
void buffer_init_secure(struct buffer *buffer, size_t limit); /* for secrets: growing leaves no copy behind either */
/* Adds `count` bytes for the caller to fill in and returns where they begin; NULL if the limit or the memory is at its end. */
char *buffer_extend(struct buffer *buffer, size_t count);
bool buffer_append(struct buffer *buffer, const void *bytes, size_t count);
bool buffer_append_string(struct buffer *buffer, const char *text);
bool buffer_append_byte(struct buffer *buffer, char byte);
bool buffer_append_format(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Keeps the memory, forgets the content and the failure. */
void buffer_reset(struct buffer *buffer);
/* Frees; may be called twice. The _secure form wipes the memory first. */
void buffer_clear(struct buffer *buffer);
void buffer_clear_secure(struct buffer *buffer);

#endif
