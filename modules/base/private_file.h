/* Files that hold secrets, as other AWS tools keep them: the SSO token cache. */
#ifndef DRSH_BASE_PRIVATE_FILE_H
#define DRSH_BASE_PRIVATE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Puts the bytes into a new file that only its owner may read, and that under the name `path` when it is complete: whoever reads
 * meanwhile has the old file or the new one. False with PRIVATE_FILE (path and reason) or NO_MEMORY; the old file is whole. */
bool private_file_replace(const char *path, const void *bytes, size_t count, struct error *error);

#endif
