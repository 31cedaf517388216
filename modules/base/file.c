#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { CHUNK = 64 << 10 };

static bool fail(struct error *error, const char *path, int code) {
    const char *name = code == ENOENT || code == ENOTDIR ? "FILE_MISSING" : "FILE_UNREADABLE";
    return error_set(error, code == ENOMEM ? "NO_MEMORY" : name, "%.300s: %s", path, strerror(code));
}

/* zlib reads a file that is not gzipped as it is. */
static bool read_all(struct buffer *out, gzFile file, const char *path, struct error *error) {
    for (;;) {
        char chunk[CHUNK];
        int status = Z_OK;
        int count = gzread(file, chunk, sizeof chunk);
        gzerror(file, &status);
        if (count < 0 || (status != Z_OK && status != Z_STREAM_END)) { /* Z_BUF_ERROR: the file ends too early */
            return status == Z_ERRNO ? fail(error, path, errno)
                                     : error_set(error, "FILE_DAMAGED", "%.300s: its gzip data are broken", path);
        }
        if (count == 0) {
            return true;
        }
        if (!buffer_append(out, chunk, (size_t)count)) {
            return error_set(error, "FILE_TOO_LARGE", "%.300s: more than %zu bytes", path, out->limit);
        }
    }
}

bool file_read(struct buffer *out, const char *path, struct error *error) {
    bool read;
    errno = 0;
    gzFile file = gzopen(path, "rbe");
    if (file == NULL) {
        return fail(error, path, errno != 0 ? errno : ENOMEM);
    }
    read = read_all(out, file, path, error);
    gzclose(file);
    return read;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool add_name(struct file_names *names, const char *name) {
    /* Room doubles at each power of two. */
    if ((names->count & (names->count - 1)) == 0) {
        char **wider = realloc(names->names, (names->count == 0 ? 1 : names->count * 2) * sizeof *wider);
        if (wider == NULL) {
            return false;
        }
        names->names = wider;
    }
    names->names[names->count] = strdup(name);
    return names->names[names->count] != NULL && ++names->count != 0;
}

bool file_list(struct file_names *names, const char *folder, struct error *error) {
    const struct dirent *entry;
    bool complete = true;
    DIR *directory = opendir(folder);
    if (directory == NULL) {
        return fail(error, folder, errno);
    }
    while (complete && (entry = readdir(directory)) != NULL) {
        complete = entry->d_name[0] == '.' || add_name(names, entry->d_name);
    }
    closedir(directory);
    if (!complete) {
        return fail(error, folder, ENOMEM);
    }
    if (names->count > 1) {
        qsort(names->names, names->count, sizeof *names->names, by_name);
    }
    return true;
}

void file_names_clear(struct file_names *names) {
    for (size_t i = 0; i < names->count; i++) {
        free(names->names[i]);
    }
    free(names->names);
    *names = (struct file_names){0};
}
