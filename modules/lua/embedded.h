/* Files that are part of the program: the Lua halves of the modules and the API models (modules/embed.sh puts them in). */
#ifndef DRSH_LUA_EMBEDDED_H
#define DRSH_LUA_EMBEDDED_H

#include <stddef.h>

/* The content of a file by its path in the repository ("modules/lua/aws.lua"); NULL if there is none. Static memory. */
const char *embedded_find(const char *path, size_t *length);
/* The path of the n-th file, NULL after the last. */
const char *embedded_path(size_t n);

#endif
