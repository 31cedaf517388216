/* Files that are read whole: models of AWS services, plain or gzipped, and what a folder holds. */
#ifndef DRSH_BASE_FILE_H
#define DRSH_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

/* Appends the content of the file, unpacked if it is gzipped. False with FILE_MISSING, FILE_UNREADABLE, FILE_DAMAGED (broken
 * gzip) or FILE_TOO_LARGE (more than the buffer's limit). */
bool file_read(struct buffer *out, const char *path, struct error *error);

struct file_names {
    char **names; /* sorted bytewise, without those that begin with a dot */
    size_t count;
};

/* The names in a folder. False with FILE_MISSING, FILE_UNREADABLE or NO_MEMORY. Clear `names`, zeroed before, in any case. */
bool file_list(struct file_names *names, const char *folder, struct error *error);
void file_names_clear(struct file_names *names); /* on zeros and twice, harmless */

#endif
