#include "base/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool write_all(int file, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = write(file, bytes, count);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        bytes += written;
        count -= (size_t)written;
    }
    return true;
}

bool private_file_replace(const char *path, const void *bytes, size_t count, struct error *error) {
    char beside[PATH_MAX];
    int length = snprintf(beside, sizeof beside, "%s.XXXXXX", path);
    if (length < 0 || (size_t)length >= sizeof beside) {
        return error_set(error, "PRIVATE_FILE", "%.200s: the path is too long", path);
    }
    int file = mkostemp(beside, O_CLOEXEC); /* made with mode 0600 */
    if (file < 0) {
        return error_set(error, "PRIVATE_FILE", "%.200s: %s", path, strerror(errno));
    }
    bool good = write_all(file, bytes, count) && fsync(file) == 0;
    int problem = errno;
    if (close(file) != 0 && good) {
        good = false;
        problem = errno;
    }
    if (good && rename(beside, path) != 0) {
        good = false;
        problem = errno;
    }
    if (!good) {
        unlink(beside);
        return error_set(error, "PRIVATE_FILE", "%.200s: %s", path, strerror(problem));
    }
    return true;
}
