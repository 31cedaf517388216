#include "lua/embedded.h"

#include <string.h>

struct embedded_file {
    const char *path;
    const char *begin;
    const char *end;
};

extern const struct embedded_file embedded_table[]; /* build/embedded.S */

const char *embedded_find(const char *path, size_t *length) {
    for (const struct embedded_file *file = embedded_table; file->path != NULL; file++) {
        if (strcmp(file->path, path) == 0) {
            *length = (size_t)(file->end - file->begin);
            return file->begin;
        }
    }
    return NULL;
}

const char *embedded_path(size_t n) {
    for (const struct embedded_file *file = embedded_table; file->path != NULL; file++, n--) {
        if (n == 0) {
            return file->path;
        }
    }
    return NULL;
}
